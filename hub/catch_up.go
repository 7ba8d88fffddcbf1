package hub

import (
	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/wire"
)

// heldBack is the private messages that a line client is not sent before those from
// before its login. Guarded by Hub.mu.
type heldBack struct {
	messages []*chat.Message
	bytes    int
	tooSlow  bool // the session is being closed for what it let wait
}

// catchUp sends a line client that has just logged in the private messages that wait
// for its user. They go out as fast as the client reads, and ahead of those that arrive
// meanwhile, which are held back. If they cannot be fetched the session ends: by a
// later message that is written the store would take them for written, too.
func (s *session) catchUp() { s.pullWhenKnown(s.waiting) }

// waiting returns a source of what waits, nil if that is nothing. If the store does
// not tell, the source ends the session, and what is held back stays so.
func (s *session) waiting() func() loop.Item {
	waiting, err := s.hub.engine.Waiting(s.name)
	if err != nil {
		return func() loop.Item {
			s.refuse()
			return nil
		}
	}
	if len(waiting) == 0 { // as for most
		if waiting = s.release(); waiting == nil {
			return nil
		}
	}
	return s.inOrder(waiting)
}

// inOrder is the source of messages that wait, and of those that are held back
// meanwhile.
func (s *session) inOrder(waiting []*chat.Message) func() loop.Item {
	sent := make(map[string]uint64) // by conversation, so that none is sent twice
	return func() loop.Item {
		for {
			if len(waiting) == 0 {
				if waiting = s.release(); waiting == nil {
					return nil
				}
			}
			m := waiting[0]
			waiting = waiting[1:]
			if m.Seq > sent[m.Conversation] {
				sent[m.Conversation] = m.Seq
				return &privateLine{s.hub.newDelivery(m), s.hub.engine}
			}
		}
	}
}

// holdBack keeps a message until those before it are sent. Like any reader, the session
// is closed if it lets too much wait, one message alone excepted. The lock is held.
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

// release returns what has been held back meanwhile; if that is nothing, the
// session is up to date and gets private messages as they come.
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
