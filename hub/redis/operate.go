package redis

import (
	"time"

	"wschat/hub/chat"
)

// Who implements chat.Engine.
func (s *Store) Who(group string) (names []string, count int, err error) {
	ctx, cancel := patience()
	defer cancel()
	if group == "" {
		group = chat.Everyone
	}
	r, err := s.who(ctx, group)
	if err != nil {
		return nil, 0, err
	}
	return r.Names, r.Count, nil
}

// Users implements chat.Engine.
func (s *Store) Users() ([]chat.UserInfo, int, error) {
	ctx, cancel := patience()
	defer cancel()
	r, err := s.who(ctx, chat.Everyone)
	if err != nil {
		return nil, 0, err
	}
	replies, err := s.each(ctx, r.Names, func(name string) command { return on(userKey(name), "HGET", userKey(name)+":h", "t") })
	if err != nil {
		return nil, 0, err
	}
	users := make([]chat.UserInfo, 0, len(r.Names))
	for i, name := range r.Names {
		if n, err := replies[i].Int(); err == nil && n > 0 {
			users = append(users, chat.UserInfo{User: name, Connections: int(n)})
		} else {
			r.Count-- // just gone
		}
	}
	return users, r.Count, nil
}

// Groups implements chat.Engine.
func (s *Store) Groups() ([]chat.GroupInfo, int, error) {
	ctx, cancel := patience()
	defer cancel()
	replies, err := s.all(ctx, []command{
		on(groupsKey, "ZCARD", groupsKey),
		on(groupsKey, "ZRANGE", groupsKey, 0, chat.MaxNames-1),
	})
	if err != nil {
		return nil, 0, err
	}
	count, err1 := replies[0].Int()
	names, err2 := replies[1].Strings()
	if err1 != nil || err2 != nil {
		return nil, 0, chat.ErrUnavailable
	}
	groups, err := s.infos(ctx, names)
	if err != nil {
		return nil, 0, err
	}
	for i := range groups {
		groups[i].Topic = "" // PROTOCOL 8 does not have it
	}
	return groups, int(count) - len(names) + len(groups), nil
}

// Counts implements chat.Engine.
func (s *Store) Counts() (users, groups int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, c := range s.conversations {
		if c.refs > 0 && chat.IsGroup(name) {
			groups++
		}
	}
	return len(s.users), groups
}

// Kick implements chat.Engine.
func (s *Store) Kick(name string, ban time.Duration) (int, error) {
	ctx, cancel := patience()
	defer cancel()
	r, err := s.call(ctx, userKey(name), kickScript, (ban + time.Millisecond - 1).Milliseconds())
	if err != nil {
		return 0, err
	}
	n, err := r.Int()
	if err != nil {
		return 0, chat.ErrUnavailable
	}
	return int(n), nil
}

// Banned implements chat.Engine.
func (s *Store) Banned(name string) (bool, error) {
	ctx, cancel := patience()
	defer cancel()
	r, err := s.call(ctx, userKey(name), "HGET", userKey(name)+":h", "b")
	if err != nil || r.IsNil() {
		return false, err
	}
	until, err := r.Int() // µs of Redis' clock
	if err != nil {
		return false, chat.ErrUnavailable
	}
	return s.clock.now().UnixMicro() < until, nil
}
