package loop

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"wschat/frame"
)

// sharedText is a long text that waits in one copy.
type sharedText struct {
	text
	pending *Pending
}

func (x sharedText) AppendHead(dst []byte, _ Handler) (head, body []byte) {
	h := frame.Header{Fin: true, Opcode: frame.Text, Length: int64(len(x.text))}
	return frame.AppendHeader(dst, h), []byte(x.text)
}

func (x sharedText) Pending() *Pending { return x.pending }

// Whatever is written at a time, all frames come whole and in order; and what is dropped
// are whole frames that have not been begun.
func TestSharedFramesComeWhole(t *testing.T) {
	ls := new(Loops)
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 0))
		w := &outbox{buf: []byte("response"), lead: len("response")}
		want := bytes.Clone(w.buf)
		ends := []int{len(want)}
		var pending []*Pending
		var got []byte
		write := func() {
			p, q := w.next()
			both := slices.Concat(p, q)
			n := r.IntN(len(both) + 1)
			got = append(got, both[:n]...)
			w.advance(n)
			w.compact()
		}
		for range 20 {
			large := r.IntN(2) == 0
			size := r.IntN(300)
			if large {
				size = largeMessage + r.IntN(largeMessage)
			}
			x := sharedText{text: text(strings.Repeat("x", size)), pending: ls.Pend(nil, size)}
			w.append(x, large, nil)
			x.pending.Done()
			pending = append(pending, x.pending)
			want = x.AppendFrame(want, nil)
			ends = append(ends, len(want))
			if w.size() != len(want)-len(got) {
				t.Fatalf("seed %d: %d bytes wait, want %d", seed, w.size(), len(want)-len(got))
			}
			if r.IntN(3) == 0 {
				write()
			}
		}
		if seed%2 == 0 {
			w.drop()
			i, _ := slices.BinarySearch(ends, len(got))
			want = want[:ends[i]]
		}
		if rest := w.rest(); !bytes.Equal(slices.Concat(got, rest), want) {
			t.Fatalf("seed %d: the rest is wrong", seed)
		}
		for w.size() > 0 {
			write()
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("seed %d: wrote %d bytes, want %d, or others", seed, len(got), len(want))
		}
		for i, p := range pending {
			if p != nil && p.left.Load() != 0 {
				t.Fatalf("seed %d: message %d still waits for %d", seed, i, p.left.Load())
			}
		}
	}
	if n := ls.shared.Load(); n != 0 {
		t.Errorf("%d bytes are counted when nothing waits", n)
	}
}

// chat publishes what a client says to a list.
func chat(ls *Loops, list *List) *record {
	r := newRecord()
	r.onMessage = func(c *Conn, message string) {
		c.Promise()
		x := sharedText{text: text(message), pending: ls.Pend(c, len(message))}
		list.PublishFrom(c, x)
		x.pending.Done()
		c.Answer(nil)
	}
	return r
}

// A long message to many who do not read is there once.
func TestLongMessagesWaitInOneCopy(t *testing.T) {
	const readers = 20
	long := strings.Repeat("x", 1<<20)
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 2, Queue: 1 << 20})
		list := s.NewList()
		clients := make([]*client, readers)
		for i := range clients {
			r := newRecord()
			clients[i] = s.dialNarrow(r)
			list.Join(r.conn(t))
		}
		r := chat(s.Loops, list)
		author := s.dial(r)
		r.conn(t)
		author.text(long)
		eventually(t, "all wait", func() bool { return s.Stats().Queued > readers/2<<20 })
		if stats := s.Stats(); stats.Shared != 1<<20 || stats.Waiting > readers*100<<10 {
			t.Errorf("%d bytes are shared, %d are in outboxes", stats.Shared, stats.Waiting)
		}
		for _, c := range clients {
			c.wantText(long)
		}
		eventually(t, "nothing waits", func() bool { return s.Stats().Shared == 0 })
	})
}

// A sender is slowed before readers are dropped: a reader that goes on reading is not closed
// however fast one sender sends.
func TestOneSenderDoesNotOutrunReaders(t *testing.T) {
	const messages = 8
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 2, Queue: 1 << 20})
		list := s.NewList()
		clients := make([]*client, 3)
		told := make([]*record, len(clients))
		for i := range clients {
			told[i] = newRecord()
			clients[i] = s.dialNarrow(told[i])
			list.Join(told[i].conn(t))
		}
		r := chat(s.Loops, list)
		author := s.dial(r)
		r.conn(t)
		body := strings.Repeat("x", 1<<20-10)
		go func() {
			for i := range messages {
				author.SendText(fmt.Sprint(i, body))
			}
		}()
		for i := range messages {
			for k, c := range clients {
				if len(told[k].closed) > 0 {
					t.Fatalf("closed with %v", told[k].code(t))
				}
				c.wantText(fmt.Sprint(i, body))
			}
		}
	})
}

// A reader that takes nothing holds a sender up no longer than heldRate says.
func TestDeadReaderDoesNotHoldUpForLong(t *testing.T) {
	inBubble(t, Config{Loops: 1}, func(t *testing.T, ls *Loops) {
		list := ls.NewList()
		dead := newRecord()
		pipe(t, ls, dead)
		list.Join(dead.conn(t))
		r := chat(ls, list)
		author := pipe(t, ls, r)
		r.conn(t)
		began := time.Now()
		const size = heldRate / 2
		author.text(strings.Repeat("x", size))
		author.text("y")
		eventually(t, "the second is heard", func() bool { return slices.Contains(r.all(), "text y") })
		if took := time.Since(began); took < 500*time.Millisecond || took > time.Second {
			t.Errorf("the sender was held up for %v, want half a second", took)
		}
	})
}
