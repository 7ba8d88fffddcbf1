package load

import (
	"fmt"
	"time"
)

// sender is a connection that sends.
type sender struct {
	conn  int32
	sent  uint32
	acked uint32        // one more than the highest of its messages that came back
	began time.Duration // when the first was sent
}

// newSenders returns the senders, spread evenly over the connections.
func newSenders(c *Config) []sender {
	n := 0
	switch c.Mode {
	case Echo:
		n = c.Conns
	case Fan:
		n = c.Senders
	}
	senders := make([]sender, n)
	for i := range senders {
		senders[i].conn = int32(i * c.Conns / n)
	}
	return senders
}

// build appends the next message of a sender to dst.
func (e *engine) build(dst []byte, i int, when time.Duration) []byte {
	s := &e.senders[i]
	dst = e.templates[i].append(dst, mark{seq: s.sent, sender: uint16(i), sent: when})
	if s.sent == 0 {
		s.began = when
	}
	s.sent++
	e.result.Sent++
	return dst
}

// pump, in a closed loop, brings a sender's messages in flight up to what they
// may be.
func (e *engine) pump(slot int32, c *conn, now time.Duration) error {
	s := &e.senders[c.sender]
	for now < e.to && len(c.out) == 0 && c.state == open {
		room := e.config.Inflight - int(s.sent-s.acked)
		if room <= 0 {
			return nil
		}
		e.tx = e.tx[:0]
		for ; room > 0 && len(e.tx) < cap(e.rx); room-- {
			e.tx = e.build(e.tx, int(c.sender), now)
		}
		if err := e.transmit(slot, c, e.tx); err != nil {
			return err
		}
	}
	return nil
}

// sendDue, in an open loop, sends what has become due, the senders in turn.
func (e *engine) sendDue(now time.Duration) error {
	for e.pace.due() < e.to {
		due, ok := e.pace.take(now)
		if !ok {
			return nil
		}
		i := e.turnOf
		e.turnOf = (e.turnOf + 1) % len(e.senders)
		slot := e.senders[i].conn
		c := &e.conns[slot]
		if len(c.out) > maxOut {
			e.result.Skipped++
			continue
		}
		e.tx = e.build(e.tx[:0], i, due)
		if err := e.transmit(slot, c, e.tx); err != nil {
			return err
		}
	}
	return nil
}

// watchSenders finds senders whose messages do not come back.
func (e *engine) watchSenders(now time.Duration) error {
	if now >= e.to {
		return nil
	}
	for i := range e.senders {
		s := &e.senders[i]
		if s.sent > 0 && s.acked == 0 && now >= s.began+e.config.Timeout {
			return fmt.Errorf("%s: none of its messages has come back within %v", e.name(s.conn), e.config.Timeout)
		}
	}
	return nil
}
