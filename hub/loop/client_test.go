package loop

import (
	"errors"
	"io"

	"wschat/frame"
)

// text sends a text message.
func (c *client) text(s string) {
	c.t.Helper()
	if err := c.SendText(s); err != nil {
		c.t.Fatal(err)
	}
}

// next returns what comes next.
func (c *client) next() frame.Message {
	c.t.Helper()
	m, err := c.Next()
	if err != nil {
		c.t.Fatal(err)
	}
	return m
}

// wantText expects a text message.
func (c *client) wantText(want string) {
	c.t.Helper()
	got, err := c.NextText()
	if err != nil {
		c.t.Fatalf("%v; want %.40q", err, want)
	}
	if got != want {
		c.t.Fatalf("got %.40q (%d bytes), want %.40q (%d bytes)", got, len(got), want, len(want))
	}
}

// wantClose expects a close frame.
func (c *client) wantClose(want frame.CloseCode, wantReason string) {
	c.t.Helper()
	m := c.next()
	if m.Opcode != frame.Close {
		c.t.Fatalf("got %v %.40q, want close %v", m.Opcode, m.Payload, want)
	}
	code, reason, err := frame.ParseClose(m.Payload)
	if err != nil || code != want || reason != wantReason {
		c.t.Fatalf("got close %v %q, %v; want %v %q", code, reason, err, want, wantReason)
	}
}

// wantEnd expects the server to have ended its side, with nothing more before.
func (c *client) wantEnd() {
	c.t.Helper()
	if m, err := c.Next(); !errors.Is(err, io.EOF) {
		c.t.Fatalf("got %v %.40q, %v; want the end", m.Opcode, m.Payload, err)
	}
}

// wantOver expects the connection to be over, in whatever way.
func (c *client) wantOver() {
	c.t.Helper()
	if m, err := c.Next(); err == nil {
		c.t.Fatalf("got %v %.40q; want the end", m.Opcode, m.Payload)
	}
}

// reset ends TCP by RST.
func (c *client) reset() {
	c.tcp.SetLinger(0)
	c.tcp.Close()
}

// finish sends FIN and nothing before it, no alert of TLS either.
func (c *client) finish() { c.tcp.CloseWrite() }

// masked returns a frame as clients send it.
func masked(op frame.Opcode, payload string) []byte {
	return frame.AppendMaskedFrame(nil, op, [4]byte{1, 2, 3, 4}, []byte(payload))
}

// closeFrame returns a close frame as clients send it.
func closeFrame(code frame.CloseCode, reason string) []byte {
	return masked(frame.Close, string(frame.AppendClose(nil, code, reason)))
}
