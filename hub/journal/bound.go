package journal

// limits bound a state. 0: no bound.
type limits struct {
	keep             int   // messages of a conversation, at least
	maxConversations int   // are begun
	maxMemory        int64 // may be taken by messages, in bytes
}

func (s *state) count(more used) {
	s.memory += int64(more.memory)
	s.messageBytes += int64(more.disk)
}

// spoke notes that c has a new message.
func (s *state) spoke(c *conversation) {
	switch {
	case c.silent != nil:
		s.silent.MoveToBack(c.silent)
	case c.count > 1:
		c.silent = s.silent.PushBack(c)
	}
}

// shrink keeps to maxMemory: who has been silent longest loses old messages
// first. The newest of each conversation stays.
func (s *state) shrink() {
	for s.maxMemory > 0 && s.memory > s.maxMemory && s.silent.Len() > 0 {
		c := s.silent.Front().Value.(*conversation)
		s.count(c.dropOld())
		if c.count == 1 {
			s.silent.Remove(c.silent)
			c.silent = nil
		}
	}
}

// room reports whether there is room for a message to c; nil: to a new
// conversation.
func (s *state) room(c *conversation) bool {
	if c == nil && s.maxConversations > 0 && len(s.conversations) >= s.maxConversations {
		return false
	}
	return !s.full()
}

// full reports whether what must be kept is more than maxMemory.
func (s *state) full() bool { return s.maxMemory > 0 && s.memory > s.maxMemory }
