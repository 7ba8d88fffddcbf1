package loop

import (
	"errors"
	"slices"

	"wschat/frame"
)

// outbox has the bytes that wait for a connection's reader. It exists only while some
// do; a loop keeps a few spare ones.
type outbox struct {
	buf []byte // whole frames but for their tails, of which the first off bytes have been written
	off int

	tails  []tail // see shared.go
	shared int    // bytes of them

	sealed  []byte // records of TLS, which are written first
	covered int    // how many bytes of buf, from off on, are in sealed

	lead int // how many bytes at the front of buf are the handshake's response, or written, not whole frames

	exempt   int       // bytes that wait and do not count against the bound: the client asked for them
	receipts []receipt // in the order of their ends
	sources  []func() Item
	unread   []byte // read, but put off
	parting  *parting
	closed   frame.CloseCode // the peer's, to be reported behind the receipts; 0: there is none
	counted  int             // what the loop counts for the connection, see budget.go

	// See author.go.
	turn       string         // the author of messages that are not answered yet; "": there are none
	unanswered int            // bytes of these
	early      bool           // the message at hand is not carried out yet
	postponed  *frame.Message // waits for its turn,
	asked      message        // as which
}

// receipt is due when buf is written as far as end.
type receipt struct {
	end int
	Receipt
}

const (
	// receiptMemory is roughly what a receipt takes.
	receiptMemory = 256
	// Above high bytes of output a connection is not read from, and below it
	// sources are asked for more.
	highWater = 64 << 10
	// compactAt is how many written bytes an outbox may hold on to.
	compactAt = 64 << 10
	// largeMessage is from how many bytes on a message is written past the outbox.
	largeMessage = 16 << 10
	// The spare outboxes of a loop, fewer where memory is short, and how large each may
	// be: as large as one gets that waits up to highWater, or else each read makes a new
	// one.
	maxSpare      = 32
	maxSpareBytes = 2 * highWater
)

// high is the limit above which much waits: never more than half of the queue,
// so that a connection stops talking before it is cut off.
func (ls *Loops) high() int {
	if q := ls.config.Queue; q > 0 {
		return max(1, min(highWater, q/2))
	}
	return highWater
}

// size is how many bytes wait to be written.
func (w *outbox) size() int { return len(w.buf) - w.off - w.covered + len(w.sealed) + w.shared }

// bounded is how many of these bytes count against the bound: neither those that the client
// asked for, nor one long message.
func (w *outbox) bounded() int {
	n := w.size() - w.exempt
	if len(w.tails) > 0 {
		n -= len(w.tails[0].body)
	}
	return n
}

// memory is how many bytes of memory it has taken.
func (w *outbox) memory() int {
	return cap(w.buf) + cap(w.sealed) + cap(w.unread) + len(w.receipts)*receiptMemory
}

// waiting returns the outbox of c, a new one if there is none.
func (c *Conn) waiting() *outbox {
	if c.out == nil {
		if n := len(c.loop.spare); n > 0 {
			c.out = c.loop.spare[n-1]
			c.loop.spare = c.loop.spare[:n-1]
		} else {
			c.out = new(outbox)
		}
	}
	return c.out
}

// release gives the outbox back when there is nothing in it.
func (c *Conn) release() {
	w := c.out
	if w == nil || w.size() > 0 || len(w.receipts) > 0 || len(w.sources) > 0 || len(w.unread) > 0 || w.parting != nil ||
		w.turn != "" || w.postponed != nil {
		return
	}
	if w.counted > 0 {
		if c.decoder.Held() >= countFrom {
			return
		}
		c.uncount()
	}
	c.out = nil
	if len(c.loop.spare) < c.loop.loops.maxSpare && cap(w.buf) <= maxSpareBytes {
		*w = outbox{buf: w.buf[:0], tails: w.tails[:0], receipts: w.receipts[:0], sources: w.sources[:0]}
		c.loop.spare = append(c.loop.spare, w)
	}
}

// append appends item's frame, and returns how many bytes that is, without those that are shared.
func (w *outbox) append(item Item, large bool, to Handler) int {
	before := len(w.buf)
	if large && pendingOf(item) != nil {
		w.appendHead(item.(Shared), to)
	} else {
		w.buf = item.AppendFrame(w.buf, to)
	}
	n := len(w.buf) - before
	if r, ok := item.(Receipted); ok && n > 0 {
		w.receipts = append(w.receipts, receipt{len(w.buf), r.Receipt()})
	}
	return n
}

