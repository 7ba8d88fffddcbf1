package redis

import (
	"context"
	"math"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// maxLeft is how many groups that nobody is in any more one user may leave behind within
// MembershipTTL.
const maxLeft = 10_000

// IsMember implements chat.Engine.
func (s *Store) IsMember(name, group string) bool {
	c := s.conversation(group)
	return c != nil && c.has(name)
}

// SetMember implements chat.Engine. The user has the group on a list, and the group the
// user. The list is changed first; what it says in the end is what holds.
func (s *Store) SetMember(name, group string, member bool, held func(), done func(error)) {
	is := s.IsMember(name, group)
	switch {
	case is && member:
		held()
		done(nil)
	case member:
		done(s.join(name, group, held))
	case is:
		done(s.leave(name, group, held))
	default:
		done(chat.ErrNotMember.About(group))
	}
}

func (s *Store) join(name, group string, held func()) error {
	ctx, cancel := patience()
	defer cancel()
	s.mu.Lock()
	u := s.users[name]
	if u == nil || s.recovering {
		s.mu.Unlock()
		return chat.ErrUnavailable
	}
	following := u.conversations[group] != nil
	c := s.follow(u, group)
	number := u.number
	s.mu.Unlock()
	err := opened(ctx, []*conversation{c})
	if err == nil {
		err = s.enroll(ctx, name, group, number)
	}
	if err != nil {
		if !following {
			s.abandon(name, group)
		}
		return err
	}
	s.do(groupsKey, ignore, "ZADD", groupsKey, 0, group)
	return c.until(ctx, func() bool { return c.members[name] != 0 }, held)
}

// enroll has Redis make a user a member of a group. A leave on another node, or an exit, may
// come between the steps.
func (s *Store) enroll(ctx context.Context, name, group string, number uint64) error {
	left, ttl := maxLeft, s.ttl()
	if ttl == 0 {
		left = math.MaxInt32
	}
	key := userKey(name)
	r, err := s.call(ctx, key, enrollScript, group, chat.MaxGroups, left, ttl)
	if err != nil {
		return err
	}
	switch room, err := r.Int(); {
	case err != nil || room < 0:
		return chat.ErrUnavailable
	case room == 0:
		return chat.ErrManyGroups
	}
	r, err = s.call(ctx, conversationKey(group), joinScript, name, number)
	if err != nil {
		return err
	}
	seq, err := r.Int()
	if err != nil {
		return chat.ErrUnavailable
	}
	r, err = s.call(ctx, key, joinedScript, group, seq)
	var is bool
	var now uint64
	if err == nil {
		err = r.Scan(&is, &now)
	}
	switch {
	case err != nil:
		return chat.ErrUnavailable
	case !is:
		s.leaveAll(name, []string{group})
		return chat.ErrUnavailable
	case now != number:
		command := s.presence(name, group, now)
		s.do(command.key, ignore, command.args...)
	}
	return nil
}

// abandon ends the following of a group that could not be joined.
func (s *Store) abandon(name, group string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.users[name]; u != nil {
		s.unfollow(u, group)
	}
}

func (s *Store) leave(name, group string, held func()) error {
	ctx, cancel := patience()
	defer cancel()
	c := s.conversation(group)
	if c == nil {
		return chat.ErrUnavailable
	}
	if _, err := s.call(ctx, userKey(name), "SREM", userKey(name)+":g", group); err != nil {
		return err
	}
	r, err := s.call(ctx, c.key, leaveScript, name, s.config.MembershipTTL.Milliseconds())
	if err != nil {
		return err
	}
	if last := s.left(group, r); last && s.config.MembershipTTL > 0 {
		s.do(userKey(name), ignore, "HINCRBY", userKey(name)+":h", "l", 1)
	}
	return c.until(ctx, func() bool { return c.members[name] == 0 }, held)
}

// left takes the reply to leaveScript, and reports whether the user was the last in the
// group: it is taken off the list then.
func (s *Store) left(group string, r resp.Reply) (last bool) {
	var was bool
	var members int
	if r.Scan(&was, &members) != nil || !was || members > 0 {
		return false
	}
	s.do(groupsKey, ignore, "ZREM", groupsKey, group)
	return true
}

// leaveAll ends the memberships of a user who is not on their list any more. One that fails
// is found at the next login.
func (s *Store) leaveAll(name string, groups []string) {
	for _, group := range groups {
		s.doAmended(on(conversationKey(group), leaveScript, name, s.config.MembershipTTL.Milliseconds()), func(r resp.Reply, err error) {
			if err == nil {
				s.left(group, r)
			}
		})
	}
}
