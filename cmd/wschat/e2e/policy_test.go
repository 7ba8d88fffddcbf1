//go:build e2e

package e2e

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"wschat/frame"
	"wschat/handshake"
)

// PROTOCOL 4: the codes with which the server ends a connection, each told to
// the others once.
func TestServerClosesBadConnections(t *testing.T) {
	s := start(t, "-max-message", "1000")
	watcher := s.login("W")
	for _, row := range []struct {
		name string
		code frame.CloseCode
		send []byte
	}{
		{"1009 over -max-message", frame.MessageTooBig, masked(frame.Header{Fin: true, Opcode: frame.Text}, "W,"+strings.Repeat("x", 999))},
		{"1009 as soon as it is announced", frame.MessageTooBig, frame.AppendHeader(nil, frame.Header{Fin: true, Opcode: frame.Text, Masked: true, Length: 1 << 40})},
		{"1009 over several fragments", frame.MessageTooBig, slices.Concat(
			masked(frame.Header{Opcode: frame.Text}, "W,"+strings.Repeat("x", 900)),
			masked(frame.Header{Fin: true}, strings.Repeat("x", 99)))},
		{"1007 not UTF-8", frame.InvalidPayload, masked(frame.Header{Fin: true, Opcode: frame.Text}, "W,\xff")},
		{"1007 half a character", frame.InvalidPayload, masked(frame.Header{Fin: true, Opcode: frame.Text}, "W,\xe4\xb8")},
		{"1002 not masked (RFC 6455 §5.1)", frame.ProtocolError, frame.AppendFrame(nil, frame.Text, []byte("W,hi"))},
		{"1002 reserved bit (§5.2)", frame.ProtocolError, masked(frame.Header{Fin: true, RSV: 4, Opcode: frame.Text}, "W,hi")},
		{"1002 reserved opcode (§5.2)", frame.ProtocolError, masked(frame.Header{Fin: true, Opcode: 3}, "W,hi")},
		{"1002 continuation of nothing (§5.4)", frame.ProtocolError, masked(frame.Header{Fin: true}, "W,hi")},
		{"1002 ping of 126 bytes (§5.5)", frame.ProtocolError, masked(frame.Header{Fin: true, Opcode: frame.Ping}, strings.Repeat("x", 126))},
		{"1002 close code 1005 (§7.4.1)", frame.ProtocolError, masked(frame.Header{Fin: true, Opcode: frame.Close}, string(binary.BigEndian.AppendUint16(nil, 1005)))},
	} {
		s.run(row.name, func(t *testing.T) {
			c := s.login("X")
			watcher.hears("用户(X)登录了")
			if err := c.Raw(row.send); err != nil {
				t.Fatal(err)
			}
			c.closedWith(row.code)
			watcher.hears("用户(X)退出了")
			watcher.hearsNothing()
		})
	}
	s.run("exactly -max-message", func(t *testing.T) {
		body := strings.Repeat("x", 998)
		watcher.say("W," + body)
		watcher.hears("用户(W=>W):" + body)
	})
}

// A text of control characters is bounded by its length as JSON, six times its own: with
// default flags, no JSON client gets more than 1 MiB for one text.
func TestControlCharactersAreBounded(t *testing.T) {
	t.Parallel()
	s := start(t)
	a, b := s.login("A"), s.login("B")
	a.hears("用户(B)登录了")
	reader, err := s.dial(handshake.Dialer{Protocols: []string{"wschat.v1.json"}}, socket("B"))
	if err != nil {
		t.Fatal(err)
	}
	const most = 1 << 20
	a.say("B,"+strings.Repeat("\x01", most/6+1), "B,"+strings.Repeat("\x7f", most/3+1), "B,"+strings.Repeat("\x01", most/6))
	tooLong := "错误:内容过长(控制字符按转义后的长度计)"
	a.hears(tooLong, tooLong)
	a.hearsNothing()
	b.hears("用户(A=>B):" + strings.Repeat("\ufffd", most/6))
	for {
		event, err := reader.NextText()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(event, `"event":"message"`) {
			if len(event) > most+200 || !strings.Contains(event, `"text":"\u0001\u0001`) || !strings.Contains(event, `"seq":1,`) {
				t.Errorf("got %d bytes, %s", len(event), cut(event))
			}
			break
		}
	}
}

// PROTOCOL 4: the server answers with the same code.
func TestCloseIsAnswered(t *testing.T) {
	s := start(t)
	for _, code := range []frame.CloseCode{frame.NormalClosure, frame.GoingAway, 3000, 4999} {
		c := s.login("A")
		if err := c.Close(code, "bye"); err != nil {
			t.Fatal(err)
		}
		c.closedWith(code)
	}
	c := s.login("A")
	if err := c.Send(frame.Close, nil); err != nil {
		t.Fatal(err)
	}
	if m, err := c.NextMessage(); err != nil || m.Opcode != frame.Close || len(m.Payload) != 0 {
		t.Fatalf("got %v %q, %v, want a close frame without a code", m.Opcode, m.Payload, err)
	}
}

