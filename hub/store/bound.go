package store

import "wschat/hub/chat"

// messageHead is what a message takes besides its body and its ID, in bytes: the
// Message, the pointer to it, and its names.
const messageHead = 200

// memory is what m takes in a Memory, in bytes.
func memory(m *chat.Message) int64 { return int64(messageHead + cap(m.Body) + len(m.ID)) }

// room reports whether there is room for a message to c; nil: to a new
// conversation.
func (s *Memory) room(c *conversation) bool {
	if c == nil && s.MaxConversations > 0 && len(s.conversations) >= s.MaxConversations {
		return false
	}
	return !s.full()
}

// full reports whether what must be kept is more than MaxBytes.
func (s *Memory) full() bool { return s.MaxBytes > 0 && s.bytes > s.MaxBytes }

// spoke notes that c has a new message.
func (s *Memory) spoke(c *conversation) {
	switch {
	case s.MaxBytes == 0:
	case c.silent != nil:
		s.silent.MoveToBack(c.silent)
	case len(c.messages) > 1:
		c.silent = s.silent.PushBack(c)
	}
}

// shrink keeps to MaxBytes, as far as old messages can go.
func (s *Memory) shrink() {
	for s.MaxBytes > 0 && s.bytes > s.MaxBytes && s.silent.Len() > 0 {
		c := s.silent.Front().Value.(*conversation)
		half := (len(c.messages) + 1) / 2
		s.keepLast(c, half, 2*half)
		if len(c.messages) == 1 {
			s.silent.Remove(c.silent)
			c.silent = nil
		}
	}
}

// keepLast drops all but the last n messages of c, and leaves room for so many.
func (s *Memory) keepLast(c *conversation, n, room int) {
	old, kept := c.messages[:len(c.messages)-n], c.messages[len(c.messages)-n:]
	for _, m := range old {
		s.bytes -= memory(m)
	}
	c.messages = append(make([]*chat.Message, 0, room), kept...) // so that the old ones can be freed
}
