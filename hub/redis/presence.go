package redis

import (
	"context"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// logIn enters a login, and returns the groups whose member the user is. It waits
// until the node has been told.
func (s *Store) logIn(ctx context.Context, name string, number uint64, groups []string) ([]string, error) {
	where := append([]string{chat.Everyone}, groups...)
	replies, err := s.each(ctx, where, func(w string) command { return s.presence(name, w, number, true, true) })
	if err != nil {
		return nil, err
	}
	var member []string
	for i, w := range where {
		is, p, err := s.presented(w, replies[i], entry{kind: '+', user: name, number: number})
		if err == nil && w == chat.Everyone {
			err = s.reached(ctx, w, p)
		}
		if err != nil {
			return nil, chat.ErrUnavailable
		}
		if is && w != chat.Everyone {
			member = append(member, w)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.users[name]; u != nil {
		for _, w := range member {
			u.groups[w] = true
		}
	}
	return member, nil
}

// presence is the command that enters a login or exit somewhere.
func (s *Store) presence(name, where string, number uint64, online, tell bool) command {
	group := where != chat.Everyone
	told := tell && (s.config.Presence == chat.ToAll && !group || s.config.Presence == chat.ToGroup && group)
	return on(conversationKey(where), presentScript, name, number, flag(online), flag(told), flag(group))
}

// presented takes the reply to that: if the others were told of e, the node is, too.
func (s *Store) presented(where string, r resp.Reply, e entry) (member bool, p uint64, err error) {
	var told bool
	if err := r.Scan(&member, &e.p, &told); err != nil {
		return false, 0, err
	}
	if told {
		s.happened(where, e.p, &e, func() {})
	}
	return member, e.p, nil
}

// counted takes the reply to countScript: after the last connection anywhere it
// enters the exit.
func (s *Store) counted(name string, r resp.Reply) error {
	var total int
	var number uint64
	var groups []string
	if err := r.Scan(&total, &number, &groups); err != nil || total > 0 {
		return err
	}
	for _, where := range append(groups, chat.Everyone) {
		c := s.presence(name, where, number, false, true)
		s.do(c.key, func(r resp.Reply, err error) {
			if err != nil {
				s.again(name)
				return
			}
			s.presented(where, r, entry{kind: '-', user: name, number: number})
		}, c.args...)
	}
	if s.config.MembershipTTL > 0 {
		due := s.now().Add(s.config.MembershipTTL).UnixMilli()
		s.do(forgetKey, ignore, "ZADD", forgetKey, due, name)
	}
	return nil
}
