package hub

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
)

// living is the event of a message with more members than a plain one.
func living(seq int, from, to, members string) string {
	return fmt.Sprintf(`{"event":"message","seq":%d,"from":%q,"to":%q,"time":"T",%s}`, seq, from, to, members)
}

// historyOf is the answer to a history.
func historyOf(id, of string, messages ...string) string {
	return fmt.Sprintf(`{"event":"history","id":%q,"of":%q,"more":false,"messages":[%s]}`, id, of, strings.Join(messages, ","))
}

// send says something, and wants its event and its ack.
func (p *program) send(id, request, event string, seq int, others ...*program) {
	p.t.Helper()
	p.say(request)
	p.wantsBoth(event, ackOf(id, seq))
	for _, other := range others {
		other.wants(event)
	}
}

// PROTOCOL 5.1: each is an entry with a number, whose events all members get; history gives
// the present state.
func TestAmendments(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		all := s.programs("A", "B")
		a, b := all[0], all[1]
		b.say(`{"op":"join","group":"groupA"}`)
		b.wants(`{"event":"joined","group":"groupA","user":"B"}`)
		a.say(`{"op":"send","id":"1","to":"groupA","text":"old"}`)
		a.wants(`{"event":"joined","group":"groupA","user":"A"}`)
		a.wantsBoth(messageText(1, "A", "groupA", "old"), ackOf("1", 1))
		b.wants(`{"event":"joined","group":"groupA","user":"A"}`, messageText(1, "A", "groupA", "old"))

		a.send("2", `{"op":"send","id":"2","to":"groupA","text":"new","edit":1}`, living(2, "A", "groupA", `"text":"new","edit":1`), 2, b)
		b.send("3", `{"op":"send","id":"3","to":"groupA","text":"why","reply":1}`, living(3, "B", "groupA", `"text":"why","reply":1`), 3, a)
		b.send("4", `{"op":"send","id":"4","to":"groupA","text":"👍","react":1}`, living(4, "B", "groupA", `"text":"👍","react":1`), 4, a)
		b.send("5", `{"op":"send","id":"5","to":"groupA","text":"👎","react":1}`, living(5, "B", "groupA", `"text":"👎","react":1,"was":"👍"`), 5, a)
		a.send("6", `{"op":"send","id":"6","to":"groupA","text":"👎","react":1}`, living(6, "A", "groupA", `"text":"👎","react":1`), 6, b)
		a.say(`{"op":"history","id":"h","of":"groupA"}`)
		a.wants(historyOf("h", "groupA",
			living(1, "A", "groupA", `"text":"new","edited":"T","reactions":[{"text":"👎","count":2,"users":["B","A"]}]`),
			living(2, "A", "groupA", `"text":"new","edit":1`),
			living(3, "B", "groupA", `"text":"why","reply":1`),
			living(4, "B", "groupA", `"text":"👎","react":1`),
			living(5, "B", "groupA", `"text":"👎","react":1,"was":"👍"`),
			living(6, "A", "groupA", `"text":"👎","react":1`)))

		// "The same reaction again, and taking back none, is acked without seq."
		b.say(`{"op":"send","id":"7","to":"groupA","text":"👎","react":1}`, `{"op":"send","id":"8","to":"groupA","react":3}`)
		b.wants(`{"event":"ack","id":"7"}`, `{"event":"ack","id":"8"}`)
		b.send("9", `{"op":"send","id":"9","to":"groupA","react":1}`, living(7, "B", "groupA", `"react":1,"was":"👎"`), 7, a)

		a.send("10", `{"op":"send","id":"10","to":"groupA","delete":1}`, living(8, "A", "groupA", `"delete":1`), 8, b)
		b.say(`{"op":"history","id":"h","of":"groupA"}`)
		b.wants(historyOf("h", "groupA",
			living(1, "A", "groupA", `"deleted":true`),
			living(2, "A", "groupA", `"edit":1`),
			living(3, "B", "groupA", `"text":"why","reply":1`),
			living(4, "B", "groupA", `"react":1`),
			living(5, "B", "groupA", `"react":1,"was":"👍"`),
			living(6, "A", "groupA", `"react":1`),
			living(7, "B", "groupA", `"react":1,"was":"👎"`),
			living(8, "A", "groupA", `"delete":1`)))
		calm(a, b)
	})
}

