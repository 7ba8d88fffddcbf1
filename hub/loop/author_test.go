package loop

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"wschat/frame"
)

// chat publishes what a client says in the name of a user.
func chat(ls *Loops, user string, publish func(Item)) *record {
	r := newRecord()
	r.onMessage = func(c *Conn, message string) {
		if !c.InTurn(user, len(message)) {
			return
		}
		c.Promise()
		x := sharedText{text: text(message), pending: ls.Pend(user, len(message))}
		publish(x)
		x.pending.Done()
		c.Answer(nil)
	}
	return r
}

// A sender is slowed before readers are dropped: a reader that goes on reading is not closed
// however fast one sender sends, and over however many connections.
func TestOneSenderDoesNotOutrunReaders(t *testing.T) {
	const messages = 6
	for _, conns := range []int{1, 3, messages} {
		t.Run(fmt.Sprint(conns), func(t *testing.T) {
			forEachDriver(t, func(t *testing.T, d driver) {
				s := d.serve(t, Config{Loops: 2, Queue: 256 << 10})
				list := s.NewList()
				clients := make([]*client, 3)
				told := make([]*record, len(clients))
				for i := range clients {
					told[i] = newRecord()
					clients[i] = s.dialNarrow(told[i])
					list.Join(told[i].conn(t))
				}
				body := strings.Repeat("x", 256<<10-10)
				for first := range conns {
					r := chat(s.Loops, "A", list.Publish)
					author := s.dial(r)
					r.conn(t)
					go func() {
						for i := first; i < messages; i += conns {
							author.SendText(fmt.Sprint(i, body))
						}
					}()
				}
				var heard []string // by all readers
				for n := range messages {
					for k, c := range clients {
						message := c.next()
						if message.Opcode != frame.Text {
							t.Fatalf("got %v after %d messages, told %d", message.Opcode, n, len(told[k].closed))
						}
						if k == 0 {
							heard = append(heard, string(message.Payload))
						} else if string(message.Payload) != heard[n] {
							t.Fatalf("message %d differs", n)
						}
					}
				}
				for first := range conns { // in the order in which each connection has sent them
					at := -1
					for i := first; i < messages; i += conns {
						next := slices.Index(heard, fmt.Sprint(i, body))
						if next <= at {
							t.Errorf("message %d is heard at place %d, behind %d", i, next, at)
						}
						at = next
					}
				}
			})
		})
	}
}

// PROTOCOL 6 and 7: the rate is that of one connection, and yet a reader that takes 1 MiB/s is
// not closed because of one sender, over however many connections, whether the store takes its
// time or answers at once, before any outbox has the message.
func TestShortMessagesDoNotOutrunReaders(t *testing.T) {
	const conns, queue, pace = 12, 1 << 20, 1 << 20
	for _, row := range []struct {
		size int
		late time.Duration // is the store
	}{
		{shortMessage - 1, 0}, {shortMessage, 0}, {1 << 10, 0}, {4 << 10, 0}, {largeMessage - 1, 0}, {largeMessage, 0},
		{1 << 10, 50 * time.Millisecond}, {4 << 10, 50 * time.Millisecond}, {largeMessage - 1, 50 * time.Millisecond},
	} {
		t.Run(fmt.Sprint(row.size, " ", row.late), func(t *testing.T) {
			inBubble(t, Config{Loops: 2, Queue: queue, Rate: 1000, RateBytes: 256 << 10}, func(t *testing.T, ls *Loops) {
				list := ls.NewList()
				told := newRecord()
				reader := pipe(t, ls, told)
				list.Join(told.conn(t))
				body := strings.Repeat("x", row.size)
				const seconds = 2 // the queue of a reader who is outrun is full in less than one
				for range conns {
					r := newRecord()
					r.onMessage = func(c *Conn, message string) {
						if !c.InTurn("A", len(message)) {
							return
						}
						c.Promise()
						x := sharedText{text: text(message), pending: ls.Pend("A", len(message))}
						go func() {
							time.Sleep(row.late)
							list.Publish(x)
							x.pending.Done()
							c.Answer(nil)
						}()
					}
					c := metered(t, ls, r)
					go func() {
						for c.SendText(body) == nil {
						}
					}()
				}
				buf := make([]byte, pace/100)
				read := 0
				ticks := time.NewTicker(time.Second / 100)
				defer ticks.Stop()
				for range 100 * seconds {
					<-ticks.C
					reader.conn.SetReadDeadline(time.Now().Add(time.Second / 200))
					n, err := io.ReadFull(reader.conn, buf)
					if read += n; err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
						t.Fatalf("the reader is closed after %d bytes", read)
					}
				}
				if read < seconds*heldRate {
					t.Errorf("the reader has read %d bytes", read)
				}
			})
		})
	}
}

