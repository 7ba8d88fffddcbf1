package hub

import (
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"wschat/frame"
	"wschat/hub/loop"
)

// PROTOCOL 3: every user but the one who came, and but the one who went.
func TestLoginAndExitNotices(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, setup{})
		a := s.client("A")
		quiet(a)
		b := s.client("B")
		a.want("用户(B)登录了")
		c := s.client("张三")
		a.want("用户(张三)登录了")
		b.want("用户(张三)登录了")
		quiet(a, b, c)

		b.conn.Close()
		a.want("用户(B)退出了")
		c.want("用户(B)退出了")
		quiet(a, c)

		s.client("B")
		a.want("用户(B)登录了")
		c.want("用户(B)登录了")
		quiet(a, c)
	})
}

// PROTOCOL 3: opening the connection has logged in.
func TestLoginMessageDoesNothing(t *testing.T) {
	s := start(t, loop.Config{}, setup{})
	all := s.clients("A", "B")
	all[0].say("login,x", "login,", "login", "login,a,b")
	quiet(all...)
}

// A client that vanishes is told to the others once, in whatever way it does.
func TestExitIsToldOnce(t *testing.T) {
	ways := map[string]func(*client){
		"close frame": func(c *client) { c.Close(frame.NormalClosure, "bye"); c.wantClose(frame.NormalClosure) },
		"close frame, then reset": func(c *client) {
			c.Close(frame.NormalClosure, "")
			c.reset()
		},
		"empty close frame": func(c *client) { c.Send(frame.Close, nil) },
		"FIN":               func(c *client) { c.conn.Close() },
		"FIN in the middle of a frame": func(c *client) {
			c.Raw([]byte{0x81, 0x85, 1})
			c.conn.Close()
		},
		"RST":             func(c *client) { c.reset() },
		"RST behind data": func(c *client) { c.say("all,one"); c.reset() },
		"killed with its input unread": func(c *client) {
			c.say("C,one", "C,two") // C is the user itself: what it gets lies unread
			c.conn.Close()
		},
		"protocol error": func(c *client) { c.Raw([]byte{0xff, 0xff}); c.wantClose(frame.ProtocolError) },
		"not UTF-8":      func(c *client) { c.SendText("B,\xff"); c.wantClose(frame.InvalidPayload) },
	}
	drivers(t, func(t *testing.T, driver loop.Config) {
		for name, leave := range ways {
			t.Run(name, func(t *testing.T) {
				s := start(t, driver, setup{})
				all := s.clients("A", "C")
				a, c := all[0], all[1]
				leave(c)
				for {
					if m := a.next(); string(m.Payload) != "用户(C=>A):one" {
						a.pending = append(a.pending, m)
						break
					}
				}
				a.want("用户(C)退出了")
				c.conn.Close()
				s.client("C") // when it is back, nothing of before can be under way
				a.want("用户(C)登录了")
				quiet(a)
			})
		}
	})
}

// A peer that does not even answer pings is told once, too.
func TestExitBySilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, loop.Config{Loops: 1, Goroutines: true, Ping: time.Second}, setup{})
		s.piped("C")
		synctest.Wait()
		a := s.piped("A")
		a.sync()
		begun := time.Now()
		for {
			m := a.next()
			if m.Opcode == frame.Ping {
				a.Send(frame.Pong, m.Payload)
				continue
			}
			if string(m.Payload) != "用户(C)退出了" {
				t.Fatalf("A got %v %q", m.Opcode, m.Payload)
			}
			break
		}
		if silence := time.Since(begun); silence < 2*time.Second || silence > 4*time.Second {
			t.Errorf("it took %v", silence)
		}
		quiet(a)
	})
}

// PROTOCOL 2: each connection gets what is sent to the user; login and exit are
// told for the first and the last.
func TestSeveralConnections(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, setup{})
		b := s.client("B")
		a1 := s.client("A")
		b.want("用户(A)登录了")
		a2 := s.client("A")
		quiet(b, a1, a2)

		b.say("A,private") // what goes to different conversations is in no order
		for _, a := range []*client{a1, a2} {
			a.want("用户(B=>A):private")
		}
		b.say("all,everyone")
		for _, a := range []*client{a1, a2} {
			a.want("用户(B=>A):everyone")
		}
		b.want("用户(B=>B):everyone")

		// Who joins or leaves does so with all connections, later ones included.
		a1.say("join,groupX")
		a1.want("系统:已加入 groupX")
		quiet(a1, a2, b)
		a3 := s.client("A")
		b.say("groupX,to the group")
		for _, a := range []*client{a1, a2, a3} {
			a.want("用户(B=>A):to the group")
		}
		b.want("用户(B=>B):to the group")
		a3.say("leave,groupX")
		a3.want("系统:已离开 groupX")
		b.say("groupX,still there?")
		b.want("用户(B=>B):still there?")
		quiet(b, a1, a2, a3)

		// A private message goes to its user, not to other connections of the sender.
		a1.say("B,hello")
		b.want("用户(A=>B):hello")
		quiet(a1, a2, a3)

		b.say("who,")
		b.want("系统:在线 2: A B")
		a1.conn.Close()
		a2.reset()
		eventually(t, "one connection of A is left", func() bool { return s.sessions("A") == 1 })
		quiet(b)
		b.say("A,to the last")
		a3.want("用户(B=>A):to the last")
		a3.conn.Close()
		b.want("用户(A)退出了")
		quiet(b)
	})
}

// PROTOCOL 2: who brings no id is given one of six digits, and told it.
func TestGivenIDs(t *testing.T) {
	told := regexp.MustCompile(`^系统:你的用户编号是 ([1-9][0-9]{5})$`)
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		a := s.client("A") // brings its own, and is told nothing
		quiet(a)
		given := make(map[string]bool)
		for range 30 {
			c := s.raw("")
			m := c.next() // the first thing that comes
			found := told.FindSubmatch(m.Payload)
			if found == nil {
				t.Fatalf("got %q", m.Payload)
			}
			name := string(found[1])
			if given[name] {
				t.Errorf("%s was given twice", name)
			}
			given[name] = true
			a.say(name + ",hello")
			c.want("用户(A=>" + name + "):hello")
			c.say("A,hello")
			a.want("用户(" + name + "=>A):hello")
			quiet(c)
		}
	})
}
