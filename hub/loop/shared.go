package loop

import (
	"slices"
	"sync/atomic"
	"time"
)

// A long message waits for all its recipients in one copy: an outbox has the bytes that
// differ for each, and refers to the others. So it is known for how many it still waits,
// and when its author may send the next one; see author.go.

// Shared is an Item that is mostly the same for all its recipients.
type Shared interface {
	Item
	// AppendHead appends a frame up to its body, and returns that, too. A nil body has
	// been appended, or there is no frame.
	AppendHead(dst []byte, to Handler) (head, body []byte)
	// Author is the user who has said it.
	Author() string
	// Pending is where it is counted for how many the item waits; nil: it is not, and is
	// copied for each.
	Pending() *Pending
}

// Pending counts the loops that have yet to deliver a message, and, if it is a long one, the
// recipients who have yet to take it. The methods may be called on nil. Safe for concurrent
// use.
type Pending struct {
	loops  *Loops
	author string
	long   bool
	size   atomic.Int64
	left   atomic.Int64
	began  time.Time
}

// Pend begins to count for a message of some size from a user; nil if that need not be.
// Done ends it when the message has been posted to everybody.
func (ls *Loops) Pend(author string, size int) *Pending {
	if size < shortMessage || size < largeMessage && ls.config.Rate == 0 {
		return nil
	}
	p := &Pending{loops: ls, author: author, long: size >= largeMessage, began: time.Now()}
	p.add()
	p.size.Store(int64(size))
	if p.long {
		ls.shared.Add(int64(size))
	}
	ls.authors.pend(p)
	return p
}

// Grow says that the message takes n bytes more, in another form.
func (p *Pending) Grow(n int) {
	if p != nil && p.long {
		p.size.Add(int64(n))
		p.loops.shared.Add(int64(n))
	}
}

func (p *Pending) add() {
	if p != nil {
		p.left.Add(1)
	}
}

// Done says that the message waits for one less.
func (p *Pending) Done() {
	if p == nil || p.left.Add(-1) > 0 {
		return
	}
	if p.long {
		p.loops.shared.Add(-p.size.Load())
	}
	p.loops.authors.taken(p)
}

// pendingOf returns where it is counted for how many an item waits; nil: nowhere.
func pendingOf(item Item) *Pending {
	if s, ok := item.(Shared); ok {
		return s.Pending()
	}
	return nil
}

// tail is the end of a frame in an outbox, which is shared with others.
type tail struct {
	at      int // where the bytes before it end in the outbox' buffer
	body    []byte
	pending *Pending
}

// appendHead appends the frame of a long item, of which only the head is the outbox' own.
func (w *outbox) appendHead(item Shared, to Handler) {
	var body []byte
	if w.buf, body = item.AppendHead(w.buf, to); body != nil {
		p := item.Pending()
		p.add()
		w.tails = append(w.tails, tail{len(w.buf), body, p})
		w.shared += len(body)
	}
}

// next returns the bytes that are to be written next, and those behind them if they lie
// elsewhere.
func (w *outbox) next() (p, q []byte) {
	switch {
	case len(w.tails) == 0:
		return w.buf[w.off:], nil
	case w.off < w.tails[0].at:
		return w.buf[w.off:w.tails[0].at], w.tails[0].body
	}
	return w.tails[0].body, nil
}

// advance notes that the next n bytes are written.
func (w *outbox) advance(n int) {
	for n > 0 && len(w.tails) > 0 {
		t := &w.tails[0]
		if k := min(n, t.at-w.off); k > 0 {
			w.off, n = w.off+k, n-k
			continue
		}
		k := min(n, len(t.body))
		t.body, w.shared, n = t.body[k:], w.shared-k, n-k
		if len(t.body) == 0 {
			w.lead = w.off // the frames until there are not whole in buf
			w.dropTails(0, 1)
		}
	}
	w.off += n
}

// dropTails takes some of the tails out.
func (w *outbox) dropTails(from, to int) {
	for _, t := range w.tails[from:to] {
		w.shared -= len(t.body)
		t.pending.Done()
	}
	w.tails = slices.Delete(w.tails, from, to)
}

// rest returns all that is to be written, and is not encrypted yet, in one piece.
func (w *outbox) rest() []byte {
	if len(w.tails) == 0 {
		return w.buf[w.off+w.covered:]
	}
	var rest []byte
	off := w.off
	for _, t := range w.tails {
		rest = append(append(rest, w.buf[off:t.at]...), t.body...)
		off = t.at
	}
	return append(rest, w.buf[off:]...)[w.covered:]
}

// share is what the outbox holds of bodies that it shares with others.
func (w *outbox) share() (n int) {
	for _, t := range w.tails {
		n += len(t.body) / max(1, int(t.pending.left.Load()))
	}
	return n
}