// PROTOCOL 5.1: what is refused, with its code, and makes no entry.
func TestAmendmentsRefused(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	all := s.programs("A", "B")
	a, b := all[0], all[1]
	opaque := s.client("A")
	opaque.Send(frame.Binary, []byte("all,\x00"))
	for _, p := range all {
		p.event()
	}
	opaque.next()
	opaque.conn.Close()
	a.send("1", `{"op":"send","id":"1","to":"all","text":"x"}`, messageText(2, "A", "all", "x"), 2, b)
	a.send("2", `{"op":"send","id":"2","to":"all","text":"y","edit":2}`, living(3, "A", "all", `"text":"y","edit":2`), 3, b)
	a.send("3", `{"op":"send","id":"3","to":"all","text":"z"}`, messageText(4, "A", "all", "z"), 4, b)
	a.send("4", `{"op":"send","id":"4","to":"all","delete":4}`, living(5, "A", "all", `"delete":4`), 5, b)
	for _, test := range []struct {
		from    *program
		members string
		code    string
	}{
		{b, `"to":"all","text":"x","edit":2`, "forbidden"},
		{b, `"to":"all","delete":2`, "forbidden"},
		{b, `"to":"all","text":"x","edit":1`, "forbidden"},
		{a, `"to":"all","text":"x","edit":1`, "bad_request"}, // a binary one
		{a, `"to":"all","text":"x","reply":99`, "not_found"},
		{a, `"to":"all","text":"x","reply":0`, "not_found"},
		{a, `"to":"all","text":"x","reply":18446744073709551615`, "not_found"},
		{a, `"to":"all","text":"x","edit":3`, "not_found"}, // an edit
		{a, `"to":"all","react":3`, "not_found"},
		{a, `"to":"all","delete":5`, "not_found"},          // a deletion
		{a, `"to":"all","text":"x","edit":4`, "not_found"}, // deleted
		{a, `"to":"all","text":"x","reply":4`, "not_found"},
		{a, `"to":"all","delete":4`, "not_found"},
		{b, `"to":"all","text":"x","react":4`, "not_found"},
		{a, `"to":"all","text":"x","edit":2,"reply":2`, "bad_request"},
		{a, `"to":"all","text":"123456789012345678901234567890123","react":2`, "bad_request"},
		{a, `"to":"all","text":"","edit":2`, "bad_request"},
		{a, `"to":"all","reply":2`, "bad_request"},
		{a, `"to":"groupA","text":"x","edit":1`, "not_member"}, // "None of them but a reply joins a group."
		{a, `"to":"groupA","delete":1`, "not_member"},
		{a, `"to":"groupA","react":1`, "not_member"},
		{a, `"to":"C","delete":1`, "not_found"},
	} {
		test.from.say(`{"op":"send","id":"x",` + test.members + `}`)
		test.from.wants(errorOf("x", test.code))
	}
	a.say(`{"op":"send","id":"5","to":"groupA","text":"x","reply":1}`)
	a.wants(`{"event":"joined","group":"groupA","user":"A"}`, errorOf("5", "not_found"))
	calm(a, b)
}

// A retry of an amendment is answered with the first ack, even if it could not be made now.
func TestAmendmentRepeated(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	a := s.program("A")
	a.send("1", `{"op":"send","id":"1","to":"all","text":"x"}`, messageText(1, "A", "all", "x"), 1)
	a.send("2", `{"op":"send","id":"2","to":"all","text":"y","edit":1}`, living(2, "A", "all", `"text":"y","edit":1`), 2)
	a.send("3", `{"op":"send","id":"3","to":"all","delete":1}`, living(3, "A", "all", `"delete":1`), 3)
	for id, seq := range map[string]int{"2": 2, "3": 3} {
		a.say(`{"op":"send","id":"` + id + `","to":"all","text":"y","edit":1}`)
		a.wants(ackOf(id, seq))
	}
	calm(a)
}

// PROTOCOL 5.1: what a line client reads of them, and of its history.
func TestAmendmentsAtATerminal(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	a := s.program("A")
	l := s.client("L")
	texts := func(requests ...string) {
		t.Helper()
		for _, r := range requests {
			a.say(r)
			a.event()
		}
	}
	texts(
		`{"op":"send","to":"all","text":"one"}`,
		`{"op":"send","to":"all","text":"two"}`,
		`{"op":"send","to":"all","text":"1\n2","edit":1}`,
		`{"op":"send","to":"all","text":"yes","reply":2}`,
		`{"op":"send","to":"all","text":"👍","react":2}`,
		`{"op":"send","to":"all","delete":2}`,
		`{"op":"send","to":"L","text":"three"}`,
		`{"op":"send","to":"L","text":"3","edit":1}`,
		`{"op":"send","to":"L","text":"👍","react":1}`,
	)
	l.want("用户(A=>L):one", "用户(A=>L):two", "用户(A=>L):更正:1\n\t2", "用户(A=>L):yes", "用户(A=>L):three", "用户(A=>L):更正:3")
	l.say("history,all", "history,A")
	l.want("用户(A=>L):1\n\t2", "用户(A=>L):yes", "用户(A=>L):3")
	texts(`{"op":"send","to":"L","delete":1}`)
	l.say("history,A")
	l.want("系统:没有历史消息")
	quiet(l)
	calm(a)
}

// A line client's history has 50 messages, however many entries are about them.
func TestLineHistoryBehindReactions(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	a := s.program("A")
	for i := range 60 {
		a.say(fmt.Sprintf(`{"op":"send","to":"all","text":"%d"}`, i))
	}
	for i := range 300 {
		a.say(fmt.Sprintf(`{"op":"send","to":"all","text":"%d","react":1}`, i))
	}
	a.settle()
	for range 360 {
		a.next()
	}
	l := s.client("L")
	l.say("history,all")
	for i := 10; i < 60; i++ {
		l.want(fmt.Sprintf("用户(A=>L):%d", i))
	}
	quiet(l)
}

