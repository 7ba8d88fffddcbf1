package hub

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
)

// logged is what a hub logs. Safe for concurrent use.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// moderated starts a hub, with what it logs.
func moderated(t *testing.T, config loop.Config) (*server, *logged) {
	l := new(logged)
	setup := silent
	setup.Log = slog.New(slog.NewTextHandler(l, nil))
	return start(t, config, setup), l
}

// PROTOCOL 9: a moderator may delete anybody's messages in all and the groups it may be in.
func TestModerator(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s, log := moderated(t, driver)
		a := s.program("A")
		m, welcome := s.welcomed(Access{User: "M", Moderator: true, Allows: func(group string) bool { return group != "groupX" }})
		if welcome["role"] != "moderator" {
			t.Errorf("the role is %v", welcome["role"])
		}
		a.sync()
		m.sync()
		a.pending, m.pending = nil, nil
		a.send("1", `{"op":"send","id":"1","to":"all","text":"rude"}`, messageText(1, "A", "all", "rude"), 1, m)
		m.send("2", `{"op":"send","id":"2","to":"all","delete":1}`, living(2, "M", "all", `"delete":1`), 2, a)

		a.say(`{"op":"send","id":"3","to":"groupA","text":"rude"}`)
		a.wants(`{"event":"joined","group":"groupA","user":"A"}`)
		a.wantsBoth(messageText(1, "A", "groupA", "rude"), ackOf("3", 1))
		m.say(`{"op":"send","id":"4","to":"groupA","delete":1}`)
		m.wants(ackOf("4", 2))
		a.wants(living(2, "M", "groupA", `"delete":1`))
		m.say(`{"op":"send","id":"5","to":"groupX","delete":1}`)
		m.wants(errorOf("5", "forbidden"))

		a.say(`{"op":"send","id":"6","to":"all","text":"again"}`)
		a.wantsBoth(messageText(3, "A", "all", "again"), ackOf("6", 3))
		m.wants(messageText(3, "A", "all", "again"))
		m.say(`{"op":"send","id":"7","to":"all","text":"nice","edit":3}`, `{"op":"send","id":"8","to":"all","delete":9}`)
		m.wants(errorOf("7", "forbidden"), errorOf("8", "not_found"))
		a.say(`{"op":"send","id":"9","to":"M","text":"private"}`)
		a.wantsBoth(messageText(1, "A", "M", "private"), ackOf("9", 1))
		m.wants(messageText(1, "A", "M", "private"))
		m.say(`{"op":"send","id":"10","to":"A","delete":1}`)
		m.wants(errorOf("10", "forbidden")) // "in all and the groups"
		a.say(`{"op":"send","id":"11","to":"all","text":"x"}`)
		a.wantsBoth(messageText(4, "A", "all", "x"), ackOf("11", 4))
		m.wants(messageText(4, "A", "all", "x"))
		m.say(`{"op":"send","id":"12","to":"all","text":"mine"}`)
		m.wantsBoth(messageText(5, "M", "all", "mine"), ackOf("12", 5))
		a.wants(messageText(5, "M", "all", "mine"))
		a.say(`{"op":"send","id":"13","to":"all","delete":5}`)
		a.wants(errorOf("13", "forbidden"))
		calm(a, m)
		for _, want := range []string{"deleted of=all seq=1 moderator=M", "deleted of=groupA seq=1 moderator=M"} {
			if got := log.String(); strings.Count(got, want) != 1 || strings.Contains(got, "rude") || strings.Count(got, "deleted") != 2 {
				t.Errorf("the log has %s", got)
			}
		}
	})
}

// PROTOCOL 9: {"op":"kick","user":"B","for":"10m"}, as the operator's kick. Others get
// forbidden.
func TestModeratorKicks(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s, log := moderated(t, driver)
		m, _ := s.welcomed(Access{User: "M", Moderator: true})
		a, b := s.program("A"), s.program("B")
		b.say(`{"op":"kick","id":"1","user":"A"}`, `{"op":"kick","id":"2","user":"Nobody"}`)
		b.wants(errorOf("1", "forbidden"), errorOf("2", "forbidden"))
		m.say(`{"op":"kick","id":"3","user":"Nobody"}`)
		m.wants(errorOf("3", "not_online"))
		m.say(`{"op":"kick","id":"4","user":"A"}`)
		m.wants(`{"event":"ack","id":"4"}`)
		a.wantClose(frame.PolicyViolation)
		s.gone("A")
		a = s.program("A") // it may come back
		m.say(`{"op":"kick","user":"A","for":"10m"}`, `{"op":"kick","id":"5","user":"Never","for":"1h"}`)
		m.wants(`{"event":"ack","id":"5"}`)
		a.wantClose(frame.PolicyViolation)
		for _, user := range []string{"A", "Never"} {
			if _, err := s.nextHub().Enter(Access{User: user}); err != error(chat.ErrBanned) {
				t.Errorf("%s enters: %v", user, err)
			}
		}
		got := log.String()
		for _, want := range []string{"kicked user=A connections=1 moderator=M", "banned user=A for=10m0s connections=1 moderator=M", "banned user=Never for=1h0m0s connections=0 moderator=M"} {
			if strings.Count(got, want) != 1 {
				t.Errorf("the log has no %s: %s", want, got)
			}
		}
	})
}

// PROTOCOL 9: what ends the access of a user ends the connections with 4001, those that are
// just being made, too.
func TestRevoke(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		valid := true
		access := Access{User: "A", Valid: func() bool { return valid }}
		all, other := []*client{s.admit(access), s.admit(access)}, s.client("B")
		s.Revoke("A")
		s.Revoke("C")
		for _, c := range all {
			c.wantClose(frame.TokenExpired)
		}
		s.gone("A")
		near, far, err := s.connect()
		if err != nil {
			t.Fatal(err)
		}
		handler := s.handler(access)
		valid = false
		s.Revoke("A")
		if err := s.loops.Add(loop.Arrival{Conn: far, Handler: handler}); err != nil {
			t.Fatal(err)
		}
		newClient(t, "A", near).wantClose(frame.TokenExpired)
		s.gone("A")
		quiet(other)
	})
}

// PROTOCOL 2: who brings no name gets one that nobody has, not even somebody who was never
// here.
func TestReservedNumbers(t *testing.T) {
	setup := silent
	var refused string
	setup.Reserved = func(user string) bool {
		if refused == "" {
			refused = user
		}
		return user == refused
	}
	s := start(t, loop.Config{}, setup)
	p, _ := s.welcomed(Access{})
	if p.name == "" || p.name == refused {
		t.Errorf("got %q, which is reserved", p.name)
	}
}
