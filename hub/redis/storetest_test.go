//go:build redis

package redis

import (
	"slices"
	"time"

	"wschat/hub/chat"
)

// asStore is an engine as the tests of stores see one: whoever a private message is for
// is known, and room is made at once where there is too much.
type asStore struct{ *Store }

func (s asStore) Append(m *chat.Message, stored func(error)) {
	if m.Kind.Amends() { // nobody has to be known
		s.Publish(m, nil, func(_ bool, err error) { stored(err) })
		return
	}
	known, err := s.knows(m.To)
	switch {
	case err != nil:
		stored(err)
		return
	case m.Private() && m.Away && !known:
		s.Left(m.To)
	case m.Private() && !m.Away:
		if _, err := s.Enter(m.To, false, false); err != nil {
			stored(err)
			return
		}
		defer s.Exit(m.To, "")
	}
	s.Publish(m, nil, func(_ bool, err error) {
		if s.config.Bytes == 0 {
			stored(err)
			return
		}
		go func() {
			s.balance()
			stored(err)
		}()
	})
}

// knows reports whether a user has been here, and has left.
func (s asStore) knows(user string) (bool, error) {
	ctx, cancel := patience()
	defer cancel()
	r, err := s.call(ctx, userKey(user), "HGET", userKey(user)+":h", "seen")
	return !r.IsNil(), err
}

func (s asStore) Waiting(user string, since time.Time) ([]*chat.Message, error) {
	return collect(s.waiting(user, since))
}

func (s asStore) Expire(time.Time) {}

// Left has the user come and go.
func (s asStore) Left(user string) bool {
	if _, err := s.Enter(user, false, false); err != nil {
		panic(err)
	}
	s.Exit(user, "")
	if err := s.Reach(); err != nil {
		panic(err)
	}
	return false
}

func (s asStore) Attend(func(conversation string) bool) {}

func (s asStore) Last(user string, names []string) (last map[string]uint64, more bool, err error) {
	ctx, cancel := patience()
	defer cancel()
	r, err := s.call(ctx, userKey(user), "ZRANGE", userKey(user)+":p", 0, -1)
	if err != nil {
		return nil, false, err
	}
	pairs, err := r.Strings()
	if err != nil {
		return nil, false, err
	}
	of := append(slices.Clone(names), pairs...)
	commands := make([]command, len(of))
	for i, name := range of {
		key := conversationKey(name)
		commands[i] = on(key, "XREVRANGE", key+":s", "+", "-", "COUNT", 1)
	}
	replies, err := s.all(ctx, commands)
	if err != nil {
		return nil, false, err
	}
	last = make(map[string]uint64, len(of))
	for i, name := range of {
		if i >= len(names) {
			name = chat.OtherOf(name, user)
		}
		if m, err := streamMessages(name, replies[i]); err == nil && len(m) > 0 {
			last[name] = m[0].Seq
		}
	}
	return last, false, nil
}

// SetTopic and Topics implement chat.Store. Who sets a topic, a store does not ask.
func (s asStore) SetTopic(topic *chat.Topic, stored func(error)) {
	topic.User = "A"
	s.Store.SetTopic(*topic, stored)
}

func (s asStore) Topics(groups []string) map[string]string {
	topics := make(map[string]string)
	for _, group := range groups {
		ctx, cancel := patience()
		defer cancel()
		r, err := s.call(ctx, conversationKey(group), "HGET", conversationKey(group)+":h", "topic")
		if err != nil {
			panic(err)
		}
		if topic, _ := r.Text(); topicText(topic) != "" {
			topics[group] = topicText(topic)
		}
	}
	return topics
}
