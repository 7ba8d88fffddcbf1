package redis

import (
	"slices"

	"wschat/hub"
	"wschat/hub/redis/resp"
)

// Join implements hub.Shared.
func (s *Store) Join(name, group string, done func()) error {
	ctx, cancel := patience()
	defer cancel()
	s.mu.Lock()
	u := s.users[name]
	if u == nil || s.recovering {
		s.mu.Unlock()
		return hub.ErrUnavailable
	}
	following := u.conversations[group] != nil
	c := s.follow(u, group, false)
	number := u.number
	s.mu.Unlock()
	err := opened(ctx, []*conversation{c})
	var r resp.Reply
	if err == nil {
		key := userKey(name)
		r, err = s.call(ctx, key, enrollScript, 1, key, group, maxGroups)
	}
	if err == nil {
		if room, _ := r.Int(); room == 0 {
			err = hub.ErrManyGroups
		}
	}
	if err == nil {
		key := conversationKey(group)
		r, err = s.call(ctx, key, joinScript, 1, key, name, number, 1)
	}
	if err != nil {
		if !following {
			s.abandon(name, group)
		}
		return err
	}
	is, told, p, err := change(r)
	if err != nil {
		return hub.ErrUnavailable
	}
	if is {
		s.do(groupsKey, ignore, "ZADD", groupsKey, 0, group)
	}
	var e *entry
	if told {
		e = &entry{kind: 'j', p: p, user: name}
	}
	s.happened(group, p, e, func() {
		if !told { // the user was one already, which the node did not know
			s.setMember(name, group, true)
			s.node.Member(name, group, true)
		}
		done()
	})
	return s.reached(ctx, group, p)
}

// abandon ends the following of a group that could not be joined.
func (s *Store) abandon(name, group string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.users[name]; u != nil && !u.groups[group] {
		s.unfollow(u, group)
	}
}

// Leave implements hub.Shared.
func (s *Store) Leave(name, group string, done func()) error {
	ctx, cancel := patience()
	defer cancel()
	key := conversationKey(group)
	r, err := s.call(ctx, key, leaveScript, 1, key, name)
	if err != nil {
		return err
	}
	s.do(userKey(name), ignore, "SREM", userKey(name)+":g", group)
	_, told, p, err := change(r)
	if err != nil {
		return hub.ErrUnavailable
	}
	s.left(group, r)
	var e *entry
	if told {
		e = &entry{kind: 'l', p: p, user: name}
	}
	s.happened(group, p, e, func() {
		if !told {
			s.setMember(name, group, false)
			s.node.Member(name, group, false)
		}
		done()
	})
	return s.reached(ctx, group, p)
}

// left takes a group without members off the list.
func (s *Store) left(group string, r resp.Reply) {
	parts, _ := r.Array()
	if len(parts) != 4 {
		return
	}
	if members, err := parts[3].Int(); err == nil && members == 0 {
		s.do(groupsKey, ignore, "ZREM", groupsKey, group)
	}
}

// leaveAll ends the memberships of a user who is forgotten.
func (s *Store) leaveAll(name string, groups []string) {
	for _, group := range groups {
		key := conversationKey(group)
		s.do(key, func(r resp.Reply, err error) {
			if err != nil {
				return // presentScript finds no harm in it, and a login looks again
			}
			if _, told, p, err := change(r); err == nil && told {
				s.left(group, r)
				s.happened(group, p, &entry{kind: 'l', p: p, user: name}, func() {})
			}
		}, leaveScript, 1, key, name)
	}
}

// Who implements hub.Shared.
func (s *Store) Who(group string) (names []string, count int, err error) {
	ctx, cancel := patience()
	defer cancel()
	if group == "" {
		group = hub.Everyone
	}
	r, err := s.who(ctx, group)
	return r.Names, r.Count, err
}

// Users implements hub.Shared.
func (s *Store) Users() ([]hub.UserInfo, int, error) {
	ctx, cancel := patience()
	defer cancel()
	r, err := s.who(ctx, hub.Everyone)
	if err != nil {
		return nil, 0, err
	}
	commands := make([]command, len(r.Names))
	for i, name := range r.Names {
		commands[i] = command{userKey(name), []any{"HGET", userKey(name) + ":h", "t"}}
	}
	replies, err := s.all(ctx, commands)
	if err != nil {
		return nil, 0, err
	}
	users := make([]hub.UserInfo, 0, len(r.Names))
	for i, name := range r.Names {
		if n, err := replies[i].Int(); err == nil && n > 0 {
			users = append(users, hub.UserInfo{User: name, Connections: int(n)})
		} else {
			r.Count-- // just gone
		}
	}
	return users, r.Count, nil
}

// Groups implements hub.Shared.
func (s *Store) Groups() ([]hub.GroupInfo, int, error) {
	ctx, cancel := patience()
	defer cancel()
	replies, err := s.all(ctx, []command{
		{groupsKey, []any{"ZCARD", groupsKey}},
		{groupsKey, []any{"ZRANGE", groupsKey, 0, maxNames - 1}},
	})
	if err != nil {
		return nil, 0, err
	}
	count, err1 := replies[0].Int()
	names, err2 := replies[1].Strings()
	if err1 != nil || err2 != nil {
		return nil, 0, hub.ErrUnavailable
	}
	commands := make([]command, len(names))
	for i, name := range names {
		key := conversationKey(name)
		commands[i] = command{key, []any{sizesScript, 1, key}}
	}
	if replies, err = s.all(ctx, commands); err != nil {
		return nil, 0, err
	}
	groups := make([]hub.GroupInfo, 0, len(names))
	for i, name := range names {
		parts, err := replies[i].Array()
		if err != nil || len(parts) != 2 {
			return nil, 0, hub.ErrUnavailable
		}
		members, _ := parts[0].Int()
		online, _ := parts[1].Int()
		if members == 0 {
			count--
			continue
		}
		groups = append(groups, hub.GroupInfo{Group: name, Members: int(members), Online: int(online)})
	}
	return groups, int(count), nil
}

// Kick implements hub.Shared.
func (s *Store) Kick(name string) (int, error) {
	ctx, cancel := patience()
	defer cancel()
	key := userKey(name)
	r, err := s.call(ctx, key, kickScript, 1, key)
	if err != nil {
		return 0, err
	}
	n, err := r.Int()
	if err != nil {
		return 0, hub.ErrUnavailable
	}
	return int(n), nil
}

// insert puts name into sorted names, at most maxNames of them.
func insert(names []string, name string) []string {
	i, found := slices.BinarySearch(names, name)
	if found || i >= maxNames {
		return names
	}
	names = slices.Insert(names, i, name)
	return names[:min(len(names), maxNames)]
}

// remove takes name out of sorted names.
func remove(names []string, name string) []string {
	if i, found := slices.BinarySearch(names, name); found {
		return slices.Delete(names, i, i+1)
	}
	return names
}
