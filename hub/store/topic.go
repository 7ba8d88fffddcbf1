package store

import (
	"strings"
	"time"

	"wschat/hub/chat"
)

// SetTopic implements chat.Store. A conversation that begins with its topic counts for the user
// who sets the topic.
func (s *Memory) SetTopic(t *chat.Topic, stored func(error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.openTopic(t, nil)
	if c != nil {
		t.Was = s.setTopic(c, t.Text)
	}
	stored(err)
}

// openTopic returns the conversation of a group that is to get a topic, and begins it if
// necessary; nil: there is no room, or, without an error, it need not be. forgot is as in Open.
func (s *Memory) openTopic(t *chat.Topic, forgot func(name string, last uint64)) (*Conversation, error) {
	c := s.conversations[t.Group]
	if c != nil || t.Text == "" {
		return c, nil
	}
	by, from := s.keysOf(t.Address, t.User)
	if !s.makeRoom(by, from, forgot) {
		return nil, chat.ErrFull
	}
	return s.begin(t.Group, by, from), nil
}

// setTopic sets that of c, and returns what it was. One that has had no messages can be forgotten
// from now on.
func (s *Memory) setTopic(c *Conversation, text string) (was string) {
	if s.conversations[c.name] != c { // forgotten since it was opened
		return ""
	}
	was = c.topic
	s.disk -= c.topicDisk()
	c.topic = strings.Clone(text)
	s.disk += c.topicDisk()
	if c.spoken == 0 {
		c.spoken = time.Now().UnixNano()
		s.order.Push(c, orderLinks)
		c.by.order.Push(c, begunLinks)
	}
	return was
}

// topicDisk returns what the topic takes on disk, in bytes, roughly.
func (c *Conversation) topicDisk() int64 {
	if c.topic == "" {
		return 0
	}
	return int64(16 + len(c.name) + len(c.topic))
}

// Topics implements chat.Store.
func (s *Memory) Topics(groups []string) map[string]string {
	topics := make(map[string]string)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, group := range groups {
		if c := s.conversations[group]; c != nil && c.topic != "" {
			topics[group] = c.topic
		}
	}
	return topics
}
