package journal

import "wschat/hub/chat"

// topic is that of a group; without a text it was taken away.
type topic struct{ group, text string }

func appendTopic(b []byte, t topic) []byte { return append(appendName(b, t.group), t.text...) }

func parseTopic(b []byte) (topic, error) {
	c := cursor{rest: b}
	t := topic{group: string(c.name())}
	t.text = string(c.rest)
	if c.bad || t.group == "" {
		return topic{}, errBody
	}
	return t, nil
}

// SetTopic implements chat.Store. stored is called as that of Append is, and in one order
// with it.
func (s *Store) SetTopic(t *chat.Topic, stored func(error)) {
	s.append(pending{kind: kindTopic, body: appendTopic(nil, topic{t.Group, t.Text}), topic: t, stored: stored})
}

// Topics implements chat.Store.
func (s *Store) Topics(groups []string) map[string]string { return s.memory.Topics(groups) }
