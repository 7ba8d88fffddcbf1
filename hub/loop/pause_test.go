package loop

import (
	"bytes"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wschat/frame"
)

// echo is a record that answers each message with itself.
func newEcho() *record {
	r := newRecord()
	r.onMessage = func(c *Conn, message string) { c.Write(frame.Text, []byte(message)) }
	return r
}

// flood sends n messages of the given size in the background.
func (c *client) flood(n, size int) <-chan error {
	sent := make(chan error, 1)
	go func() {
		for i := range n {
			if err := c.SendText(floodText(i, size)); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	return sent
}

func floodText(i, size int) string {
	number := fmt.Sprint(i, " ")
	return number + strings.Repeat("x", size-len(number))
}

// paused waits until conn is not read from.
func paused(t *testing.T, conn *Conn) {
	t.Helper()
	eventually(t, "reading pauses", func() bool {
		var reading bool
		onLoop(conn, func() { reading = conn.reading })
		return !reading
	})
}

// A client that sends and does not read is not read from; when it reads, it gets
// everything.
func TestEchoIsBoundedByTheReader(t *testing.T) {
	const n, size, bound = 400, 16 << 10, 512 << 10
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1, Queue: 1 << 20})
		r := newEcho()
		c := s.dialNarrow(r)
		conn := r.conn(t)
		sent := c.flood(n, size)
		paused(t, conn)
		for i := range n {
			onLoop(conn, func() {
				if w := conn.out; w != nil && (cap(w.buf) > bound || len(w.unread) > readBuffer) {
					t.Fatalf("%d bytes wait in %d, %d are put off", w.size(), cap(w.buf), len(w.unread))
				}
			})
			c.wantText(floodText(i, size))
		}
		if err := <-sent; err != nil {
			t.Error(err)
		}
	})
}

// Pings are answered, and the answers bounded likewise.
func TestPongsAreBoundedByTheReader(t *testing.T) {
	const n = 40_000
	payload := bytes.Repeat([]byte("p"), 125)
	pings := bytes.Repeat(masked(frame.Ping, string(payload)), n)
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1})
		r := newRecord()
		c := s.dialNarrow(r)
		conn := r.conn(t)
		sent := make(chan error, 1)
		go func() { sent <- c.Raw(pings) }()
		paused(t, conn)
		for range n {
			if m := c.next(); m.Opcode != frame.Pong || !bytes.Equal(m.Payload, payload) {
				t.Fatalf("got %v %.40q", m.Opcode, m.Payload)
			}
		}
		if err := <-sent; err != nil {
			t.Error(err)
		}
	})
}

// A peer that vanishes while it is not read from is missed all the same.
func TestPausedPeerResets(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1})
		for range 3 {
			r := newEcho()
			c := s.dialNarrow(r)
			conn := r.conn(t)
			sent := c.flood(1000, 16<<10)
			paused(t, conn)
			c.reset()
			if code := r.code(t); code != frame.AbnormalClosure {
				t.Errorf("told %v", code)
			}
			<-sent
		}
		eventually(t, "no connection is left", func() bool { return s.Len() == 0 })
	})
}

// turns counts how often a loop looks for events.
type turns struct {
	poller
	n atomic.Int64
}

func (p *turns) wait(block bool) []event {
	p.n.Add(1)
	return p.poller.wait(block)
}

// A loop rests in whatever state its connections are, although the poller tells
// of ends and errors unasked, and as long as they last.
func TestLoopRests(t *testing.T) {
	const ticks, attempts = 5, 20
	rows := []struct {
		name  string
		bring func(t *testing.T, c *client, conn *Conn)
	}{
		{"open", func(*testing.T, *client, *Conn) {}},
		{"within a message", func(_ *testing.T, c *client, _ *Conn) { c.Raw(masked(frame.Text, "torn")[:7]) }},
		{"paused", func(t *testing.T, c *client, conn *Conn) {
			c.flood(500, 16<<10)
			paused(t, conn)
		}},
		{"paused, and the peer has ended its side", func(t *testing.T, c *client, conn *Conn) {
			big := string(make([]byte, 2<<20))
			c.text(big)
			paused(t, conn)
			c.finish()
		}},
		{"closing, without an answer", func(_ *testing.T, c *client, conn *Conn) {
			conn.Close(frame.GoingAway, "")
			c.next()
		}},
		{"closing, with much unread", func(_ *testing.T, c *client, conn *Conn) {
			conn.Send(text(make([]byte, 1<<20)))
			conn.Close(frame.GoingAway, "")
		}},
		{"lingering", func(_ *testing.T, c *client, conn *Conn) {
			c.Close(frame.NormalClosure, "")
			c.next()
			c.wantEnd()
		}},
		{"gone", func(_ *testing.T, c *client, conn *Conn) { c.reset() }},
	}
	forEachDriver(t, func(t *testing.T, d driver) {
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				s := d.serve(t, Config{Loops: 1, Ping: 320 * time.Millisecond}) // a tick is 5 ms
				l := s.loops[0]
				counted := &turns{poller: l.poll}
				l.do(func() { l.poll = counted })
				r := newEcho()
				c := s.dialNarrow(r)
				row.bring(t, c, r.conn(t))
				var n int64
				for range attempts { // what is under way may take its time
					before := counted.n.Load()
					l.waitTicks(ticks)
					if n = counted.n.Load() - before; n <= 6*ticks {
						break
					}
				}
				if n > 6*ticks {
					t.Errorf("%d turns in %d ticks", n, ticks)
				}
				c.reset()
			})
		}
	})
}

// waitTicks waits for n ticks of l.
func (l *Loop) waitTicks(n uint32) {
	now := func() (ticks uint32) {
		l.do(func() { ticks = l.ticks })
		return ticks
	}
	period := time.NewTicker(l.loops.tickPeriod())
	defer period.Stop()
	for end := now() + n; now() < end; {
		<-period.C
	}
}
