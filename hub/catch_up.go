package hub

import (
	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/wire"
)

// heldBack is the private messages that have arrived since a line client's login. They are
// held back until those from before it have been sent. Guarded by Hub.mu.
type heldBack struct {
	messages []*chat.Message
	bytes    int
	tooSlow  bool // too many are held back: the session is being closed
}

// catchUp sends a line client that has just logged in the private messages that wait
// for its user. They go out as fast as the client reads, and ahead of those that arrive
// meanwhile, which are held back. If they cannot be fetched the session ends: once a later
// message is written, the store would take these for written, too.
func (s *session) catchUp() { s.pullWhenKnown(s.waiting) }

// waiting returns a source of the messages that wait, nil if there are none. If the store
// cannot be asked, the source ends the session, and what is held back is never sent.
func (s *session) waiting() func() loop.Item {
	waiting, err := s.hub.engine.Waiting(s.name)
	if err != nil {
		return func() loop.Item {
			s.refuse()
			return nil
		}
	}
	if len(waiting) == 0 { // the usual case
		if waiting = s.release(); waiting == nil {
			return nil
		}
	}
	return s.inOrder(waiting)
}

// inOrder returns a source of the messages that wait, and then of those that have been
// held back meanwhile.
func (s *session) inOrder(waiting []*chat.Message) func() loop.Item {
	sent := make(map[string]uint64) // the last Seq, by conversation: a message may be in both
	return func() loop.Item {
		for {
			if len(waiting) == 0 {
				if waiting = s.release(); waiting == nil {
					return nil
				}
			}
			m := waiting[0]
			waiting[0], waiting = nil, waiting[1:] // its memory goes with it
			if m.Seq > sent[m.Conversation] {
				sent[m.Conversation] = m.Seq
				return &privateLine{s.hub.newDelivery(m), s.hub.engine}
			}
		}
	}
}

// holdBack keeps a message until those before it are sent. Like any slow reader, the
// session is closed when too much waits for it; a single message never is too much. The
// lock is held.
func (s *session) holdBack(m *chat.Message) {
	if s.start.held == nil {
		s.start.held = new(heldBack)
	}
	b := s.start.held
	if b.tooSlow {
		return
	}
	b.bytes += wire.Line{}.Size(m)
	b.messages = append(b.messages, m)
	if limit := s.hub.config.Queue; limit > 0 && b.bytes > limit && len(b.messages) > 1 {
		b.messages, b.tooSlow = nil, true
		s.conn.Close(frame.TooSlow, "too slow a reader")
	}
}

// release returns the messages that have been held back meanwhile. If there are none, the
// session is up to date, and gets private messages as they come.
func (s *session) release() []*chat.Message {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	b := s.start.held
	switch {
	case b == nil:
		s.start = nil
		return nil
	case b.tooSlow: // gets no more: it would see a hole
		return nil
	}
	s.start.held = nil
	return b.messages
}
