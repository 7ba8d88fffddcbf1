package loop

import (
	"time"

	"wschat/frame"
)

// Stats is what the loops have counted since their start, and what they hold
// now.
type Stats struct {
	Conns  int // open, that is neither closing nor gone
	Queued int // bytes that wait for readers

	// Bytes of memory that Config.Memory bounds.
	Unfinished int64 // of messages and requests that are not whole
	Waiting    int64 // of outboxes
	Shared     int64 // of long messages, which wait in one copy for all their recipients
	Mailboxes  int64 // of what waits for the loops, counted for each

	Opened       uint64
	Text, Binary uint64 // messages received
	Sent         uint64 // messages queued to be sent, each recipient counted; answers to requests left out
	ReadBytes    uint64
	WrittenBytes uint64
	Closed       map[frame.CloseCode]uint64 // by the code Handler.Closed is told; 0: one of the peer's own
	Malformed    map[string]uint64          // by frame.Error's Kind
	Evicted      map[string]uint64          // closed for the memory that they held: unfinished, outbox or handshake
	Delivery     Histogram                  // from Send or Publish to the recipient's socket or queue
}

func newStats() Stats {
	return Stats{Closed: make(map[frame.CloseCode]uint64), Malformed: make(map[string]uint64), Evicted: make(map[string]uint64)}
}

func (s *Stats) count(m frame.Message) {
	if m.Opcode == frame.Text {
		s.Text++
	} else {
		s.Binary++
	}
}

// closed counts the end of a connection. Codes that peers make up are one: they
// must not decide how much is kept.
func (s *Stats) closed(code frame.CloseCode) {
	switch {
	case code < 3000, code == frame.Replaced, code == frame.TokenExpired, code == frame.TooSlow:
	default:
		code = 0
	}
	s.Closed[code]++
}

func (s *Stats) delivered(posted time.Time, recipients int) {
	if recipients > 0 {
		s.Delivery.Observe(time.Since(posted), recipients)
	}
}

// add sums up.
func (s *Stats) add(o *Stats) {
	s.Conns += o.Conns
	s.Queued += o.Queued
	s.Opened += o.Opened
	s.Text += o.Text
	s.Binary += o.Binary
	s.Sent += o.Sent
	s.ReadBytes += o.ReadBytes
	s.WrittenBytes += o.WrittenBytes
	for code, n := range o.Closed {
		s.Closed[code] += n
	}
	for kind, n := range o.Malformed {
		s.Malformed[kind] += n
	}
	for why, n := range o.Evicted {
		s.Evicted[why] += n
	}
	s.Unfinished += o.Unfinished
	s.Waiting += o.Waiting
	s.Mailboxes += o.Mailboxes
	s.Delivery.Add(&o.Delivery)
}

// Stats returns the sums over all loops. It walks the connections.
func (ls *Loops) Stats() Stats {
	sum := newStats()
	sum.Shared = ls.shared.Load()
	ls.ask(func(l *Loop) { sum.add(l.currentStats()) })
	return sum
}

// currentStats brings up to date what is not counted on the way.
func (l *Loop) currentStats() *Stats {
	l.stats.Conns, l.stats.Queued, l.stats.Unfinished, l.stats.Waiting = 0, 0, 0, 0
	l.stats.Mailboxes = l.mail.backlog.Load()
	for _, c := range l.conns {
		if c == nil {
			continue
		}
		if c.state == open {
			l.stats.Conns++
		}
		l.stats.Unfinished += int64(c.unfinished())
		if w := c.out; w != nil {
			l.stats.Queued += w.size()
			l.stats.Waiting += int64(w.memory())
		}
	}
	return &l.stats
}
