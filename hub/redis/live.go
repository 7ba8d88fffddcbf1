package redis

import "wschat/hub/chat"

// Mark implements chat.Engine.
func (s *Store) Mark(user, conversation string, c chat.MarkChange, origin any, done func(error)) {
	done(chat.ErrUnavailable)
}