// Messages that are answered at once do not pile up in front of a loop that is busy: it
// would find its reader too slow, who had no chance to be quicker.
func TestShortMessagesWaitForALoop(t *testing.T) {
	const conns, size, queue = 12, 4 << 10, 1 << 20
	inBubble(t, Config{Loops: 2, Queue: queue, Rate: 1000, RateBytes: 256 << 10}, func(t *testing.T, ls *Loops) {
		list := ls.NewList()
		told := newRecord()
		reader := pipe(t, ls, told)
		busy := told.conn(t)
		list.Join(busy)
		body := strings.Repeat("x", size)
		var read atomic.Int64
		go func() {
			buf := make([]byte, 64<<10)
			for {
				n, err := reader.conn.Read(buf)
				if read.Add(int64(n)); err != nil {
					return
				}
			}
		}()
		var authors []*client
		for len(authors) < conns {
			r := chat(ls, "A", list.Publish)
			c := metered(t, ls, r)
			if r.conn(t).loop != busy.loop { // else its messages have to wait anyway
				authors = append(authors, c)
			}
		}
		release := busy.loop.hold()
		for _, c := range authors {
			go func() {
				for c.SendText(body) == nil {
				}
			}()
		}
		time.Sleep(time.Second)
		release()
		time.Sleep(time.Second)
		if len(told.closed) > 0 || read.Load() < size {
			t.Errorf("the reader has read %d bytes, and is closed: %v", read.Load(), len(told.closed) > 0)
		}
	})
}

// A reader that takes nothing holds a sender up no longer than heldRate says. What is short
// does not wait, nor does another sender.
func TestDeadReaderDoesNotHoldUpForLong(t *testing.T) {
	const size = heldRate / 2
	long := strings.Repeat("x", size)
	for _, row := range []struct {
		name  string
		same  bool // connection
		user  string
		text  string
		waits time.Duration
	}{
		{"the same connection", true, "A", long, time.Second / 2},
		{"another connection", false, "A", long, time.Second / 2},
		{"another connection, and a short message", false, "A", "short", 0},
		{"another user", false, "B", long, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			inBubble(t, Config{Loops: 1}, func(t *testing.T, ls *Loops) {
				list := ls.NewList()
				dead := newRecord()
				pipe(t, ls, dead)
				list.Join(dead.conn(t))
				heard := make(chan string, 2)
				author := func(user string) *client {
					r := chat(ls, user, func(item Item) { heard <- user; list.Publish(item) })
					c := pipe(t, ls, r)
					r.conn(t)
					return c
				}
				first := author("A")
				second := first
				if !row.same {
					second = author(row.user)
				}
				first.text(long)
				<-heard
				began := time.Now()
				go second.SendText(row.text)
				<-heard
				if took := time.Since(began); took < row.waits || took > row.waits+2*wakePeriod {
					t.Errorf("it was held up for %v, want %v", took, row.waits)
				}
			})
		})
	}
}

// A message that waits is looked at again when it is its turn, and not all the time.
func TestWaitingCostsNothing(t *testing.T) {
	long := strings.Repeat("x", heldRate)
	inBubble(t, Config{Loops: 1}, func(t *testing.T, ls *Loops) {
		list := ls.NewList()
		dead := newRecord()
		pipe(t, ls, dead)
		list.Join(dead.conn(t))
		looked, heard := 0, make(chan bool, 2)
		for range 2 {
			r := chat(ls, "A", func(item Item) { heard <- true; list.Publish(item) })
			say := r.onMessage
			r.onMessage = func(c *Conn, message string) { looked++; say(c, message) }
			c := pipe(t, ls, r)
			r.conn(t)
			go c.SendText(long)
		}
		<-heard
		<-heard // a second later
		ls.loops[0].do(func() {
			if looked > 4 {
				t.Errorf("two messages were looked at %d times", looked)
			}
		})
	})
}

