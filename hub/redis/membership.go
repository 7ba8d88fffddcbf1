package redis

import (
	"context"
	"fmt"
	"slices"
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// maxLeft is how many groups that nobody is in any more one user may leave behind within
// MembershipTTL.
const maxLeft = 10_000

// IsMember implements chat.Engine.
func (s *Store) IsMember(name, group string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[name]
	return u != nil && u.groups[group]
}

// SetMember implements chat.Engine.
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
	c := s.follow(u, group, false)
	number := u.number
	s.mu.Unlock()
	is, at, err := s.enroll(ctx, c, name, number)
	if err != nil {
		if !following {
			s.abandon(name, group)
		}
		return err
	}
	if is {
		s.do(groupsKey, ignore, "ZADD", groupsKey, 0, group)
		s.announce(name, "joined", group, at)
	}
	return s.applied(ctx, entry{kind: 'j', p: at.p, user: name}, group, is, held)
}

// enroll has Redis make a user a member of a group that is followed here.
func (s *Store) enroll(ctx context.Context, c *conversation, name string, number uint64) (is bool, at place, err error) {
	if err := opened(ctx, []*conversation{c}); err != nil {
		return false, at, err
	}
	r, err := s.call(ctx, userKey(name), enrollScript, c.name, chat.MaxGroups, maxLeft)
	if err != nil {
		return false, at, err
	}
	switch room, err := r.Int(); {
	case err != nil || room < 0:
		return false, at, chat.ErrUnavailable
	case room == 0:
		return false, at, chat.ErrManyGroups
	}
	if r, err = s.call(ctx, c.key, joinScript, name, number, 1); err != nil {
		return false, at, err
	}
	if r.Scan(&is, &at.p, &at.seq) != nil {
		return false, at, chat.ErrUnavailable
	}
	return is, at, nil
}

// announce tells the other nodes where a user is connected of a group that they may
// not follow: from which position on, and behind which message.
func (s *Store) announce(name, word, group string, at place) {
	key := userKey(name)
	s.do(key, ignore, "SPUBLISH", key, fmt.Sprintf("%s %d %d %s", word, at.p, at.seq, group))
}

// applied waits until the node has been told of a join or a leave, and calls held
// then.
func (s *Store) applied(ctx context.Context, e entry, group string, told bool, held func()) error {
	own := &e
	if !told { // it was so already, which the node did not know
		own = nil
	}
	ended := make(chan struct{})
	s.happened(group, e.p, own, func() {
		if s.setMember(e.user, group, e.kind == 'j', e.p) && !told {
			s.node.Member(e.user, group, e.kind == 'j')
		}
		held()
		close(ended)
	})
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return chat.ErrUnavailable
	}
}

// abandon ends the following of a group that could not be joined.
func (s *Store) abandon(name, group string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.users[name]; u != nil && !u.groups[group] {
		s.unfollow(u, group)
	}
}

func (s *Store) leave(name, group string, held func()) error {
	ctx, cancel := patience()
	defer cancel()
	r, err := s.call(ctx, conversationKey(group), leaveScript, name, s.config.MembershipTTL.Milliseconds())
	if err != nil {
		return err
	}
	s.do(userKey(name), ignore, "SREM", userKey(name)+":g", group)
	is, at, err := s.left(name, group, r)
	if err != nil {
		return chat.ErrUnavailable
	}
	if is {
		s.announce(name, "left", group, at)
	}
	return s.applied(ctx, entry{kind: 'l', p: at.p, user: name}, group, is, held)
}

// setMember notes a join or leave, with its position in the group, and reports
// whether that was news.
func (s *Store) setMember(name, group string, member bool, p uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[name]
	if u == nil || p < u.changed[group] {
		return false
	}
	u.changed[group] = p
	if u.groups[group] == member {
		return false
	}
	if member {
		u.groups[group] = true
		s.follow(u, group, false)
	} else {
		delete(u.groups, group)
		s.unfollow(u, group)
	}
	return true
}

// changedElsewhere is told of a join or leave of a user who is here, too.
func (s *Store) changedElsewhere(name string, member bool, text string) {
	p, rest, err1 := cutNumber([]byte(text))
	seq, rest, err2 := cutNumber(rest)
	if err1 == nil && err2 == nil {
		s.changed(name, string(rest), member, place{seq: seq, p: p})
	}
}

// compareGroups finds out what was missed of that.
func (s *Store) compareGroups(name string, groups []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[name]
	if u == nil {
		return
	}
	ask := func(group string, member bool) {
		s.do(conversationKey(group), func(r resp.Reply, err error) {
			if at, _, err2 := parsePlace(r); err == nil && err2 == nil {
				s.changed(name, group, member, at)
			}
		}, syncScript, "-", 0, flag(chat.IsGroup(group)))
	}
	for _, group := range groups {
		if !u.groups[group] {
			ask(group, true)
		}
	}
	for group := range u.groups {
		if !slices.Contains(groups, group) {
			ask(group, false)
		}
	}
}

// changed takes a join or leave at some place of a group. A group that is followed
// here tells of it by itself; another one is followed from there on.
func (s *Store) changed(name, group string, member bool, at place) {
	s.mu.Lock()
	u := s.users[name]
	if u == nil || at.p <= u.changed[group] {
		s.mu.Unlock()
		return
	}
	c := s.conversations[group]
	if c == nil && member {
		c = s.follow(u, group, true)
		c.seq = at.seq // what comes behind it is told
	}
	s.mu.Unlock()
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	news := func() {
		if s.setMember(name, group, member, at.p) {
			s.node.Member(name, group, member)
		}
	}
	if c.open && c.p < at.p { // it tells of it soon
		c.waiters = append(c.waiters, waiter{at.p, time.Now(), news})
		s.waits.Add(1)
		return
	}
	news()
}

// left takes the reply to leaveScript of a user. A group without members is taken off the
// list, and counts for who was the last in it: it is remembered for a while.
func (s *Store) left(name, group string, r resp.Reply) (was bool, at place, err error) {
	var members int
	err = r.Scan(&was, &at.p, &at.seq, &members)
	if err == nil && was && members == 0 {
		s.do(groupsKey, ignore, "ZREM", groupsKey, group)
		if s.config.MembershipTTL > 0 {
			key := userKey(name)
			s.do(key, ignore, "INCR", key+":l")
			s.do(key, ignore, "PEXPIRE", key+":l", s.config.MembershipTTL.Milliseconds(), "NX")
		}
	}
	return was, at, err
}

// leaveAll ends the memberships of a user who is forgotten.
func (s *Store) leaveAll(name string, groups []string) {
	for _, group := range groups {
		s.do(conversationKey(group), func(r resp.Reply, err error) {
			if err != nil {
				return // presentScript finds no harm in it, and a login looks again
			}
			if was, at, err := s.left(name, group, r); err == nil && was {
				s.happened(group, at.p, &entry{kind: 'l', p: at.p, user: name}, func() {})
			}
		}, leaveScript, name, s.config.MembershipTTL.Milliseconds())
	}
}
