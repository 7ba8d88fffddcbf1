package hub

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/store"
)

// Beyond so many conversations what would begin another is unavailable; those
// there are go on.
func TestTooManyConversations(t *testing.T) {
	memory := store.New(0)
	memory.MaxConversations = 3
	s := start(t, loop.Config{}, setup{Presence: chat.ToNone, Store: memory})
	p, l := s.program("P"), s.client("L")
	for _, to := range []string{"all", "L", "P"} {
		p.say(fmt.Sprintf(`{"op":"send","to":%q,"text":"x"}`, to))
		p.wants(messageText(1, "P", to, "x"))
	}
	l.want("用户(P=>L):x", "用户(P=>L):x")
	p.say(`{"op":"send","id":"1","to":"groupX","text":"x"}`)
	p.wants(`{"event":"joined","group":"groupX","user":"P"}`, errorOf("1", "unavailable"))
	l.say("L,note", "P,back", "all,x")
	l.want("错误:暂时无法发送", "用户(L=>L):x")
	p.wants(messageText(2, "L", "P", "back"), messageText(2, "L", "all", "x"))
	calm(p)
	quiet(l)
	var failed error
	memory.Append(&chat.Message{Conversation: "groupY", From: "P", To: "groupY", Body: []byte("x")}, func(err error) { failed = err })
	if !errors.Is(failed, chat.ErrFull) {
		t.Errorf("got %v, want ErrFull", failed)
	}
	for user, want := range map[string]string{"L": "map[P:2 all:2]", "P": "map[L:2 P:1 all:2]"} {
		if last, _ := memory.Last(user, []string{"all", "groupX", "groupY"}); fmt.Sprint(last) != want {
			t.Errorf("kept of %s: %v, want %s", user, last, want)
		}
	}
}

// Beyond so many users who has been offline longest is forgotten, but never who
// is online.
func TestTooManyUsers(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, setup{Presence: chat.ToNone, MaxUsers: 4, Store: knowing{store.New(0)}})
		a := s.program("A")
		a.say(`{"op":"join","group":"groupX"}`)
		a.wants(`{"event":"joined","group":"groupX","user":"A"}`)
		b := s.client("B")
		b.say("join,groupX")
		b.want("系统:已加入 groupX")
		a.wants(`{"event":"joined","group":"groupX","user":"B"}`)
		b.conn.Close()
		s.gone("B")
		s.away("C", "D")
		s.away("B") // C is the longest offline now
		knows := func(names ...string) {
			t.Helper()
			for _, name := range []string{"A", "B", "C", "D", "E", "F", "G", "H", "I"} {
				want := false
				for _, n := range names {
					want = want || n == name
				}
				if s.knows(name) != want {
					t.Errorf("knows %s: %v", name, !want)
				}
			}
		}
		knows("A", "B", "C", "D")
		e := s.client("E")
		knows("A", "B", "D", "E")
		f := s.client("F")
		knows("A", "B", "E", "F")
		calm(a)
		g := s.client("G") // B goes, and out of its groups
		a.wants(`{"event":"left","group":"groupX","user":"B"}`)
		a.say(`{"op":"send","id":"1","to":"B","text":"x"}`)
		a.wants(errorOf("1", "not_online"))
		h, i := s.client("H"), s.client("I") // more than there is room for, but they are here
		knows("A", "E", "F", "G", "H", "I")
		quiet(e, f, g, h, i)
		e.conn.Close()
		s.gone("E")
		knows("A", "E", "F", "G", "H", "I")
		f.conn.Close()
		s.gone("F")
		s.client("B")
		knows("A", "B", "G", "H", "I")
	})
}

// Who comes back stands behind those who have been away since.
func TestForgettingGoesByTheLastExit(t *testing.T) {
	timed(t, setup{Presence: chat.ToNone, MembershipTTL: time.Hour, Store: knowing{store.New(0)}}, func(t *testing.T, s *server) {
		s.in("A").out()
		s.in("B").out()
		time.Sleep(50 * time.Minute)
		a := s.in("A")
		again := s.in("A")
		a.out()
		time.Sleep(5 * time.Minute)
		again.out() // the last of two
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if s.knows("B") || !s.knows("A") {
			t.Errorf("knows A: %v, B: %v", s.knows("A"), s.knows("B"))
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if s.knows("A") || s.knows("B") {
			t.Errorf("knows A: %v, B: %v", s.knows("A"), s.knows("B"))
		}
	})
}

// knowing is a store that refuses the messages of somebody who only wants to find out
// who is known.
type knowing struct{ *store.Memory }

const curious = "curious"

func (k knowing) Append(m *chat.Message, stored func(error)) {
	if m.From == curious {
		stored(errAway)
		return
	}
	k.Memory.Append(m, stored)
}

// knows reports whether a user is known, with a knowing store.
func (s *server) knows(name string) bool {
	s.t.Helper()
	_, _, err := s.Publish(curious, name, "x")
	if !errors.Is(err, chat.ErrNotOnline) && !errors.Is(err, chat.ErrUnavailable) {
		s.t.Errorf("whether %s is known: %v", name, err)
	}
	return !errors.Is(err, chat.ErrNotOnline)
}
