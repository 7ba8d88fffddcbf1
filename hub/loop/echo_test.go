package loop

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"wschat/frame"
)

// Lengths at which the header changes its form (RFC 6455 §5.2), or a message no
// longer fits into a buffer.
var lengths = []int{
	0, 1, 124, 125, 126, 127, 4096, streamInput - 8, streamInput - 7, streamInput,
	65534, 65535, 65536, 65537, readBuffer - 14, 1 << 20,
}

func TestEchoOfEveryLength(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Queue: 1 << 20, MaxMessage: 1 << 20})
		c := s.dial(Echo{})
		for _, n := range lengths {
			for _, op := range []frame.Opcode{frame.Text, frame.Binary} {
				payload := bytes.Repeat([]byte("0123456789abc"), n/13+1)[:n]
				if err := c.Send(op, payload); err != nil {
					t.Fatal(err)
				}
				if m := c.next(); m.Opcode != op || !bytes.Equal(m.Payload, payload) {
					t.Fatalf("%v of %d bytes: got %v of %d bytes", op, n, m.Opcode, len(m.Payload))
				}
			}
		}
	})
}

func TestEchoOfFragmentsAndSingleBytes(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		c := d.serve(t, Config{}).dial(Echo{})
		if err := c.Fragment(frame.Text, []byte("一"), nil, []byte("二三")); err != nil {
			t.Fatal(err)
		}
		c.wantText("一二三")
		for _, b := range masked(frame.Text, "byte by byte 字") {
			if err := c.Raw([]byte{b}); err != nil {
				t.Fatal(err)
			}
		}
		c.wantText("byte by byte 字")
	})
}

func TestPipelinedMessagesAreAnsweredInOrder(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		c := d.serve(t, Config{}).dial(Echo{})
		const n = 5000
		go func() {
			var b []byte
			for i := range n {
				b = append(b, masked(frame.Text, fmt.Sprint("message ", i))...)
			}
			c.Raw(b)
		}()
		for i := range n {
			c.wantText(fmt.Sprint("message ", i))
		}
	})
}

func TestResponseComesFirstAndEarlyBytesCount(t *testing.T) {
	const response = "HTTP/1.1 101 Switching Protocols\r\n\r\n"
	early := func() []byte { return append(masked(frame.Text, "early"), masked(frame.Text, "halved")[:5]...) }
	rest := masked(frame.Text, "halved")[5:]
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{})
		r := newRecord()
		r.onOpen = func(c *Conn) { c.Write(frame.Text, []byte("welcome")) }
		r.onMessage = func(c *Conn, text string) { c.Write(frame.Text, []byte(text)) }
		c, far := s.connect()
		s.add(far, response, early(), r)
		got := make([]byte, len(response))
		if _, err := io.ReadFull(c.conn, got); err != nil || string(got) != response {
			t.Fatalf("got %q, %v", got, err)
		}
		c.wantText("welcome")
		c.wantText("early")
		if err := c.Raw(rest); err != nil {
			t.Fatal(err)
		}
		c.wantText("halved")
	})
}

// RFC 6455 §5.5.3: a pong has the payload of its ping.
func TestPingIsAnsweredWithItsPayload(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{})
		r := newRecord()
		c := s.dial(r)
		for _, payload := range []string{"", "ping", strings.Repeat("p", 125)} {
			c.Send(frame.Pong, []byte("unasked")) // §5.5.3: no answer is expected
			c.Send(frame.Ping, []byte(payload))
			if m := c.next(); m.Opcode != frame.Pong || string(m.Payload) != payload {
				t.Errorf("ping %q: got %v %q", payload, m.Opcode, m.Payload)
			}
		}
		c.Close(frame.NormalClosure, "")
		c.wantClose(frame.NormalClosure, "")
		c.conn.Close()
		r.wantEvents(t, s.Loops, "open", "closed 1000")
	})
}

func TestOrderOfWriteAndSend(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		r := newRecord()
		r.onMessage = func(c *Conn, message string) {
			c.Send(text(message + " sent 1"))
			c.Write(frame.Text, []byte(message+" written 1"))
			c.Send(text(message + " sent 2"))
			c.Write(frame.Text, []byte(message+" written 2"))
		}
		c := d.serve(t, Config{}).dial(r)
		for i := range 100 {
			message := fmt.Sprint(i)
			c.text(message)
			// What is written goes at once, what is sent takes a turn through the mailbox.
			for _, what := range []string{" written 1", " written 2", " sent 1", " sent 2"} {
				c.wantText(message + what)
			}
		}
	})
}
