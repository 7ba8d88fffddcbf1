package loop

import (
	"bytes"
	"net"
	"slices"
	"strings"
	"testing"

	"wschat/frame"
)

// bounded is a Config of so many bytes of memory.
func bounded(bytes int64) Config {
	return Config{Loops: 2, MaxMessage: 1 << 20, Memory: func() int64 { return bytes }}
}

// unfinished has the peer of a new connection send n bytes of a longer message.
func (s *server) unfinished(n int) (*client, *record) {
	s.t.Helper()
	r := newRecord()
	c := s.dial(r)
	r.conn(s.t)
	head := frame.AppendHeader(nil, frame.Header{Fin: true, Opcode: frame.Binary, Masked: true, Length: int64(n + 1)})
	if err := c.Raw(append(head, make([]byte, n)...)); err != nil {
		s.t.Fatal(err)
	}
	return c, r
}

// Config.Memory: "Beyond that, those that hold most are closed".
func TestGreediestGoFirst(t *testing.T) {
	const kib = 1 << 10
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, bounded(1<<20))
		modest := make([]*client, 3)
		for i := range modest {
			modest[i], _ = s.unfinished(64 * kib)
		}
		greedy, told := s.unfinished(300 * kib) // of which the buffer is 512 KiB at most
		greediest, toldFirst := s.unfinished(700 * kib)
		if code := toldFirst.code(t); code != frame.PolicyViolation {
			t.Errorf("who holds most is told %v", code)
		}
		greediest.wantClose(frame.PolicyViolation, "an unfinished message takes too much memory")
		greediest.Raw(make([]byte, 100*kib)) // the rest of its message comes before its answer
		greediest.Close(frame.PolicyViolation, "")
		greediest.wantEnd()
		greediest, toldFirst = s.unfinished(800 * kib)
		if code := toldFirst.code(t); code != frame.PolicyViolation {
			t.Errorf("who holds most is told %v", code)
		}
		for _, c := range append(modest, greedy) {
			c.Raw([]byte{0}) // the last byte
		}
		eventually(t, "the others' messages are whole", func() bool {
			return slices.Contains(told.all(), "binary of 307201 bytes")
		})
		eventually(t, "nothing is held", func() bool { return s.Stats().Unfinished == 0 && s.heldBytes() == 0 })
		if got := s.Stats().Evicted[forUnfinished]; got != 2 {
			t.Errorf("%d were closed, want 2", got)
		}
	})
}

// heldBytes is what all loops count.
func (ls *Loops) heldBytes() (sum int64) {
	ls.ask(func(l *Loop) { sum += l.held })
	return sum
}

// Whatever a connection holds, it counts.
func TestWhatIsHeldCounts(t *testing.T) {
	const many, size, memory = 14, 100 << 10, 1 << 20
	long := strings.Repeat("x", size)
	for _, row := range []struct {
		name string
		code frame.CloseCode
		why  string
		hold func(c *client, conn *Conn)
	}{
		{"a frame that is not whole", frame.PolicyViolation, forUnfinished, func(c *client, _ *Conn) {
			c.Raw(masked(frame.Continuation, long)[:size])
		}},
		{"fragments of a message", frame.PolicyViolation, forUnfinished, func(c *client, _ *Conn) {
			for range 20 {
				fragment := masked(frame.Continuation, long[:size/20])
				fragment[0] = byte(frame.Continuation) // not the last
				c.Raw(fragment)
			}
		}},
		{"a message that waits for its turn", frame.PolicyViolation, forUnfinished, func(c *client, conn *Conn) {
			conn.loop.loops.authors.begin("A", largeMessage, conn)
			c.Raw(masked(frame.Continuation, long))
		}},
		{"what a reader does not read", frame.TooSlow, forOutbox, func(_ *client, conn *Conn) {
			for range 100 {
				conn.Send(text(long[:size/10]))
			}
		}},
		{"an answer that is asked for", frame.TooSlow, forOutbox, func(_ *client, conn *Conn) {
			onLoop(conn, func() {
				conn.Pull(func() Item { return text(long) })
			})
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			forEachDriver(t, func(t *testing.T, d driver) {
				s := d.serve(t, bounded(memory))
				records := make([]*record, many)
				for i := range records {
					records[i] = newRecord()
					records[i].onMessage = func(c *Conn, message string) { c.InTurn("A", len(message)) }
					c := s.dialNarrow(records[i])
					conn := records[i].conn(t)
					if row.why == forUnfinished {
						c.Raw([]byte{byte(frame.Binary), 0x80, 0, 0, 0, 0}) // a first fragment, empty
					}
					row.hold(c, conn)
				}
				eventually(t, "memory is enough again", func() bool {
					return s.Stats().Evicted[row.why] > 0 && s.heldBytes() <= memory
				})
				gone := 0
				for _, r := range records {
					if len(r.closed) > 0 {
						gone++
						if code := r.code(t); code != row.code {
							t.Errorf("told %v, want %v", code, row.code)
						}
					}
				}
				if gone == 0 {
					t.Errorf("none of %d was closed", many)
				}
			})
		})
	}
}

// A handshake that is not done counts, too.
func TestUnfinishedHeadsCount(t *testing.T) {
	const many = 60
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ts := drivers[0].shakeWith(t, &Server{}, ln, ln.Addr().String(), bounded(256<<10))
	for range many {
		transmit(t, ts.dial(), "GET / HTTP/1.1\r\nHost: h\r\nX: "+strings.Repeat("x", 12<<10))
	}
	eventually(t, "some of them are ended", func() bool {
		return ts.Loops.Stats().Evicted[forHandshake] > 0 && ts.Loops.heldBytes() <= 256<<10
	})
}

// Unfinished compressed messages count with what they have inflated to.
func TestInflatedBytesCount(t *testing.T) {
	deflated := frame.NewDeflater().Append(nil, bytes.Repeat([]byte("x"), 1<<20), 15)
	message := frame.AppendHeader(nil, frame.Header{Fin: true, RSV: frame.RSV1, Opcode: frame.Binary, Masked: true, Length: int64(len(deflated))})
	message = append(message, deflated...)
	d := drivers[0]
	s := d.serve(t, bounded(4<<20))
	const many = 8
	records := make([]*record, many)
	for i := range records {
		near, far := s.connect()
		records[i] = newRecord()
		deflate := &frame.Deflate{ServerWindowBits: 15, ClientWindowBits: 15}
		if err := s.Add(Arrival{Conn: far, Handler: records[i], Deflate: deflate}); err != nil {
			t.Fatal(err)
		}
		records[i].conn(t)
		near.Raw(message[:len(message)-1])
	}
	eventually(t, "memory is enough again", func() bool {
		return s.Stats().Evicted[forUnfinished] >= many-4 && s.heldBytes() <= 4<<20
	})
}