// However a client vanishes, the others are told exactly once.
func TestVanishing(t *testing.T) {
	s := start(t, "-ping", "200ms")
	for _, row := range []struct {
		name string
		how  func(*client) error
	}{
		{"close frame", func(c *client) error { return c.Close(frame.NormalClosure, "") }},
		{"close frame and FIN at once", func(c *client) error {
			return errFirst(c.Close(frame.NormalClosure, ""), c.Conn.Close())
		}},
		{"FIN", func(c *client) error { return c.Conn.Close() }},
		{"half-close", func(c *client) error { return c.Conn.CloseWrite() }},
		{"RST", func(c *client) error { return errFirst(c.Conn.SetLinger(0), c.Conn.Close()) }},
		{"RST behind a message", func(c *client) error {
			return errFirst(c.SendText("login,"), c.Conn.SetLinger(0), c.Conn.Close())
		}},
		{"FIN within a frame", func(c *client) error { return errFirst(c.Raw([]byte{0x81}), c.Conn.Close()) }},
		{"silence", func(*client) error { return nil }},
	} {
		s.run(row.name, func(t *testing.T) {
			watcher := s.login("W")
			c := s.login("X")
			watcher.hears("用户(X)登录了")
			if err := row.how(c); err != nil {
				t.Fatal(err)
			}
			watcher.hears("用户(X)退出了") // it answers the pings that come before
			watcher.hearsNothing()
			watcher.say("who,")
			watcher.hears("系统:在线 1: W")
			watcher.leave()
		})
	}
}

func errFirst(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// PROTOCOL 4: "more than -queue bytes wait for one reader".
func TestTooSlowAReader(t *testing.T) {
	s := start(t, "-queue", "100000")
	users := s.logins("A", "B", "S")
	a, b, slow := users[0], users[1], users[2]
	body := strings.Repeat("x", 50_000)
	exits := map[*client]int{}
	// What the kernel keeps for S is some megabytes at most.
	const most = 64 << 20
	for sent := 0; exits[a] == 0 && sent < most; sent += len(body) {
		a.say("all," + body)
		for _, each := range []*client{a, b} {
			for {
				line, err := each.NextText()
				if err != nil {
					t.Fatalf("%s: %v", each.name, err)
				}
				if line == "用户(A=>"+each.name+"):"+body {
					break
				}
				if line != "用户(S)退出了" {
					t.Fatalf("%s: got %q", each.name, cut(line))
				}
				exits[each]++
			}
		}
	}
	for _, each := range []*client{a, b} {
		if exits[each] == 0 { // it came behind the last message
			each.hears("用户(S)退出了")
		}
		each.hearsNothing()
	}
	for { // S reads on: what had left the server, and why no more comes
		m, err := slow.NextMessage()
		if err != nil {
			t.Fatalf("S: %v, want close 4100", err)
		}
		if m.Opcode == frame.Close {
			if code, _, _ := frame.ParseClose(m.Payload); code != frame.TooSlow {
				t.Fatalf("S: got close %v, want %v", code, frame.TooSlow)
			}
			break
		}
	}
	a.say("B,and we go on")
	b.hears("用户(A=>B):and we go on")
}

func TestSingle(t *testing.T) {
	s := start(t, "-single")
	users := s.logins("A", "B")
	a, old := users[0], users[1]
	now := s.login("B")
	old.closedWith(frame.Replaced)
	a.hearsNothing() // B has been there all the time
	a.say("B,hi")
	now.hears("用户(A=>B):hi")
	now.leave()
	a.hears("用户(B)退出了")
}

func TestPresence(t *testing.T) {
	t.Run("none", func(t *testing.T) {
		s := start(t, "-presence", "none")
		a := s.login("A")
		s.login("B").leave()
		a.hearsNothing()
	})
	t.Run("group", func(t *testing.T) {
		s := start(t, "-presence", "group")
		a, b := s.login("A"), s.login("B")
		a.hearsNothing() // nobody shares a group
		for _, each := range []*client{a, b} {
			each.say("join,groupA")
			each.hears("系统:已加入 groupA")
		}
		c := s.login("C")
		b.leave()
		a.hears("用户(B)退出了")
		c.hearsNothing()
		b = s.login("B") // still a member
		a.hears("用户(B)登录了")
		a.hearsNothing()
		c.hearsNothing()
		a.say("groupA,welcome back")
		b.hears("用户(A=>B):welcome back")
	})
}
