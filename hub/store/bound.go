package store

import "time"

// Limits say how much is kept. 0: no bound.
type Limits struct {
	// Keep is how many messages of each conversation are kept at least, and at most
	// twice as many.
	Keep int
	// MaxConversations bounds the conversations, and MaxBytes what their messages
	// take, in bytes of memory. Beyond MaxBytes, conversations keep fewer messages,
	// those silent longest first, but always the newest.
	MaxConversations int
	MaxBytes         int64
	// ForgetAfter is how long a conversation must have been silent to be forgotten
	// when MaxConversations is reached; 0: none ever is. See Memory.Attend.
	ForgetAfter time.Duration
}

// maxAsked is how many conversations are asked for their members when there is no
// room for another. The next time the search goes on from there.
const maxAsked = 64

func (s *Memory) count(more used) {
	s.bytes += int64(more.memory)
	s.disk += int64(more.disk)
}

// full reports whether what must be kept is more than MaxBytes.
func (s *Memory) full() bool { return s.MaxBytes > 0 && s.bytes > s.MaxBytes }

// shrink keeps to MaxBytes, as far as old messages can go.
func (s *Memory) shrink() {
	for s.full() && s.order.several != nil {
		c := s.order.several
		if c.count > 1 {
			s.count(c.dropOld())
		}
		if c.count <= 1 {
			s.order.several = c.newer
		}
	}
}

// room reports whether there is room for another conversation. It forgets one for
// that, if it can; forgot is told.
func (s *Memory) room(forgot func(name string, last uint64)) bool {
	for s.MaxConversations > 0 && len(s.conversations) >= s.MaxConversations {
		c := s.forgettable()
		if c == nil {
			return false
		}
		s.forget(c)
		if forgot != nil {
			forgot(c.name, c.last)
		}
	}
	return true
}

// forgettable returns a conversation that may be forgotten, the longest silent of
// those that it looks at, or nil.
func (s *Memory) forgettable() *Conversation {
	if s.ForgetAfter <= 0 || s.inhabited == nil || len(s.numbers.last) >= maxNumbers(s.MaxConversations) {
		return nil
	}
	before := time.Now().Add(-s.ForgetAfter).UnixNano()
	o := &s.order
	for range maxAsked {
		if o.asked == nil || o.asked.spoken > before {
			o.asked = o.first
		}
		c := o.asked
		if c == nil || c.spoken > before {
			return nil
		}
		if c.given == c.last && !s.inhabited(c.name) {
			return c
		}
		o.asked = c.newer
	}
	return nil
}

// forget forgets a conversation but for its last number.
func (s *Memory) forget(c *Conversation) {
	for i := range c.pieces {
		more := used{}
		more.plus(&c.pieces[i], -1)
		s.count(more)
	}
	s.order.remove(c)
	s.unlist(c)
	for _, user := range membersOf(c.name) {
		s.drop(user, c)
	}
	s.setNumber(c.name, c.last)
}
