package hub

import (
	"net"
	"testing"
	"time"

	"wschat/frame"
	"wschat/frame/frametest"
)

// client is a user's end of a connection.
type client struct {
	*frametest.Peer
	t       *testing.T
	server  *server // may be nil
	name    string
	conn    net.Conn
	session *session        // the server's end
	pending []frame.Message // read by sync, not yet looked at
}

func newClient(t *testing.T, name string, conn net.Conn) *client {
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return &client{Peer: frametest.NewPeer(conn, frame.Client, nil), t: t, name: name, conn: conn}
}

// say sends text messages.
func (c *client) say(texts ...string) {
	c.t.Helper()
	for _, text := range texts {
		if err := c.SendText(text); err != nil {
			c.t.Fatalf("%s: %v", c.name, err)
		}
	}
}

// A question whose answer cannot be taken for another.
const question, answer = "who,groupNobodyEverJoins", "系统:在线 0:"

// sync returns when all that the client has said is done, and when all that was
// meant for the client until now has been read. It is kept for next.
func (c *client) sync() {
	c.t.Helper()
	c.settle()
	c.say(question)
	for {
		m, err := c.Next()
		if err != nil {
			c.t.Fatalf("%s: %v", c.name, err)
		}
		if m.Opcode == frame.Text && string(m.Payload) == answer {
			return
		}
		c.pending = append(c.pending, m)
	}
}

// settle has all that has happened known where the client is connected.
func (c *client) settle() {
	if c.server != nil {
		c.server.settle()
	}
}

// next returns the next message or control frame.
func (c *client) next() frame.Message {
	c.t.Helper()
	if len(c.pending) > 0 {
		m := c.pending[0]
		c.pending = c.pending[1:]
		return m
	}
	m, err := c.Next()
	if err != nil {
		c.t.Fatalf("%s: %v", c.name, err)
	}
	return m
}

// want reads text messages, which must be these.
func (c *client) want(texts ...string) {
	c.t.Helper()
	for _, text := range texts {
		c.wantMessage(frame.Text, []byte(text))
	}
}

func (c *client) wantMessage(op frame.Opcode, payload []byte) {
	c.t.Helper()
	m := c.next()
	if m.Opcode != op || string(m.Payload) != string(payload) {
		c.t.Fatalf("%s got %v %.200q, want %v %.200q", c.name, m.Opcode, m.Payload, op, payload)
	}
}

// wantClose reads the close frame that must come next.
func (c *client) wantClose(code frame.CloseCode) {
	c.t.Helper()
	m := c.next()
	got, _, _ := frame.ParseClose(m.Payload)
	if m.Opcode != frame.Close || got != code {
		c.t.Fatalf("%s got %v %.200q, want a close frame with %v", c.name, m.Opcode, m.Payload, code)
	}
}

// quiet makes sure that nothing else has come for the clients. Those who might
// have sent them something have to be quiet first.
func quiet(clients ...*client) {
	for _, c := range clients {
		c.t.Helper()
		c.sync()
		for _, m := range c.pending {
			c.t.Errorf("%s got %v %.200q, want nothing", c.name, m.Opcode, m.Payload)
		}
		c.pending = nil
	}
}

// reset ends the connection as a machine does that knows nothing of it.
func (c *client) reset() {
	c.t.Helper()
	if err := c.conn.(*net.TCPConn).SetLinger(0); err != nil {
		c.t.Fatal(err)
	}
	c.conn.Close()
}

// earlyFrames are what a client has sent right behind its handshake.
type earlyFrames []byte

func (e *earlyFrames) text(text string) {
	h := frame.Header{Fin: true, Opcode: frame.Text, Masked: true, Length: int64(len(text))}
	*e = append(frame.AppendHeader(*e, h), text...) // the key is zero
}
