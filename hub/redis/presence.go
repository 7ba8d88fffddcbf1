package redis

import (
	"context"
	"errors"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// logIn enters a login, and returns the groups whose member the user is. It waits
// until the node has been told.
func (s *Store) logIn(ctx context.Context, name string, number uint64, groups []string, tell bool) ([]string, error) {
	where := append([]string{chat.Everyone}, groups...)
	commands := make([]command, len(where))
	for i, w := range where {
		commands[i] = s.presence(name, w, number, true, tell)
	}
	replies, err := s.all(ctx, commands)
	if err != nil {
		return nil, err
	}
	var member []string
	for i, w := range where {
		is, p, e, err := presenceReply(replies[i], name, number, true)
		if err != nil {
			return nil, chat.ErrUnavailable
		}
		if w == chat.Everyone {
			s.happened(w, p, e, func() {})
			if err := s.reached(ctx, w, p); err != nil {
				return nil, err
			}
			continue
		}
		s.happened(w, p, e, func() {})
		if is {
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
	key := conversationKey(where)
	return command{key, []any{presentScript, 1, key, name, number, flag(online), flag(told), flag(group)}}
}

// presenceReply reads its reply; the entry is nil if nobody was told.
func presenceReply(r resp.Reply, name string, number uint64, online bool) (member bool, p uint64, e *entry, err error) {
	is, told, p, err := change(r)
	if err != nil {
		return false, 0, nil, err
	}
	if told {
		e = &entry{kind: '-', p: p, user: name, number: number}
		if online {
			e.kind = '+'
		}
	}
	return is, p, e, nil
}

// change reads what the scripts reply that change who is where: whether, position,
// whether it was told.
func change(r resp.Reply) (is, told bool, p uint64, err error) {
	parts, err := r.Array()
	if err != nil || len(parts) < 3 {
		return false, false, 0, resp.ErrReply
	}
	var n [3]int64
	for i := range n {
		if n[i], err = parts[i].Int(); err != nil {
			return false, false, 0, err
		}
	}
	return n[0] == 1, n[2] == 1, uint64(n[1]), nil
}

// counted takes the reply to countScript: after the last connection anywhere it
// enters the exit.
func (s *Store) counted(name string, r resp.Reply, err error) error {
	if err != nil {
		return err
	}
	parts, err := r.Array()
	if err != nil || len(parts) != 3 {
		return resp.ErrReply
	}
	total, err1 := parts[0].Int()
	number, err2 := parts[1].Int()
	groups, err3 := parts[2].Strings()
	if err := errors.Join(err1, err2, err3); err != nil || total > 0 {
		return err
	}
	for _, where := range append(groups, chat.Everyone) {
		c := s.presence(name, where, uint64(number), false, true)
		s.do(c.key, func(r resp.Reply, err error) {
			if err != nil {
				s.again(name)
				return
			}
			if _, p, e, err := presenceReply(r, name, uint64(number), false); err == nil && e != nil {
				s.happened(where, p, e, func() {})
			}
		}, c.args...)
	}
	if s.config.MembershipTTL > 0 {
		due := s.now().Add(s.config.MembershipTTL).UnixMilli()
		s.do(forgetKey, ignore, "ZADD", forgetKey, due, name)
	}
	return nil
}
