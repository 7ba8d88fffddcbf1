package loop

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

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

func (x sharedText) Author() string { return "A" }

func (x sharedText) Pending() *Pending { return x.pending }

// Whatever is written at a time, all frames come whole and in order; and what is dropped
// are whole frames that have not been begun.
func TestSharedFramesComeWhole(t *testing.T) {
	ls := new(Loops)
	for seed := range uint64(100) {
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
			x := sharedText{text: text(strings.Repeat("x", size)), pending: ls.Pend("A", size)}
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

// A long message to many who do not read is there once.
func TestLongMessagesWaitInOneCopy(t *testing.T) {
	const readers = 8
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
		r := chat(s.Loops, "A", list.Publish)
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
