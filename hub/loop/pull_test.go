package loop

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"wschat/frame"
)

// source makes items for Pull, and counts them.
type source struct {
	name  string
	n     int // how many; negative: without end
	body  string
	made  atomic.Int64
	ended atomic.Bool // has returned nil
}

func (s *source) next() Item {
	i := int(s.made.Load())
	if i == s.n {
		s.ended.Store(true)
		return nil
	}
	s.made.Add(1)
	return s.item(i)
}

func (s *source) item(i int) text { return text(fmt.Sprint(s.name, " ", i, s.body)) }

// ahead is more than what the outbox, a stream and the two ends of a narrow
// connection hold together.
const ahead = 2 << 20

// A pull goes as fast as the client reads, never makes it too slow, and stops
// its requests meanwhile; what others send comes in its own order.
func TestLongPull(t *testing.T) {
	const n, size, live = 150, 64 << 10, 25
	const step = (n - ahead/size) / live // the pull has not ended when the last is sent
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1, Queue: 64 << 10})
		src := &source{name: "pulled", n: n, body: strings.Repeat(".", size)}
		r := newRecord()
		r.onMessage = func(c *Conn, message string) {
			switch {
			case message == "pull":
				c.Pull(src.next)
			case !src.ended.Load():
				t.Errorf("%q was read during the pull", message)
			default:
				c.Write(frame.Text, []byte("answer to "+message))
			}
		}
		c := s.dialNarrow(r)
		conn := r.conn(t)
		c.text("pull")
		sent, got := 0, 0
		for pulled := 0; pulled < n || got < sent; {
			if over := int(src.made.Load()) - pulled; over*size > ahead {
				t.Fatalf("%d items ahead of the reader", over)
			}
			if sent < live && sent*step <= pulled {
				conn.Send(text(fmt.Sprint("live ", sent)))
				c.text(fmt.Sprint("request ", sent))
				sent++
			}
			message, err := c.NextText()
			switch {
			case err != nil:
				t.Fatal(err)
			case message == string(src.item(pulled)):
				pulled++
			case message == fmt.Sprint("live ", got):
				got++
			default:
				t.Fatalf("got %.40q after %d pulled, %d live", message, pulled, got)
			}
		}
		for i := range sent {
			c.wantText(fmt.Sprint("answer to request ", i))
		}
		if sent != live {
			t.Errorf("%d sent meanwhile", sent)
		}
	})
}

func TestOrderOfPulls(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{})
		a, b := &source{name: "a", n: 3}, &source{name: "b", n: 2}
		r := newRecord()
		r.onMessage = func(c *Conn, message string) {
			if message != "pull" {
				c.Write(frame.Text, []byte(message))
				return
			}
			c.Send(text("sent before"))
			c.Pull(a.next)
			c.Pull(func() Item { return nil })
			c.Pull(b.next)
			c.Send(text("sent behind"))
			c.Write(frame.Text, []byte("written"))
		}
		c := s.dial(r)
		c.Raw(append(masked(frame.Text, "pull"), masked(frame.Text, "next request")...))
		for _, want := range []string{
			"written", "sent before", "a 0", "a 1", "a 2", "b 0", "b 1", "sent behind", "next request",
		} {
			c.wantText(want)
		}
	})
}

func TestPullFromOpen(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1})
		list := s.NewList()
		src := &source{name: "waiting", n: 3}
		r := newRecord()
		r.onOpen = func(c *Conn) {
			list.Join(c)
			c.Send(text("hello"))
			c.Pull(src.next)
			list.Publish(text("published"))
		}
		r.onMessage = func(c *Conn, message string) { c.Send(text(message)) }
		c, far := s.connect()
		release := s.loops[0].hold()
		s.add(far, "", masked(frame.Text, "early 1"), r)
		c.Raw(masked(frame.Text, "early 2"))
		release()
		for _, want := range []string{"waiting 0", "waiting 1", "waiting 2", "hello", "published", "early 1", "early 2"} {
			c.wantText(want)
		}
	})
}

