package hub

import (
	"slices"
	"testing"

	"wschat/frame"
	"wschat/hub/loop"
)

// PROTOCOL 2, -single: a newer connection closes the older with 4000, and the
// others are told nothing.
func TestSingle(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, setup{Single: true})
		b := s.client("B")
		a := s.client("A")
		b.want("用户(A)登录了")
		a.say("join,groupX")
		a.want("系统:已加入 groupX")
		for range 5 { // many in a row
			newer := s.client("A")
			a.wantClose(frame.Replaced)
			a = newer
		}
		quiet(b, a)

		b.say("A,private", "groupX,to the group", "who,")
		a.want("用户(B=>A):private", "用户(B=>A):to the group")
		b.want("用户(B=>B):to the group", "系统:在线 2: A B")
		quiet(a, b)

		a.conn.Close()
		b.want("用户(A)退出了")
		s.client("A")
		b.want("用户(A)登录了")
		quiet(b)
	})
}

// However many come at once, one stays, and the others are told once.
func TestSingleRace(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, setup{Single: true})
		b := s.client("B")
		var rivals []*client
		for range 30 {
			rivals = append(rivals, s.raw("A")) // each on another loop than the one before
		}
		eventually(t, "all are logged in", func() bool {
			return !slices.ContainsFunc(rivals, func(c *client) bool {
				open, registered := c.session.state()
				return registered && !open
			})
		})
		b.want("用户(A)登录了")
		eventually(t, "one is left", func() bool {
			n := 0
			for _, c := range rivals {
				if _, registered := c.session.state(); registered {
					n++
				}
			}
			return n == 1
		})
		b.say("A,who is left?")
		quiet(b)
		left := 0
		for _, c := range rivals {
			if m := c.next(); m.Opcode == frame.Text {
				left++
				c.pending = append(c.pending, m)
				c.want("用户(B=>A):who is left?")
			} else {
				c.pending = append(c.pending, m)
				c.wantClose(frame.Replaced)
			}
		}
		if left != 1 {
			t.Errorf("%d connections are left", left)
		}
		for _, c := range rivals {
			c.conn.Close()
		}
		b.want("用户(A)退出了")
		quiet(b)
	})
}

// state reports whether a session is on the lists, and whether its user has it.
func (s *session) state() (open, registered bool) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	for one := s.hub.sessions[s.name]; one != nil; one = one.next {
		registered = registered || one == s
	}
	return s.open, registered
}
