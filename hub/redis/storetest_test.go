//go:build redis

package redis

import (
	"slices"
	"time"

	"wschat/hub/chat"
)

// asStore is an engine as the tests of stores see one: whoever a private message is for
// is known.
type asStore struct{ *Store }

func (s asStore) Append(m *chat.Message, stored func(error)) {
	if m.Private() {
		if _, err := s.Enter(m.To, false, false); err != nil {
			stored(err)
			return
		}
		defer s.Exit(m.To)
	}
	s.Publish(m, nil, func(_ bool, err error) { stored(err) })
}

func (s asStore) Waiting(user string, since time.Time) ([]*chat.Message, error) {
	return s.waiting(user, since)
}

func (s asStore) Expire(time.Time) {}

func (s asStore) Left(string) bool { return false }

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
		commands[i] = command{key, []any{"HGET", key + ":h", "n"}}
	}
	replies, err := s.all(ctx, commands)
	if err != nil {
		return nil, false, err
	}
	last = make(map[string]uint64, len(of))
	for i, name := range of {
		if i >= len(names) {
			name, _ = otherOf(name, user)
		}
		if seq, err := replies[i].Int(); err == nil && seq > 0 {
			last[name] = uint64(seq)
		}
	}
	return last, false, nil
}
