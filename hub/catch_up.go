package hub

import (
	"time"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/wire"
)

// catchUp sends a session that has just logged in the private messages that
// wait for its user. They go out as fast as the client reads, and ahead of
// those that arrive meanwhile, which are held back. If they cannot be fetched the
// session ends: by a later message that is written the store would take them for
// written, too.
func (s *session) catchUp() {
	if s.hub.shared == nil {
		if next := s.waiting(); next != nil {
			s.conn.Pull(next)
		}
		return
	}
	begin := s.conn.PullLater()
	s.hub.ended.Go(func() {
		next := s.waiting()
		if next == nil {
			next = inTurn(nil)
		}
		begin(next)
	})
}

// waiting returns a source of what waits, nil if that is nothing. If the store does
// not tell, the source ends the session, and what is held back stays so.
func (s *session) waiting() func() loop.Item {
	var since time.Time
	if ttl := s.hub.config.MembershipTTL; ttl > 0 {
		since = time.Now().Add(-ttl)
	}
	waiting, err := s.hub.store.Waiting(s.name, since)
	if err != nil {
		return func() loop.Item {
			s.refuse("the store is out of reach")
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
				return &privateLine{s.hub.newDelivery(m), s.hub.store}
			}
		}
	}
}

// heldBack is what a session that catches up has not been sent.
type heldBack struct {
	messages []*chat.Message
	bytes    int
	tooSlow  bool // the session is being closed for what it let wait
}

// hold keeps a message back until those before it are sent. Like any reader, the
// session is closed if it lets too much wait, one message alone excepted. The
// lock is held.
func (s *session) hold(m *chat.Message) {
	b := s.held
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
	b := s.held
	if b.tooSlow { // gets no more: it would see a hole
		return nil
	}
	held := b.messages
	*b = heldBack{}
	if held == nil {
		s.held = nil
	}
	return held
}