// push appends item's frame; large is whether it is that of a long message. A reader for
// whom too much waits then, after what the socket takes at once, is dropped.
func (c *Conn) push(item Item, large bool) {
	if c.state != open {
		return
	}
	w := c.waiting()
	before := w.bounded()
	if w.append(item, large, c.handler) > 0 {
		c.loop.stats.Sent++
	}
	limit := c.loop.loops.config.Queue
	if limit == 0 || before <= 0 {
		return
	}
	if before > limit/4 {
		if s, ok := item.(Shared); ok {
			c.loop.loops.authors.hold(s.Author())
		}
	}
	if w.bounded() <= limit {
		return
	}
	c.flush()
	if w := c.out; c.state == open && w != nil && w.bounded() > limit {
		c.tooSlow()
	}
}

// writeThrough writes a large message past the outbox, which saves a copy of it,
// if nothing waits. It reports whether it did; only what the socket does not take
// waits then.
func (c *Conn) writeThrough(op frame.Opcode, payload []byte) bool {
	if len(payload) < largeMessage || c.wire != nil || c.windowBits > 0 || c.out != nil && c.out.size() > 0 {
		return false
	}
	var space [frame.MaxHeaderLen]byte
	header := frame.AppendHeader(space[:0], frame.Header{Fin: true, Opcode: op, Length: int64(len(payload))})
	n, err := sysWriteTwo(int(c.fd), header, payload)
	if err != nil || n == 0 { // the next write finds it out, too
		return false
	}
	c.wrote(n)
	if n < len(header)+len(payload) {
		w := c.waiting()
		w.buf, w.off = append(append(w.buf, header...), payload...), n
	}
	return true
}

// flush writes what the socket takes.
func (c *Conn) flush() {
	w := c.out
	if w == nil || c.state == gone {
		return
	}
	c.acknowledge()
	for w.size() > 0 {
		n, err := c.write(w)
		w.advance(n)
		w.exempt = min(w.exempt, w.size())
		if n > 0 {
			c.acknowledge()
		}
		if errors.Is(err, errAgain) {
			w.compact()
			return
		}
		if err != nil {
			c.vanished()
			return
		}
	}
	w.buf, w.off, w.lead, w.exempt = w.buf[:0], 0, 0, 0
	for i := range w.receipts { // of what a stream has not written yet
		w.receipts[i].end = 0
	}
	if c.state == lingering {
		c.closeWrite()
	}
	c.release()
}

// acknowledge tells the items whose frames are written, by a stream to its end.
func (c *Conn) acknowledge() {
	w := c.out
	if s := c.stream(); w == nil || len(w.receipts) == 0 || s != nil && !s.hasWritten() {
		return
	}
	n, written := 0, w.off
	if len(w.tails) > 0 && w.tails[0].at == w.off { // the tail is not written
		written--
	}
	for n < len(w.receipts) && w.receipts[n].end <= written {
		w.receipts[n].Written(c.handler)
		n++
	}
	w.receipts = slices.Delete(w.receipts, 0, n)
	if code := w.closed; code != 0 && len(w.receipts) == 0 {
		w.closed = 0
		c.reportClosed(code)
	}
}

// compact forgets the frames that are written whole, when they are many.
func (w *outbox) compact() {
	if w.off < compactAt || w.off < len(w.buf)/2 {
		return
	}
	if start, _ := w.current(w.off); start > 0 {
		w.begin(w.buf[:copy(w.buf, w.buf[start:])], start)
	}
}

// begin makes buf, which has the bytes of w.buf from start on, the buffer.
func (w *outbox) begin(buf []byte, start int) {
	w.buf = buf
	w.off -= start
	w.lead = max(0, w.lead-start)
	for i := range w.receipts {
		w.receipts[i].end -= start
	}
	for i := range w.tails {
		w.tails[i].at -= start
	}
}

// current returns where the frame starts and ends that at lies within. Both are
// at if a frame begins there.
func (w *outbox) current(at int) (start, end int) {
	if at < w.lead {
		return 0, w.lead
	}
	end = w.lead
	tails := w.tails
	for end < at {
		h, n, err := frame.ParseHeader(w.buf[end:])
		if err != nil || n == 0 {
			panic("loop: an outbox holds something that is no frame")
		}
		start, end = end, end+n+int(h.Length)
		if len(tails) > 0 && tails[0].at < end {
			end, tails = tails[0].at, tails[1:]
		}
	}
	if end == at {
		start = end
	}
	return start, end
}

// drop takes back everything that has not been begun to be written, or encrypted, and
// lets go of its memory.
func (w *outbox) drop() {
	start, _ := w.current(w.off)
	begun, kept := w.off+w.covered, 0
	if len(w.tails) > 0 {
		begun = min(begun, w.tails[0].at)
	}
	_, end := w.current(begun)
	if len(w.tails) > 0 && w.tails[0].at <= end {
		kept = 1
	}
	w.dropTails(kept, len(w.tails))
	w.begin(slices.Clone(w.buf[start:end]), start)
	end -= start
	w.receipts = slices.DeleteFunc(w.receipts, func(r receipt) bool { return r.end > end })
	w.sources = nil
}
