package hub

import (
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
)

// only limits a user to groups whose names begin so, and to the one that sync
// asks for.
func only(user, prefix string) Access {
	return Access{User: user, Allows: func(group string) bool { return "who,"+group == question || strings.HasPrefix(group, prefix) }}
}

// admit lets a user in who may not do everything, and returns when the login is
// done.
func (s *server) admit(a Access) *client {
	s.t.Helper()
	near, far, err := s.connect()
	if err != nil {
		s.t.Fatal(err)
	}
	c := s.enterAs(a, near, far)
	c.sync()
	return c
}

// PROTOCOL 2: groups "limits which groups the user may be in".
func TestForbiddenGroups(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		b := s.client("B")
		b.say("groupB,before", "groupA1,before")
		b.want("用户(B=>B):before", "用户(B=>B):before")
		a := s.admit(only("A", "groupA"))
		for _, line := range []string{"join,groupB", "groupB,text", "history,groupB", "who,groupB", "join,groupNew", "groupB,"} {
			a.say(line)
			if line == "groupB," {
				a.want("错误:内容不能为空") // what is wrong with the form is told first
				continue
			}
			group := "groupB"
			if strings.HasSuffix(line, "New") {
				group = "groupNew"
			}
			a.want("错误:不能加入 " + group)
		}
		if err := a.Send(frame.Binary, []byte("groupB,\x00")); err != nil {
			t.Fatal(err)
		}
		a.want("错误:不能加入 groupB")
		a.say("leave,groupB")
		a.want("错误:你不在 groupB 中")
		quiet(a, b) // nothing of all that was carried out

		a.say("join,groupA1", "groupA1,text", "history,groupA1", "who,groupA1", "who,", "B,text", "leave,groupA1")
		a.want("系统:已加入 groupA1", "用户(A=>A):text", "用户(B=>A):before", "用户(A=>A):text", "系统:在线 2: A B", "系统:在线 2: A B", "系统:已离开 groupA1")
		b.want("用户(A=>B):text", "用户(A=>B):text")
		a.say("all,text", "history,all")
		a.want("用户(A=>A):text", "用户(A=>A):text")
		b.want("用户(A=>B):text")
		quiet(a, b)
	})
}

// A list without groups allows none.
func TestNoGroupsAtAll(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	a := s.admit(Access{User: "A", Allows: func(group string) bool { return "who,"+group == question }})
	a.say("join,groupA", "all,text")
	a.want("错误:不能加入 groupA", "用户(A=>A):text")
	quiet(a)
}

// PROTOCOL 2: "the connection gets nothing of another group, its history
// included, [...] even if the user is a member from before"; the user's other
// connections do.
func TestMembershipFromBefore(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		b, free := s.client("B"), s.client("A")
		free.say("groupX,1", "groupA,1")
		free.want("用户(A=>A):1", "用户(A=>A):1")
		bound := s.admit(only("A", "groupA"))
		b.say("groupX,2", "groupA,2")
		b.want("用户(B=>B):2", "用户(B=>B):2")
		free.want("用户(B=>A):2", "用户(B=>A):2")
		bound.want("用户(B=>A):2") // that of groupA
		bound.say("history,groupX", "groupX,3")
		bound.want("错误:不能加入 groupX", "错误:不能加入 groupX")
		quiet(bound, free, b)

		// Nor does it when another connection joins while it is there.
		free.say("join,groupY", "groupY,4")
		free.want("系统:已加入 groupY", "用户(A=>A):4")
		quiet(bound)

		// It may go, for all connections of the user.
		bound.say("leave,groupX")
		bound.want("系统:已离开 groupX")
		b.say("groupX,5")
		b.want("用户(B=>B):5")
		quiet(free, bound)

		// When it is the only one, the membership still gives it nothing.
		free.conn.Close()
		eventually(t, "one connection is left", func() bool { return s.sessions("A") == 1 })
		b.say("groupY,6", "groupA,6")
		b.want("用户(B=>B):6", "用户(B=>B):6")
		bound.want("用户(B=>A):6")
		quiet(bound, b)
	})
}

// With -presence group, logins are told to who shares a group that the
// connection may know of.
func TestPresenceInForbiddenGroup(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, setup{Presence: chat.ToGroup})
		free, b := s.client("A"), s.client("B")
		free.say("join,groupX")
		free.want("系统:已加入 groupX")
		b.say("join,groupX")
		b.want("系统:已加入 groupX")
		bound := s.admit(only("A", "groupA"))
		b.conn.Close()
		free.want("用户(B)退出了")
		b = s.client("B")
		free.want("用户(B)登录了")
		quiet(free, bound)
		b.say("join,groupA1")
		b.want("系统:已加入 groupA1")
		bound.say("join,groupA1")
		bound.want("系统:已加入 groupA1")
		b.conn.Close()
		free.want("用户(B)退出了")
		bound.want("用户(B)退出了")
		quiet(free, bound)
	})
}

// PROTOCOL 2: "When the token expires the connection is closed with 4001".
func TestExpiry(t *testing.T) {
	timed(t, setup{}, func(t *testing.T, s *server) {
		b := s.in("B")
		for _, ttl := range []time.Duration{time.Second, time.Hour, 10 * time.Hour} {
			began := time.Now()
			a := s.pipedIn(Access{User: "A", Expires: began.Add(ttl)})
			b.want("用户(A)登录了")
			time.Sleep(ttl - time.Nanosecond)
			synctest.Wait()
			a.say("B,in time")
			b.want("用户(A=>B):in time")
			a.wantClose(frame.TokenExpired)
			if took := time.Since(began); took != ttl {
				t.Errorf("closed after %v, want %v", took, ttl)
			}
			b.want("用户(A)退出了")
			a.out()
		}
		quiet(b)
	})
}

// One that is over when the handshake is done is closed at once.
func TestExpiredOnArrival(t *testing.T) {
	timed(t, setup{}, func(t *testing.T, s *server) {
		near, far := net.Pipe()
		a := s.enterAs(Access{User: "A", Expires: time.Now()}, near, far)
		a.wantClose(frame.TokenExpired)
		a.out()
	})
}

// The timer ends with the connection, and one connection's end is not another's.
func TestExpiryOfOneConnection(t *testing.T) {
	timed(t, setup{Presence: chat.ToNone}, func(t *testing.T, s *server) {
		short := s.pipedIn(Access{User: "A", Expires: time.Now().Add(time.Minute)})
		long := s.pipedIn(Access{User: "A", Expires: time.Now().Add(time.Hour)})
		gone := s.pipedIn(Access{User: "A", Expires: time.Now().Add(time.Hour)})
		never := s.in("A")
		far := s.pipedIn(Access{User: "A", Expires: time.Unix(1<<38, 0)})
		gone.out()
		if gone.session.extra.expiry.Stop() {
			t.Error("the timer of a connection that has ended still ran")
		}
		time.Sleep(time.Minute)
		short.wantClose(frame.TokenExpired)
		short.out()
		quiet(long, never, far)
		time.Sleep(time.Hour - time.Minute)
		long.wantClose(frame.TokenExpired)
		long.out()
		time.Sleep(10 * time.Hour)
		quiet(never, far)
	})
}

// pipedIn is in for who may not do everything.
func (s *server) pipedIn(a Access) *client {
	s.t.Helper()
	near, far := net.Pipe()
	c := s.enterAs(a, near, far)
	c.conn.SetDeadline(time.Time{})
	c.sync()
	return c
}
