package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/store"
)

// Beyond so many conversations what would begin another is unavailable to whoever has begun
// as many as others have; those there are go on.
func TestTooManyConversations(t *testing.T) {
	memory := store.New(0)
	memory.MaxConversations = 3
	s := start(t, loop.Config{}, setup{Presence: chat.ToNone, Store: memory})
	p, l := s.program("P"), s.client("L")
	for _, to := range []string{"all", "P"} {
		p.say(fmt.Sprintf(`{"op":"send","to":%q,"text":"x"}`, to))
		p.wants(messageText(1, "P", to, "x"))
	}
	l.want("用户(P=>L):x")
	l.say("P,x")
	p.wants(messageText(1, "L", "P", "x"))
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
		if last, _, _ := memory.Last(user, []string{"all", "groupX", "groupY"}); fmt.Sprint(last) != want {
			t.Errorf("kept of %s: %v, want %s", user, last, want)
		}
	}
}

// When too many users are offline those who hold nothing are forgotten, the longest offline
// first. Whoever is in a group or a private conversation stays while those are fewer. Nobody
// is refused.
func TestTooManyUsers(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, setup{Presence: chat.ToNone, MaxUsers: 4, Store: knowing{store.New(0)}})
		a := s.program("A")
		holds := func(name string) {
			t.Helper()
			c := s.client(name)
			c.say("join,groupX")
			c.want("系统:已加入 groupX")
			c.conn.Close()
			s.gone(name)
		}
		holds("B")
		knows := func(names ...string) {
			t.Helper()
			for _, name := range []string{"A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L"} {
				if want := slices.Contains(names, name); s.knows(name) != want {
					t.Errorf("knows %s: %v", name, !want)
				}
			}
		}
		s.away("C", "D", "E")
		s.away("C") // D is the longest offline now
		knows("A", "B", "C", "D", "E")
		s.away("F")
		knows("A", "B", "C", "E", "F")
		a.say(`{"op":"send","id":"1","to":"E","text":"x"}`)
		a.wantsBoth(`{"event":"ack","id":"1","seq":1,"offline":true}`, messageText(1, "A", "E", "x"))
		s.away("G", "H")
		knows("A", "B", "E", "G", "H")
		g, h := s.client("G"), s.client("H")
		s.away("I", "J")
		knows("A", "B", "E", "G", "H", "I", "J")
		h.conn.Close()
		s.gone("H")
		knows("A", "B", "E", "G", "H", "J")
		e := s.client("E")
		e.want("用户(A=>E):x")
		e.conn.Close()
		s.gone("E")
		holds("K") // then more hold something than nothing: of those B is the longest offline
		knows("A", "E", "G", "H", "J", "K")
		holds("L")
		knows("A", "G", "H", "J", "K", "L")
		calm(a)
		quiet(g)
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

// Beyond so many memberships, who has reached an equal share is told why a join fails, of
// whichever kind the join and the client are.
func TestTooManyMemberships(t *testing.T) {
	s := start(t, loop.Config{}, setup{Presence: chat.ToNone, Store: store.New(0), MaxMemberships: 2})
	l, p := s.client("L"), s.program("P")
	l.say("join,groupA")
	l.want("系统:已加入 groupA")
	p.say(`{"op":"join","group":"groupB"}`)
	p.wants(`{"event":"joined","group":"groupB","user":"P"}`)
	const chinese = "错误:群组成员总数已达上限,暂时无法加入 groupX"
	l.say("join,groupX", "groupX,text")
	l.want(chinese, chinese)
	const english = `{"code":"unavailable","event":"error","id":"1","message":"there are too many memberships of groups to join groupX at the moment"}`
	p.say(`{"op":"join","id":"1","group":"groupX"}`, `{"op":"send","id":"1","to":"groupX","text":"x"}`)
	for range 2 {
		if got, err := json.Marshal(p.event()); err != nil || string(got) != english {
			t.Errorf("got %s, want %s", got, english)
		}
	}
	l.say("leave,groupA", "join,groupX")
	l.want("系统:已离开 groupA", "系统:已加入 groupX")
	calm(p)
	quiet(l)
}
