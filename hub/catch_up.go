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
// meanwhile, which are held back.
type catchUp struct {
	*session
	pages func() ([]*chat.Message, error) // what waits; nil: that has come to its end
	err   error                           // there is no telling what waits
	since uint64                          // see deletions.now
	page  []*chat.Message                 // what is to be sent next
	sent  map[string]uint64               // up to which Seq, by conversation: a message may be live, too
	begin func(func() loop.Item)          // see loop.Conn.PullLater; nil: pages does not block
}

func (s *session) catchUp(since uint64) {
	c := &catchUp{session: s, pages: s.hub.engine.Waiting(s.name), since: since}
	if s.hub.engine.MayBlock() {
		c.begin = s.conn.PullLater()
		c.turnLater()
		return
	}
	c.turn()
	if c.err == nil && len(c.page) == 0 {
		if c.page = c.release(); c.page == nil { // the usual case
			return
		}
	}
	s.conn.Pull(c.next)
}

// turn gets the next page.
func (c *catchUp) turn() {
	if c.page, c.err = c.pages(); len(c.page) == 0 {
		c.pages = nil
	}
}

// turnLater is turn on a goroutine, for an engine that may block.
func (c *catchUp) turnLater() {
	c.hub.ended.Go(func() {
		c.turn()
		c.begin(c.next)
	})
}

// next is the source of what waits, and then of what has been held back meanwhile. If there
// is no telling what waits, the session ends, and what is held back is never sent: once a
// later message is written, the store would take these for written, too.
func (c *catchUp) next() loop.Item {
	for {
		if c.err != nil {
			c.refuse()
			return nil
		}
		if !c.hub.deletions.remembers(c.since) {
			c.conn.Close(frame.TooSlow, "too slow a reader")
			return nil
		}
		if item := c.take(); item != nil {
			return item
		}
		switch {
		case c.pages == nil:
			if c.page = c.release(); c.page == nil {
				return nil
			}
		case c.begin != nil:
			c.turnLater()
			return loop.Later
		default:
			c.turn()
		}
	}
}

// take returns the next message of the page that has not been sent; nil: there is none.
func (c *catchUp) take() loop.Item {
	for len(c.page) > 0 {
		m := c.page[0]
		c.page[0], c.page = nil, c.page[1:] // its memory goes with it
		if m.Seq <= c.sent[m.Conversation] || c.hub.deletions.has(c.since, m) {
			continue
		}
		if c.sent == nil {
			c.sent = make(map[string]uint64)
		}
		c.sent[m.Conversation] = max(m.Seq, m.Upto)
		return &privateLine{c.hub.newDelivery(m), c.hub.engine}
	}
	return nil
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
	s.start.held = new(heldBack)
	if len(b.messages) == 0 {
		s.start = nil
	}
	return b.messages
}
