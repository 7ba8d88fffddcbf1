package load

import (
	"bytes"
	"fmt"
	"time"

	"wschat/frame"
)

// checkEvery is of how many messages one is compared byte by byte.
const checkEvery = 16

// receive handles what a connection has sent.
func (e *engine) receive(slot int32, c *conn, b []byte, now time.Duration) error {
	for len(b) > 0 {
		m, n, err := c.decoder.Next(b)
		if err != nil {
			return fmt.Errorf("%s: %w", e.name(slot), err)
		}
		b = b[n:]
		switch {
		case m.Opcode == frame.Continuation:
		case m.Opcode.IsControl():
			if err := e.control(slot, c, m); err != nil {
				return err
			}
		default:
			e.message(slot, m.Payload, now)
			c.decoder.Recycle(m)
		}
	}
	return nil
}

// message counts a message.
func (e *engine) message(slot int32, b []byte, now time.Duration) {
	m, at, ok := findMark(b, e.hint)
	if !ok || !e.isOurs(m, now) {
		return
	}
	e.hint = at
	corrupt := e.wrongLength(at, len(b)) || m.seq%checkEvery == 0 && e.differs(b[at:])
	e.count(slot, m, len(b), corrupt, now)
}

// isOurs reports whether a mark can be one of this run.
func (e *engine) isOurs(m mark, now time.Duration) bool {
	return int(m.sender) < len(e.senders) && m.seq < e.senders[m.sender].sent && m.sent <= now
}

// wrongLength reports whether a message with its mark at this offset is as long
// as it can be: just as it was sent, or with more around it.
func (e *engine) wrongLength(at, length int) bool {
	t := e.templates[0]
	if e.config.Mode == Echo && !e.config.Loose && !e.config.pairs() {
		return length != len(t.plain) || at != t.mark
	}
	return length < at+e.config.Size
}

// differs reports whether the payload that b begins with is other than what was sent,
// behind its mark.
func (e *engine) differs(b []byte) bool {
	t := e.templates[0]
	return !bytes.Equal(b[markLen:e.config.Size], t.plain[t.mark+markLen:t.mark+e.config.Size])
}

// count counts a message of ours.
func (e *engine) count(slot int32, m mark, length int, corrupt bool, now time.Duration) {
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
