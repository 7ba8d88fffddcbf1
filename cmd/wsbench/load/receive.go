package load

import (
	"bytes"
	"fmt"
	"time"

	"wschat/frame"
)

// checkEvery is of how many messages one is compared byte by byte.
const checkEvery = 16

// part is a message that has come in part.
type part struct {
	head    []byte // its first bytes, headLen at most
	mark    mark
	at      int  // where the mark is; valid if marked
	decided bool // the mark has been looked for
	marked  bool
	corrupt bool
}

// receive handles what a connection has sent.
func (e *engine) receive(slot int32, c *conn, b []byte, now time.Duration) error {
	for len(b) > 0 {
		if start, end := c.skim.quick(b); end > 0 {
			e.message(slot, b[start:end], now)
			b = b[end:]
			continue
		}
		p, n, err := c.skim.next(b)
		if err != nil {
			return fmt.Errorf("%s: %w", e.name(slot), err)
		}
		b = b[n:]
		switch {
		case p.op == frame.Continuation:
		case p.op.IsControl():
			if err := e.control(slot, c, p); err != nil {
				return err
			}
		case p.whole():
			e.message(slot, p.data, now)
		default:
			e.collect(slot, c, p, now)
		}
	}
	return nil
}

// message counts a message that came in one piece.
func (e *engine) message(slot int32, b []byte, now time.Duration) {
	m, at, ok := findMark(b, e.hint)
	if !ok || !e.isOurs(m, now) {
		e.result.Other++
		return
	}
	e.hint = at
	corrupt := e.wrongLength(at, int64(len(b)))
	if !corrupt && m.seq%checkEvery == 0 {
		corrupt = e.differs(b[at+markLen:], at+markLen, at)
	}
	e.count(slot, m, int64(len(b)), corrupt, now)
}

// collect takes a piece of a message, and counts the message with its last.
func (e *engine) collect(slot int32, c *conn, p piece, now time.Duration) {
	a := c.part
	if a == nil {
		a = e.newPart()
		c.part = a
	}
	if !a.decided {
		space := headLen - len(a.head)
		a.head = append(a.head, p.data[:min(space, len(p.data))]...)
		if len(a.head) == headLen || p.last {
			e.decide(a, now)
		}
	}
	if a.marked && a.mark.seq%checkEvery == 0 && p.off+int64(len(p.data)) > int64(len(a.head)) {
		from := max(0, int64(len(a.head))-p.off) // the head has been compared
		a.corrupt = a.corrupt || e.differs(p.data[from:], int(p.off+from), a.at)
	}
	if !p.last {
		return
	}
	length := p.off + int64(len(p.data))
	if a.marked {
		e.count(slot, a.mark, length, a.corrupt || e.wrongLength(a.at, length), now)
	} else {
		e.result.Other++
	}
	c.part = nil
	e.parts = append(e.parts, a)
}

// decide looks for the mark in the message's head.
func (e *engine) decide(a *part, now time.Duration) {
	a.decided = true
	m, at, ok := findMark(a.head, e.hint)
	if !ok || !e.isOurs(m, now) {
		return
	}
	a.mark, a.at, a.marked = m, at, true
	a.corrupt = e.differs(a.head[at+markLen:], at+markLen, at)
}

func (e *engine) newPart() *part {
	if n := len(e.parts); n > 0 {
		a := e.parts[n-1]
		e.parts = e.parts[:n-1]
		*a = part{head: a.head[:0]}
		return a
	}
	return &part{head: make([]byte, 0, headLen)}
}

// isOurs reports whether a mark can be one of this run.
func (e *engine) isOurs(m mark, now time.Duration) bool {
	return int(m.sender) < len(e.senders) && m.seq < e.senders[m.sender].sent && m.sent <= now
}

// wrongLength reports whether a message with its mark at this offset is as long
// as it can be: just as it was sent, or with more around it.
func (e *engine) wrongLength(at int, length int64) bool {
	t := e.templates[0]
	if e.config.Mode == Echo && !e.config.Loose && !e.config.pairs() {
		return length != int64(len(t.plain)) || at != t.mark
	}
	return length < int64(at+e.config.Size)
}

// differs reports whether b, at offset off of a message with its mark at the
// offset at, is other than what was sent, as far as it is payload.
func (e *engine) differs(b []byte, off, at int) bool {
	t := e.templates[0]
	want := t.plain[t.mark : t.mark+e.config.Size]
	from := off - at // in the payload
	if from >= len(want) {
		return false
	}
	want = want[from:]
	n := min(len(b), len(want))
	return !bytes.Equal(b[:n], want[:n])
}

// count counts a message of ours.
func (e *engine) count(slot int32, m mark, length int64, corrupt bool, now time.Duration) {
	var t *track
	own := true
	checks := &e.result.Checks
	if e.config.Mode == Fan {
		t = &e.tracks[int(slot)*len(e.senders)+int(m.sender)]
		own = e.conns[slot].sender == int32(m.sender)
	} else {
		t = &e.tracks[slot]
		if int32(m.sender) != e.source(slot) { // it came to the wrong one
			checks.Corrupt++
			return
		}
	}
	if corrupt {
		checks.Corrupt++
	}
	if !t.note(m.seq, checks) {
		return
	}
	checks.Received++
	if own {
		s := &e.senders[m.sender]
		s.acked = max(s.acked, m.seq+1)
		s.progress = now
	}
	if e.inWindow(now) {
		e.result.Messages++
		e.result.Bytes += uint64(length)
	}
	if e.measured(m, now) {
		e.result.Latency.Record(now - m.sent)
	}
}

func (e *engine) inWindow(t time.Duration) bool { return t >= e.from && t < e.to }

// measured reports whether a message's latency counts. In an open loop it does
// if the message was due within the window, however late it comes: else a server
// that stands still at the window's end would seem fast.
func (e *engine) measured(m mark, now time.Duration) bool {
	if e.config.Rate > 0 {
		return e.inWindow(m.sent)
	}
	return e.inWindow(now)
}

// source is the sender whose messages reach a connection in Echo.
func (e *engine) source(slot int32) int32 {
	if e.config.pairs() {
		return slot ^ 1
	}
	return slot
}