// The end of a connection is the end of its pulls.
func TestEndDuringAPull(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1})
		for _, row := range []struct {
			name string
			end  func(c *client, conn *Conn)
			want string
		}{
			{"the server closes", func(_ *client, conn *Conn) { conn.Close(frame.GoingAway, "") }, "closed 1001"},
			{"RST", func(c *client, _ *Conn) { c.reset() }, "closed 1006"},
		} {
			src := &source{name: "pulled", n: -1, body: strings.Repeat(".", 8000)}
			never := &source{name: "never"}
			r := newRecord()
			var madeAtClose int64
			r.onOpen = func(c *Conn) { c.Pull(src.next); c.Pull(never.next) }
			r.onClosed = func(*Conn) { madeAtClose = src.made.Load() }
			c := s.dialNarrow(r)
			conn := r.conn(t)
			for i := range 100 {
				c.wantText(string(src.item(i)))
			}
			row.end(c, conn)
			if row.want == "closed 1001" {
				for i := 100; i < 200; i++ { // it goes on
					c.wantText(string(src.item(i)))
				}
				s.pass(answerTimeout)
				m := c.next()
				for i := 200; m.Opcode == frame.Text; i++ {
					if string(m.Payload) != string(src.item(i)) {
						t.Fatalf("%s: got %.40q", row.name, m.Payload)
					}
					m = c.next()
				}
				if code, _, _ := frame.ParseClose(m.Payload); code != frame.GoingAway {
					t.Errorf("%s: got %v %q", row.name, m.Opcode, m.Payload)
				}
				onLoop(conn, func() {
					if conn.out != nil {
						t.Errorf("%s: all is written, but there is still %+v", row.name, conn.out)
					}
				})
				c.reset()
			}
			r.wantEvents(t, s.Loops, "open", row.want)
			if made := src.made.Load(); made != madeAtClose || never.ended.Load() {
				t.Errorf("%s: %d items at the end, then %d", row.name, madeAtClose, made)
			}
		}
	})
}

// What is pulled does not count against the queue, what is sent meanwhile does.
func TestSendsDuringAPullAreBounded(t *testing.T) {
	const queue = 128 << 10
	long := text(strings.Repeat("long", queue))
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1, Queue: queue})
		dial := func() (*client, *Conn, *record) {
			src := &source{name: "pulled", n: -1, body: strings.Repeat(".", 32<<10)}
			r := newRecord()
			r.onOpen = func(c *Conn) { c.Pull(src.next) }
			c := s.dialNarrow(r)
			conn := r.conn(t)
			for i := range 128 { // 4 MiB, and never an empty outbox
				c.wantText(string(src.item(i)))
			}
			return c, conn, r
		}

		_, conn, r := dial()
		sent := 0
		for live := text(strings.Repeat("l", 4<<10)); len(r.closed) == 0; sent += live.Size() {
			if sent > ahead {
				t.Fatalf("%d bytes wait for a reader that has stopped", sent)
			}
			conn.Send(live)
			onLoop(conn, func() {})
		}
		if code := r.code(t); code != frame.TooSlow || sent < queue {
			t.Errorf("told %v after %d bytes", code, sent)
		}

		_, conn, r = dial()
		onLoop(conn, func() {}) // the pull is stuck...
		conn.Send(long)         // ...and this message the only one that counts
		onLoop(conn, func() {
			if conn.state != open {
				t.Error("a single long message was too much")
			}
		})
		conn.Send(long)
		if code := r.code(t); code != frame.TooSlow {
			t.Errorf("told %v", code)
		}
	})
}

// The smallest queue there is does not stop a pull.
func TestPullWithTheSmallestQueue(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		src := &source{name: "pulled", n: 100}
		r := newRecord()
		r.onOpen = func(c *Conn) { c.Pull(src.next) }
		c := d.serve(t, Config{Queue: 1}).dial(r)
		for i := range src.n {
			c.wantText(string(src.item(i)))
		}
	})
}

// A source gives others their turn.
func TestPullsShareTheLoop(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1})
		src := &source{name: "pulled", n: -1, body: strings.Repeat(".", 1000)}
		r := newRecord()
		r.onOpen = func(c *Conn) { c.Pull(src.next) }
		greedy := s.dial(r)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				if _, err := greedy.Next(); err != nil {
					return
				}
			}
		}()
		c := s.dial(Echo{})
		for i := range 50 {
			c.text(fmt.Sprint(i))
			c.wantText(fmt.Sprint(i))
		}
		greedy.reset()
		<-done
	})
}
