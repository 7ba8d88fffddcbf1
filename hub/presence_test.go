package hub

import (
	"fmt"
	"testing"

	"wschat/hub/chat"
	"wschat/hub/loop"
)

func TestPresenceGroup(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, setup{Presence: chat.ToGroup})
		a, b, c, d := s.client("A"), s.client("B"), s.client("C"), s.client("D")
		b2 := s.client("B")
		a.say("join,groupX", "join,groupY")
		a.want("系统:已加入 groupX", "系统:已加入 groupY")
		b.say("join,groupX", "join,groupY") // shares two groups with A
		b.want("系统:已加入 groupX", "系统:已加入 groupY")
		c.say("join,groupY", "join,groupZ")
		c.want("系统:已加入 groupY", "系统:已加入 groupZ")
		d.say("join,groupZ") // shares none with A
		d.want("系统:已加入 groupZ")
		quiet(a, b, b2, c, d)

		a.conn.Close()
		for _, x := range []*client{b, b2, c} {
			x.want("用户(A)退出了")
		}
		quiet(b, b2, c, d)

		// Membership outlives the connection, so the login is told as well.
		a = s.client("A")
		for _, x := range []*client{b, b2, c} {
			x.want("用户(A)登录了")
		}
		quiet(a, b, b2, c, d)

		// Who has left the group is told no more.
		b.say("leave,groupX", "leave,groupY")
		b.want("系统:已离开 groupX", "系统:已离开 groupY")
		a.reset()
		c.want("用户(A)退出了")
		quiet(b, b2, c, d)
	})
}

func TestPresenceNone(t *testing.T) {
	s := start(t, loop.Config{}, silent)
	a, b := s.client("A"), s.client("B")
	a.say("groupX,1")
	a.want("用户(A=>A):1")
	b.say("groupX,2")
	b.want("用户(B=>B):2")
	a.want("用户(B=>A):2")
	b.conn.Close()
	s.gone("B")
	s.client("B")
	quiet(a)
}

// Who shares all groups with a user is told once, and that costs little.
func TestPresenceInManyGroups(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, setup{Presence: chat.ToGroup})
		a, b := s.client("A"), s.client("B")
		last := s.client("C") // shares the last group only
		for i := range chat.MaxGroups {
			for _, user := range []string{"A", "B"} {
				s.engine.SetMember(user, fmt.Sprintf("group%d", i), true, func() {}, func(error) {})
			}
		}
		s.engine.SetMember("C", fmt.Sprintf("group%d", chat.MaxGroups-1), true, func() {}, func(error) {})
		for range 5 {
			a.conn.Close()
			b.want("用户(A)退出了")
			last.want("用户(A)退出了")
			a = s.client("A")
			b.want("用户(A)登录了")
			last.want("用户(A)登录了")
		}
		quiet(a, b, last)
	})
}