// A message that comes to nothing holds up no other one: it is refused, or its connection
// ends before its turn.
func TestNobodyWaitsForNothing(t *testing.T) {
	long := strings.Repeat("x", largeMessage)
	inBubble(t, Config{Loops: 2}, func(t *testing.T, ls *Loops) {
		refusing := newRecord()
		refusing.onMessage = func(c *Conn, message string) {
			if c.InTurn("A", len(message)) {
				c.Promise()
				time.AfterFunc(time.Second, func() { c.Answer(text("refused")) })
			}
		}
		began := time.Now()
		first := pipe(t, ls, refusing)
		first.text(long)
		synctest.Wait() // it has begun
		heard := make(chan Item, 2)
		for _, goes := range []bool{true, false} {
			r := chat(ls, "A", func(item Item) { heard <- item })
			c := pipe(t, ls, r)
			conn := r.conn(t)
			c.text(long)
			synctest.Wait()
			if goes {
				onLoop(conn, conn.vanished)
			}
		}
		first.wantText("refused")
		<-heard
		if took := time.Since(began); took != time.Second {
			t.Errorf("the last message was held up for %v, want a second", took)
		}
		synctest.Wait()
		if len(heard) > 0 {
			t.Error("a message of a connection that was gone is carried out")
		}
		if n := len(ls.authors.byName); n > 0 {
			t.Errorf("%d authors are remembered when nothing is under way", n)
		}
	})
}

// An author is forgotten a while after a reader was last behind, with no timer left behind.
func TestHeldAuthorIsForgotten(t *testing.T) {
	inBubble(t, Config{Loops: 1}, func(t *testing.T, ls *Loops) {
		ls.authors.hold("A")
		time.Sleep(heldFor / 2)
		ls.authors.hold("A")
		time.Sleep(heldFor - 1)
		synctest.Wait()
		if ls.authors.held.Load() != 1 {
			t.Error("the author is let go too soon")
		}
		time.Sleep(2 * ls.tickPeriod())
		synctest.Wait()
		if held, known := ls.authors.held.Load(), len(ls.authors.byName); held != 0 || known != 0 {
			t.Errorf("%d authors are held, %d known, want none", held, known)
		}
	})
}

// A handler may refuse what has waited without asking for its turn again. The turn is passed
// on, and the author forgotten.
func TestTurnNotTaken(t *testing.T) {
	long := strings.Repeat("x", largeMessage)
	inBubble(t, Config{Loops: 2}, func(t *testing.T, ls *Loops) {
		slow := newRecord()
		slow.onMessage = func(c *Conn, message string) {
			if c.InTurn("A", len(message)) {
				c.Promise()
				time.AfterFunc(time.Second+wakePeriod/2, func() { c.Answer(nil) })
			}
		}
		pipe(t, ls, slow).text(long)
		synctest.Wait()
		isBusy := func() bool {
			ls.authors.mu.Lock()
			defer ls.authors.mu.Unlock()
			a := ls.authors.byName["A"]
			return a != nil && a.unanswered > 0
		}
		refusing := newRecord()
		refusing.onMessage = func(c *Conn, message string) {
			if isBusy() {
				c.InTurn("A", len(message))
			}
		}
		pipe(t, ls, refusing).text(long)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := len(ls.authors.byName); n > 0 {
			t.Errorf("%d authors are remembered when nothing is under way", n)
		}
	})
}

// What has begun is under way until it is answered, even if its connection ends meanwhile.
func TestTurnOutlastsItsConnection(t *testing.T) {
	long := strings.Repeat("x", largeMessage)
	inBubble(t, Config{Loops: 1}, func(t *testing.T, ls *Loops) {
		slow := newRecord()
		slow.onMessage = func(c *Conn, message string) {
			if c.InTurn("A", len(message)) {
				c.Promise()
				time.AfterFunc(time.Second, func() { c.Answer(nil) })
			}
		}
		began := time.Now()
		c := pipe(t, ls, slow)
		conn := slow.conn(t)
		c.text(long)
		synctest.Wait()
		onLoop(conn, conn.vanished)
		heard := make(chan Item, 1)
		pipe(t, ls, chat(ls, "A", func(item Item) { heard <- item })).text(long)
		<-heard
		if took := time.Since(began); took != time.Second {
			t.Errorf("the next message was held up for %v, want a second", took)
		}
	})
}
