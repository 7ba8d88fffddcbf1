package redis

import "wschat/hub/chat"

// Mark implements chat.Engine.
func (s *Store) Mark(user, conversation string, c chat.MarkChange, origin any, done func(error)) {
	done(chat.ErrUnavailable)
}

// Typing implements chat.Engine.
func (s *Store) Typing(user, to string) {}

// SetTopic implements chat.Engine.
func (s *Store) SetTopic(user, group, text string, done func(error)) { done(chat.ErrUnavailable) }

// MembersAway implements chat.Engine.
func (s *Store) MembersAway(group string) (names []string, err error) {
	return nil, chat.ErrUnavailable
}

// Directory implements chat.Engine.
func (s *Store) Directory(prefix, after string, limit int, may func(group string) bool) ([]chat.GroupInfo, bool, error) {
	return nil, false, chat.ErrUnavailable
}