// PROTOCOL 5.1: "What waits for an offline user is sent in its present state, and not at all
// if it was deleted."
func TestWaitingReadsAsItIsNow(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	a := s.program("A")
	l := s.client("L")
	a.say(`{"op":"send","to":"L","text":"read"}`)
	a.event()
	l.want("用户(A=>L):read")
	l.conn.Close()
	s.gone("L")
	for _, r := range []string{
		`"text":"old"`, `"text":"gone"`, `"text":"new","edit":2`, `"text":"read, too","edit":1`, `"text":"read twice","edit":1`,
		`"delete":3`, `"text":"👍","react":2`, `"text":"answer","reply":2`,
	} {
		a.say(`{"op":"send","to":"L",` + r + `}`)
		a.event()
	}
	l = s.client("L")
	l.want("用户(A=>L):new", "用户(A=>L):更正:read twice", "用户(A=>L):answer")
	quiet(l)
	l.conn.Close()
	s.gone("L")
	quiet(s.client("L"))
}

// What a message that waited was sent as is not sent again as its correction.
func TestWaitingIsToldOnce(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	a := s.program("A")
	for _, user := range []string{"L", "M"} {
		s.client(user).conn.Close()
		s.gone(user)
		for _, r := range []string{`"text":"old"`, `"text":"gone"`, `"text":"new","edit":1`, `"delete":2`} {
			a.say(`{"op":"send","to":"` + user + `",` + r + `}`)
			a.event()
		}
		l := s.client(user)
		l.want("用户(A=>" + user + "):new")
		quiet(l)
		if user == "L" {
			l.conn.Close()
			s.gone(user)
			l = s.client(user)
			quiet(l)
		}
		a.say(`{"op":"send","to":"` + user + `","text":"newer","edit":1}`)
		a.event()
		l.want("用户(A=>" + user + "):更正:newer")
		l.conn.Close()
		s.gone(user)
		quiet(s.client(user))
	}
}

// PROTOCOL 5.1: "In a pair, an amendment is to the other, whoever is known", and the operator
// deletes from both.
func TestDeleteByOperator(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	all := s.programs("A", "B")
	a, b := all[0], all[1]
	a.send("1", `{"op":"send","id":"1","to":"B","text":"x"}`, messageText(1, "A", "B", "x"), 1, b)
	a.send("2", `{"op":"send","id":"2","to":"all","text":"y"}`, messageText(1, "A", "all", "y"), 1, b)
	for of, want := range map[string]string{"B,A": living(2, "", "B", `"delete":1`), "all": living(2, "", "all", `"delete":1`)} {
		if seq, err := s.Hub.Delete(of, 1); seq != 2 || err != nil {
			t.Errorf("%s: %d, %v", of, seq, err)
		}
		a.wants(want)
		b.wants(want)
	}
	for of, want := range map[string]string{
		"all": "not_found", "A,B": "not_found", "groupNobody": "not_found", "C,D": "not_found", "who": "bad_target", "A": "bad_target", "A,B,C": "bad_target", ",": "bad_target",
	} {
		_, err := s.Hub.Delete(of, 1)
		if e, ok := err.(*chat.Error); !ok || e.Code != want {
			t.Errorf("%s: %v, want %s", of, err, want)
		}
	}
	calm(a, b)
}

// PROTOCOL 5.2: as many before it as after it.
func TestHistoryAround(t *testing.T) {
	start(t, loop.Config{}, silent).historian(100).pages(t, []page{
		{`"around":50,"limit":5`, 48, 52, true},
		{`"around":50,"limit":1`, 50, 50, true},
		{`"around":1,"limit":5`, 1, 3, true},
		{`"around":100,"limit":5`, 98, 100, true},
		{`"around":50,"limit":200`, 1, 100, false},
	})
}

// What is long is left out at the ends.
func TestHistoryAroundLongMessages(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	for range 11 {
		s.append(&chat.Message{Conversation: "all", From: "A", To: "all", Body: []byte(strings.Repeat("x", 50<<10)), Time: time.Now()})
	}
	p := s.program("A")
	p.say(`{"op":"history","of":"all","around":6,"limit":11}`)
	if first, last, more := bounds(t, p.event()); first != 4 || last != 8 || !more {
		t.Errorf("%d to %d, more %v", first, last, more)
	}
}

// PROTOCOL 5: an ack has "offline" when its user is away; so has that of an amendment to somebody
// whom nobody remembers.
func TestAmendmentToNobody(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	a := s.program("A")
	if _, _, err := s.Hub.Publish("X", "A", "from a bot"); err != nil {
		t.Fatal(err)
	}
	a.wants(messageText(1, "X", "A", "from a bot"))
	a.say(`{"op":"send","id":"1","to":"X","text":"👍","react":1}`)
	a.wantsBoth(living(2, "A", "X", `"text":"👍","react":1`), `{"event":"ack","id":"1","seq":2,"offline":true}`)
	a.say(`{"op":"send","id":"2","to":"X","text":"👍","react":1}`)
	a.wants(`{"event":"ack","id":"2","offline":true}`)
}
