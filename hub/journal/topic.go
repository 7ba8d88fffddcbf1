package journal

import "wschat/hub/chat"

// SetTopic implements chat.Store.
func (s *Store) SetTopic(group, text string, stored func(error)) { stored(chat.ErrUnavailable) }

// Topics implements chat.Store.
func (s *Store) Topics(groups []string) map[string]string { return s.memory.Topics(groups) }

// SetMarks implements chat.Registry.
func (s *Store) SetMarks(user, conversation string, m chat.Marks, stored func(error)) {
	if stored != nil {
		stored(chat.ErrUnavailable)
	}
}
