package redis

import (
	"strings"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// SetTopic implements chat.Engine. The channel tells the nodes.
func (s *Store) SetTopic(t chat.Topic, done func(error)) {
	if !s.able() {
		done(chat.ErrUnavailable)
		return
	}
	s.send(conversationKey(t.Group), done, func(resp.Reply) { done(nil) }, topicScript, t.User, t.Text, s.clock.deadline())
}

// retopic notes the topic of a group, which is kept as in topic.lua, and tells the node if that
// is news. The lock is held.
func (c *conversation) retopic(topic string) {
	old, known := c.topic, c.topical
	c.topic, c.topical = topic, true
	if known && topicText(old) != topicText(topic) {
		user, text, _ := strings.Cut(topic, " ")
		c.store.node.Topic(c.name, text, user)
	}
}

// topicText returns the text of a topic; "": there is none.
func topicText(topic string) string {
	_, text, _ := strings.Cut(topic, " ")
	return text
}

// topicOf returns the text that the node was told of.
func (c *conversation) topicOf() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return topicText(c.topic)
}
