package loop

import (
	"bufio"
	"fmt"
	"testing"
	"time"
	"unsafe"

	"wschat/frame"
)

// An idle connection is a Conn, and a place for each of its lists.
func TestIdleConnectionIsSmall(t *testing.T) {
	const most, mostPlace = 128, 8
	if size := unsafe.Sizeof(Conn{}); size > most {
		t.Errorf("a Conn has %d bytes, want %d at most", size, most)
	}
	if size := unsafe.Sizeof(place{}); size > mostPlace {
		t.Errorf("a place has %d bytes, want %d at most", size, mostPlace)
	}
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{})
		list := s.NewList()
		src := &source{name: "pulled", n: 3}
		r := newRecord()
		r.onMessage = func(c *Conn, message string) {
			c.Write(frame.Text, []byte(message))
			c.Pull(src.next)
		}
		c, far := s.connect()
		s.add(far, "response", nil, r)
		conn := r.conn(t)
		c.conn.Read(make([]byte, len("response")))
		list.Join(conn)
		c.Fragment(frame.Text, []byte("he"), []byte("llo"))
		c.wantText("hello")
		for i := range src.n {
			c.wantText(string(src.item(i)))
		}
		list.Publish(text("published"))
		c.wantText("published")
		list.Leave(conn)
		eventually(t, "it is at rest", func() (rest bool) {
			onLoop(conn, func() {
				rest = conn.out == nil && conn.decoder.Idle() && !conn.isListed() &&
					!conn.dirty && conn.reading && !conn.writing
			})
			return rest
		})
	})
}

// Connections that have shaken hands are not waited for any more, long before that
// would have had to be.
func TestShakenHandsAreForgotten(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		ts := d.shake(t, &Server{Timeout: time.Hour})
		for range 3 {
			conn := ts.dial()
			get(t, conn, bufio.NewReader(conn))
		}
		for _, l := range ts.Loops.loops {
			eventually(t, "nobody is waited for", func() (none bool) {
				l.do(func() { none = l.shaking == nil })
				return none
			})
		}
	})
}

// A loop keeps few spare outboxes, small ones, and nothing in them.
func TestSpareOutboxesAreEmpty(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1})
		clients := make([]*client, maxSpare*3/2)
		records := make([]*record, len(clients))
		for i := range clients {
			r := newRecord()
			records[i] = r
			r.onMessage = func(c *Conn, message string) {
				c.Send(receiptedText{text(message), func(Handler) {}})
				c.Pull(func() Item { return nil })
			}
			clients[i] = s.dial(r)
		}
		l := s.loops[0]
		for _, longest := range []int{80_000, 100} {
			release := l.hold() // so that many have an outbox at a time
			for i, c := range clients {
				c.text(fmt.Sprintf("%0*d", longest*(i+1)/len(clients), i))
			}
			release()
			for _, c := range clients {
				c.next()
			}
		}
		for _, r := range records {
			conn := r.conn(t)
			eventually(t, "an outbox is given back", func() (given bool) {
				onLoop(conn, func() { given = conn.out == nil })
				return given
			})
		}
		l.do(func() {
			if len(l.spare) == 0 || len(l.spare) > maxSpare {
				t.Errorf("%d spare", len(l.spare))
			}
			for _, w := range l.spare {
				if cap(w.buf) > maxSpareBytes || len(w.buf) > 0 || w.off != 0 || w.exempt != 0 || w.lead != 0 || w.unread != nil {
					t.Errorf("spare: %+v", w)
				}
				for _, r := range w.receipts[:cap(w.receipts)] {
					if r.Receipt != nil {
						t.Error("a receipt is kept")
					}
				}
				for _, next := range w.sources[:cap(w.sources)] {
					if next != nil {
						t.Error("a source is kept")
					}
				}
			}
		})
	})
}

// Connections close and others take their slots and descriptors, while events
// for both wait in one batch.
func TestSlotsAreUsedAgain(t *testing.T) {
	const waves, n = 5, 20
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1})
		l := s.loops[0]
		var old []*client
		var oldRecords []*record
		for wave := range waves {
			release := l.hold()
			for i, c := range old {
				if i%2 == 0 {
					c.text("last words") // a write to it fails later on
				}
				c.reset()
			}
			var fresh []*client
			var records []*record
			for i := range n {
				r := newEcho()
				c := s.dial(r)
				c.text(fmt.Sprint(wave, " ", i))
				fresh, records = append(fresh, c), append(records, r)
			}
			release()
			for i, c := range fresh {
				c.wantText(fmt.Sprint(wave, " ", i))
			}
			for _, r := range oldRecords {
				if code := r.code(t); code != frame.AbnormalClosure {
					t.Errorf("told %v", code)
				}
			}
			old, oldRecords = fresh, records
		}
		l.do(func() {
			if len(l.conns) > 2*n {
				t.Errorf("%d slots for %d connections", len(l.conns), n)
			}
		})
	})
}
