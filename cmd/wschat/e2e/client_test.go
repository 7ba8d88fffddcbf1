//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
	"wschat/handshake"
)

func timeout() <-chan time.Time { return time.After(target.Patience) }

// client is a user on a WebSocket connection of our own. It answers pings.
type client struct {
	*target.Client
	server *server
	name   string
}

// dial opens a connection to a path of the server.
func (s *server) dial(d handshake.Dialer, path string) (*client, error) {
	c, err := s.OpenWith(path, d)
	if err != nil {
		return nil, err
	}
	c.Conn.SetDeadline(time.Now().Add(2 * target.Patience))
	s.t.Cleanup(func() { c.Conn.Close() })
	return &client{Client: c, server: s}, nil
}

// socket is the target of a user.
func socket(user string) string { return "/socket?userId=" + url.QueryEscape(user) }

// login connects a user. That it is in is known: who, has been answered.
func (s *server) login(user string) *client {
	s.t.Helper()
	c, err := s.dial(handshake.Dialer{}, socket(user))
	if err != nil {
		s.t.Fatalf("%s: %v", user, err)
	}
	c.name = user
	c.say("who,")
	line, err := c.NextText()
	if err != nil || !strings.HasPrefix(line, "系统:在线 ") {
		s.t.Fatalf("%s: got %q, %v, want the answer to who,", user, line, err)
	}
	return c
}

// say sends lines.
func (c *client) say(lines ...string) {
	c.server.t.Helper()
	for _, line := range lines {
		if err := c.SendText(line); err != nil {
			c.server.t.Fatalf("%s: %v", c.name, err)
		}
	}
}

// hears checks that these lines come next, byte for byte.
func (c *client) hears(lines ...string) {
	c.server.t.Helper()
	for _, want := range lines {
		got, err := c.NextText()
		if err != nil {
			c.server.t.Fatalf("%s: %v, want %q", c.name, err, cut(want))
		}
		if got != want {
			c.server.t.Fatalf("%s: got  %q\nwant %q", c.name, cut(got), cut(want))
		}
	}
}

// hearsNothing checks that nothing has been sent to c that it has not read: a
// request is answered at once. What c must not hear was done by others before,
// and they have seen its effect.
func (c *client) hearsNothing() {
	c.server.t.Helper()
	c.say("leave,groupNobody")
	c.hears("错误:你不在 groupNobody 中")
}

// closedWith checks that the next frame is a close frame with this code, answers
// it, and checks that the server then ends TCP first (RFC 6455 §7.1.1).
func (c *client) closedWith(code frame.CloseCode) {
	c.server.t.Helper()
	c.Send(frame.Close, c.hearsClose(code)) // the server may have closed already
	c.hearsEnd()
}

// hearsClose checks that the next frame is a close frame with this code.
func (c *client) hearsClose(code frame.CloseCode) (payload []byte) {
	c.server.t.Helper()
	m, err := c.NextMessage()
	if err != nil || m.Opcode != frame.Close {
		c.server.t.Fatalf("%s: got %v %q, %v, want close %v", c.name, m.Opcode, cut(string(m.Payload)), err, code)
	}
	got, reason, err := frame.ParseClose(m.Payload)
	if err != nil || got != code {
		c.server.t.Fatalf("%s: got close %v %q, want %v", c.name, got, reason, code)
	}
	return m.Payload
}

// hearsEnd checks that the connection ends, and ends it.
func (c *client) hearsEnd() {
	c.server.t.Helper()
	if m, err := c.Next(); !errors.Is(err, io.EOF) {
		c.server.t.Fatalf("%s: got %v %q, %v after the close, want the end", c.name, m.Opcode, cut(string(m.Payload)), err)
	}
	c.Conn.Close()
}

// leave ends the connection with a close frame.
func (c *client) leave() {
	c.server.t.Helper()
	if err := c.Close(frame.NormalClosure, ""); err != nil {
		c.server.t.Fatal(err)
	}
	c.closedWith(frame.NormalClosure)
}

// cut keeps failures readable.
func cut(s string) string {
	const most = 120
	if len(s) <= most {
		return s
	}
	return fmt.Sprintf("%s… (%d bytes)", strings.ToValidUTF8(s[:most], ""), len(s))
}

// logins connects users one after the other, each of whom hears of the later
// ones.
func (s *server) logins(users ...string) []*client {
	s.t.Helper()
	clients := make([]*client, len(users))
	for i, user := range users {
		clients[i] = s.login(user)
		for _, earlier := range clients[:i] {
			earlier.hears("用户(" + user + ")登录了")
		}
	}
	return clients
}
