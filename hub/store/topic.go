package store

import "wschat/hub/chat"

// SetTopic implements chat.Store.
func (s *Memory) SetTopic(group, text string, stored func(error)) { stored(chat.ErrUnavailable) }

// Topics implements chat.Store.
func (s *Memory) Topics(groups []string) map[string]string { return nil }
