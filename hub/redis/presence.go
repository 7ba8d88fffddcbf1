package redis

import (
	"context"
	"sync/atomic"
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// logIn enters a login, and returns the groups whose member the user is. It waits
// until the node has been told.
func (s *Store) logIn(ctx context.Context, u *user, number uint64, groups []string) ([]string, error) {
	where := append([]string{chat.Everyone}, groups...)
	replies, err := s.each(ctx, where, func(w string) command { return s.presence(u.name, w, number) })
	if err != nil {
		return nil, err
	}
	var member []string
	for i, w := range where {
		is, err := replies[i].Int()
		if err != nil {
			return nil, chat.ErrUnavailable
		}
		c := s.conversation(w)
		switch {
		case w == chat.Everyone && c.tracks():
			if err := c.until(ctx, func() bool { return c.members[u.name] != 0 }, func() {}); err != nil {
				return nil, err
			}
		case w == chat.Everyone:
		case is == 0:
			s.do(userKey(u.name), ignore, "SREM", userKey(u.name)+":g", w)
		case c.has(u.name): // else it is told soon
			member = append(member, w)
		}
	}
	return member, nil
}

// presence is the command that enters a login or exit somewhere.
func (s *Store) presence(name, where string, number uint64) command {
	group := where != chat.Everyone
	told := s.config.Presence == chat.ToAll && !group || s.config.Presence == chat.ToGroup && group
	deadline := s.clock.deadline()
	if number%2 == 0 {
		deadline = 0 // an exit is never given up
	}
	return on(conversationKey(where), presenceScript, name, number, flag(told), flag(group), deadline)
}

// counted takes the reply to countScript. After the last connection anywhere it enters the
// exit where it belongs; the last connection came from the address, "" if that is not known.
// entered is called when nothing is left to do.
func (s *Store) counted(name, address string, r resp.Reply, entered func()) error {
	var total int
	var number uint64
	var groups []string
	var talks bool
	if err := r.Scan(&total, &number, &groups, &talks); err != nil {
		return err
	}
	if total > 0 || number == 0 {
		entered()
		return nil
	}
	s.wentAway(name, address, number, talks || len(groups) > 0)
	groups = append(groups, chat.Everyone)
	var left atomic.Int64
	left.Store(int64(len(groups)))
	for _, where := range groups {
		c := s.presence(name, where, number)
		s.do(c.key, func(_ resp.Reply, err error) {
			if err != nil {
				s.again(name)
			} else if left.Add(-1) == 0 {
				entered()
			}
		}, c.args...)
	}
	return nil
}

// undoTime is for how long logins must have been possible before one that was given up is
// undone. By then its client has come back, if it is to: so nobody is told that the user
// was away.
const undoTime = 3 * time.Second

// givenUp is a login that was given up, though Redis may have carried it out.
type givenUp struct {
	name string
	at   time.Time
}

// giveUp has a login undone later.
func (s *Store) giveUp(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.givenUp = append(s.givenUp, givenUp{name, time.Now()})
}

// undo ends the connections of logins that were given up long enough ago, or of all.
func (s *Store) undo(now time.Time, all bool) {
	s.mu.Lock()
	n := 0
	for n < len(s.givenUp) && (all || now.Sub(s.givenUp[n].at) > undoTime && now.Sub(s.closed) > undoTime) {
		n++
	}
	due := s.givenUp[:n]
	s.givenUp = s.givenUp[n:]
	s.mu.Unlock()
	for _, login := range due {
		s.Exit(login.name, "")
	}
}
