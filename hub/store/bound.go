package store

import "time"

// Limits bounds what is kept. 0: no bound.
type Limits struct {
	// Keep is how many messages of each conversation are kept at least, and at most
	// twice as many.
	Keep int
	// MaxConversations bounds the conversations, and MaxBytes what their messages
	// take, in bytes of memory. Beyond MaxBytes, conversations keep fewer messages,
	// those silent longest first, but always the newest.
	MaxConversations int
	MaxBytes         int64
	// ForgetAfter is how long a conversation must have been silent before it may be
	// forgotten, to make room for another one when MaxConversations is reached; 0: none
	// is ever forgotten. Its last number stays, in 40 bytes of MaxBytes. There may be four
	// times MaxConversations of these.
	ForgetAfter time.Duration
}

// maxAsked bounds how many conversations are looked at to make room for one message, since
// the lock is held meanwhile.
const maxAsked = 64

// count counts memory and disk space that is used from now on, or no longer.
func (s *Memory) count(more used) {
	s.bytes += int64(more.memory)
	s.disk += int64(more.disk)
}

// Held returns how many bytes of memory the messages and numbers take.
func (s *Memory) Held() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bytes
}

// full reports whether more than MaxBytes is used. After shrink, that is so only if nothing
// more may be dropped.
func (s *Memory) full() bool { return s.MaxBytes > 0 && s.bytes > s.MaxBytes }

// shrink drops old messages until MaxBytes is kept, or only the newest of each conversation
// is left.
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

// makeRoom makes room for another conversation, by forgetting others if it may, and reports
// whether there is room. forgot, if not nil, is called for each that is forgotten.
func (s *Memory) makeRoom(forgot func(name string, last uint64)) bool {
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

// forgettable returns a conversation that may be forgotten; nil: it has found none. The
// search goes on where the last one ended, and begins anew, once, with the longest silent.
func (s *Memory) forgettable() *Conversation {
	if s.ForgetAfter <= 0 || s.inhabited == nil || len(s.numbers.last) >= maxNumbers(s.MaxConversations) {
		return nil
	}
	before := time.Now().Add(-s.ForgetAfter).UnixNano()
	o, again := &s.order, false
	for range maxAsked {
		if o.asked == nil || o.asked.spoken > before {
			if again || o.first == nil || o.first.spoken > before {
				return nil
			}
			o.asked, again = o.first, true
		}
		c := o.asked
		if c.given == c.last && !s.inhabited(c.name) {
			return c
		}
		o.asked = c.newer
	}
	return nil
}

// forget forgets a conversation, except its last number.
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
