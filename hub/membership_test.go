package hub

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wschat/hub/chat"
	"wschat/hub/loop"
)

// timed runs a test with a hub in time that passes at once.
func timed(t *testing.T, config setup, test func(t *testing.T, s *server)) {
	synctest.Test(t, func(t *testing.T) {
		test(t, start(t, loop.Config{Loops: 1, Goroutines: true}, config))
	})
}

// in lets a user in over a pipe, and returns when the login is done.
func (s *server) in(user string) *client {
	s.t.Helper()
	c := s.piped(user)
	c.conn.SetDeadline(time.Time{}) // time passes
	c.sync()
	return c
}

// out ends a connection, and returns when its user is offline.
func (c *client) out() {
	c.conn.Close()
	synctest.Wait()
}

// PROTOCOL 6: who comes back in time is still a member.
func TestMembershipOutlivesTheConnection(t *testing.T) {
	const ttl = time.Hour
	timed(t, setup{Presence: chat.ToNone, MembershipTTL: ttl}, func(t *testing.T, s *server) {
		a, b := s.in("A"), s.in("B")
		a.say("join,groupX")
		a.want("系统:已加入 groupX")
		for range 3 {
			b.say("join,groupX")
			b.want("系统:已加入 groupX")
			b.out()
			a.say("groupX,away")
			a.want("用户(A=>A):away")
			time.Sleep(ttl - time.Minute) // each time anew
			b = s.in("B")
			a.say("groupX,back", "who,groupX")
			a.want("用户(A=>A):back", "系统:在线 2: A B")
			b.want("用户(A=>B):back")
		}
		time.Sleep(3 * ttl) // who is online is a member for as long as it likes
		a.say("groupX,still")
		a.want("用户(A=>A):still")
		b.want("用户(A=>B):still")

		b.out()
		time.Sleep(ttl + time.Minute + time.Second)
		synctest.Wait()
		a.say("B,text")
		a.want("错误:用户(B)不在线")
		b = s.in("B")
		b.say("history,groupX", "leave,groupX")
		b.want("错误:你不在 groupX 中", "错误:你不在 groupX 中")
		quiet(a, b)

		// A group whose last member is forgotten is gone, its history is not.
		a.out()
		time.Sleep(ttl + time.Minute + time.Second)
		synctest.Wait()
		if _, groups := s.engine.Counts(); groups > 0 {
			t.Errorf("%d groups are left", groups)
		}
		s.Hub.mu.Lock()
		if len(s.groups) > 0 || len(s.Hub.sessions) != 1 {
			t.Errorf("left: %v, %v", s.groups, s.Hub.sessions)
		}
		s.Hub.mu.Unlock()
		b.say("join,groupX", "history,groupX")
		b.want("系统:已加入 groupX", "用户(A=>B):away", "用户(A=>B):back")
	})
}

// Without a limit nobody is forgotten.
func TestMembershipForGood(t *testing.T) {
	timed(t, silent, func(t *testing.T, s *server) {
		a, b := s.in("A"), s.in("B")
		b.say("join,groupX")
		b.want("系统:已加入 groupX")
		b.out()
		a.say("B,text")
		a.want(offline("B"))
		time.Sleep(30 * time.Hour)
		b = s.in("B")
		b.want("用户(A=>B):text")
		b.say("groupX,text")
		b.want("用户(B=>B):text")
		quiet(a, b)
	})
}

// What waits for a user who was forgotten meanwhile, but not too long yet, is
// sent to who comes by that name: the sender was told so.
func TestWaitingOutlivesItsUser(t *testing.T) {
	const ttl = time.Hour
	timed(t, setup{Presence: chat.ToNone, MembershipTTL: ttl}, func(t *testing.T, s *server) {
		a, b := s.in("A"), s.in("B")
		b.out()
		a.say("B,early")
		a.want(offline("B"))
		time.Sleep(ttl - time.Minute)
		a.say("B,late")
		a.want(offline("B"))
		time.Sleep(2*time.Minute + time.Second)
		synctest.Wait()
		a.say("B,too late")
		a.want("错误:用户(B)不在线")
		b = s.in("B")
		b.want("用户(A=>B):late")
		quiet(a, b)
		b.say("history,A")
		b.want("用户(A=>B):early", "用户(A=>B):late")
	})
}

// PROTOCOL 6: what waits longer than the TTL is no longer sent, also if its user
// was here meanwhile.
func TestWaitingTooLong(t *testing.T) {
	const ttl = time.Hour
	timed(t, setup{Presence: chat.ToNone, MembershipTTL: ttl}, func(t *testing.T, s *server) {
		a, b := s.in("A"), s.in("B") // B does not read on
		filler := strings.Repeat("x", 100<<10)
		a.say("B,"+filler, "B,old")
		a.sync()
		time.Sleep(ttl / 2)
		a.say("B,newer")
		a.sync()
		time.Sleep(ttl / 4)
		b.out()
		time.Sleep(ttl / 2)
		b = s.in("B")
		b.want("用户(A=>B):newer")
		quiet(a, b)
		b.say("history,A")
		b.want("用户(A=>B):"+filler, "用户(A=>B):old", "用户(A=>B):newer")
	})
}
