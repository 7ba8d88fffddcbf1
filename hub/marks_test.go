package hub

import (
	"fmt"
	"testing"

	"wschat/hub/loop"
)

// wantMarks waits until a new connection of a user has these marks in its welcome: nodes tell
// each other once a second what follows from a user's own sends.
func (s *server) wantMarks(user, want string) {
	s.t.Helper()
	eventually(s.t, user+" has the marks "+want, func() bool {
		for range 3 { // whatever node that is on
			if s.marksOf(Access{User: user}) != want {
				return false
			}
		}
		return true
	})
}

// marksOf returns the marks in the welcome of a new connection.
func (s *server) marksOf(access Access) string {
	s.t.Helper()
	p, welcome := s.welcomed(access)
	s.settle()
	p.conn.Close()
	return fmt.Sprint(welcome["marks"])
}

// PROTOCOL 5.2: marks are told to one's other JSON connections, as far as they have changed,
// come back in the welcome, and read only goes forward, up to the last seq.
func TestMarks(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		all := s.programs("A", "A", "B")
		one, two, b := all[0], all[1], all[2]
		b.send("1", `{"op":"send","id":"1","to":"all","text":"x"}`, messageText(1, "B", "all", "x"), 1, one, two)
		b.send("2", `{"op":"send","id":"2","to":"A","text":"x"}`, messageText(1, "B", "A", "x"), 1, one, two)
		for _, step := range []struct{ request, event string }{
			{`"of":"all","read":1`, `"of":"all","read":1`},
			{`"of":"all","read":1`, ""},
			{`"of":"all","read":0`, ""},
			{`"of":"B","read":99,"pin":true`, `"of":"B","read":1,"pin":true`},
			{`"of":"B","read":99,"pin":true`, ""},
			{`"of":"groupNone","read":7`, ""},
			{`"of":"groupNone","mute":true,"hide":true,"pin":false`, `"of":"groupNone","mute":true,"hide":true`},
			{`"of":"groupNone","mute":false`, `"of":"groupNone","mute":false`},
			{`"of":"C","pin":true`, `"of":"C","pin":true`},
			{`"of":"C","pin":false`, `"of":"C","pin":false`},
		} {
			one.say(`{"op":"mark","id":"m",` + step.request + `}`)
			one.wants(`{"event":"ack","id":"m"}`)
			if step.event != "" {
				two.wants(`{"event":"mark",` + step.event + `}`)
			}
		}
		calm(one, two, b)
		if got, want := s.marksOf(Access{User: "A"}), "map[B:map[pin:true read:1] all:map[read:1] groupNone:map[hide:true]]"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		one.conn.Close()
		two.conn.Close()
		s.gone("A")
		if got, want := s.marksOf(Access{User: "A"}), "map[B:map[pin:true read:1] all:map[read:1] groupNone:map[hide:true]]"; got != want {
			t.Errorf("after an exit: got %s, want %s", got, want)
		}
	})
}

// Nobody else hears of them, nor does who may not be in the group.
func TestMarksOfOneselfOnly(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	a, b := s.program("A"), s.program("B")
	l := s.client("A")
	limited, _ := s.welcomed(Access{User: "A", Allows: func(group string) bool { return group == "groupB" }})
	for _, group := range []string{"groupA", "groupB"} {
		a.say(`{"op":"mark","of":"` + group + `","pin":true}`)
	}
	limited.wants(`{"event":"mark","of":"groupB","pin":true}`)
	limited.say(`{"op":"mark","id":"1","of":"groupA","pin":true}`)
	limited.wants(errorOf("1", "forbidden"))
	calm(a, b, limited)
	quiet(l)
	if got, want := s.marksOf(Access{User: "A", Allows: func(string) bool { return false }}), "map[]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// PROTOCOL 5.2: "One's own send moves one's read to it if nothing unread lies between."
func TestReadFollowsOwnSends(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	all := s.programs("A", "B")
	a, b := all[0], all[1]
	a.send("1", `{"op":"send","id":"1","to":"all","text":"x"}`, messageText(1, "A", "all", "x"), 1, b)
	a.send("2", `{"op":"send","id":"2","to":"all","text":"x"}`, messageText(2, "A", "all", "x"), 2, b)
	b.send("3", `{"op":"send","id":"3","to":"all","text":"x"}`, messageText(3, "B", "all", "x"), 3, a)
	a.send("4", `{"op":"send","id":"4","to":"all","text":"x"}`, messageText(4, "A", "all", "x"), 4, b)
	s.wantMarks("A", "map[all:map[read:2]]")
	s.wantMarks("B", "map[]")
	a.say(`{"op":"mark","id":"m","of":"all","read":4}`)
	a.wants(`{"event":"ack","id":"m"}`)
	a.send("5", `{"op":"send","id":"5","to":"all","text":"👍","react":3}`, living(5, "A", "all", `"text":"👍","react":3`), 5, b)
	s.wantMarks("A", "map[all:map[read:5]]")
	calm(a, b)
}
