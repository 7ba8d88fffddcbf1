package redis

import (
	"context"
	"slices"
	"time"

	"wschat/hub/redis/resp"
)

const (
	// forgetTime bounds how long users are forgotten at once: the keeper has other
	// things to do.
	forgetTime = time.Second
	// crowdTime is how often the users are counted.
	crowdTime = time.Second
	// crowdBatch is how many are forgotten early at once.
	crowdBatch = 100
)

// lot is one of the two sorts of users who are away, by its number in awayScript.
type lot int

const (
	idlers  lot = 1 // they hold nothing
	holders lot = 2 // they are in a group or a private conversation
)

// wentAway notes that a user has gone offline, whose last connection came from an address: that
// exit has the number.
func (s *Store) wentAway(name, address string, number uint64, holds bool) {
	lot := idlers
	if holds {
		lot = holders
	}
	if ttl := s.config.MembershipTTL; ttl > 0 {
		s.do(awayKey, ignore, awayScript, name, int64(number/1000)+ttl.Milliseconds(), int(lot), address)
	}
}

// returned notes that a user is online: the last login has the number. A later exit stays.
func (s *Store) returned(name string, number uint64) {
	if ttl := s.config.MembershipTTL; ttl > 0 {
		s.do(awayKey, ignore, awayScript, name, int64(number/1000)+ttl.Milliseconds()-1, 0, "")
	}
}

// due is a user who is to be forgotten, and when, in milliseconds.
type due struct{ name, at string }

// forgetUsers forgets who has been away for too long. Any number of nodes may do
// that at once.
func (s *Store) forgetUsers() {
	ctx, cancel := context.WithTimeout(context.Background(), forgetTime)
	defer cancel()
	for {
		r, err := s.call(ctx, awayKey, "ZRANGEBYSCORE", dueKey, "-inf", s.clock.now().UnixMilli(), "WITHSCORES", "LIMIT", 0, batch)
		if err != nil {
			return
		}
		list, err := r.Strings()
		if err != nil || s.forget(ctx, list, 0) < batch {
			return
		}
	}
}

// forgetEarly forgets users while too many are away, by the rules of hub/chat.
func (s *Store) forgetEarly() {
	if s.config.MaxUsers == 0 || s.config.MembershipTTL == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), forgetTime)
	defer cancel()
	for {
		r, err := s.call(ctx, awayKey, crowdScript, s.config.MaxUsers, crowdBatch)
		var from int
		var list []string
		if err != nil || r.Scan(&from, &list) != nil || s.forget(ctx, list, lot(from)) == 0 {
			return
		}
	}
}

// countAway notes how many users are away, for Stats.
func (s *Store) countAway() {
	s.do(awayKey, func(r resp.Reply, err error) {
		if away, e := r.Int(); err == nil && e == nil {
			s.bounds.away.Store(away)
		}
	}, "ZCARD", dueKey)
}

// forget forgets those of the users whose time has come, or early those of a lot, and returns
// how many left it. A user who held nothing may hold something by now. The list has each user, and
// when the user is due.
func (s *Store) forget(ctx context.Context, list []string, early lot) (left int) {
	users := make([]due, 0, len(list)/2)
	for pair := range slices.Chunk(list, 2) {
		users = append(users, due{pair[0], pair[1]})
	}
	commands := make([]command, len(users))
	for i, u := range users {
		commands[i] = on(userKey(u.name), forgetScript, s.ttl(), int(early))
	}
	replies, err := s.all(ctx, commands)
	if err != nil {
		return 0
	}
	var done []command
	for i, u := range users {
		var stays bool // without early by the clock of Redis; that of this node may be a little ahead
		var groups, pairs []string
		if replies[i].Scan(&stays, &groups, &pairs) != nil || s.part(ctx, u.name, pairs) != nil {
			return 0
		}
		to := lot(0)
		if stays {
			if early != idlers {
				continue
			}
			to = holders
		} else {
			s.leaveAll(u.name, groups)
		}
		done = append(done, on(awayKey, awayScript, u.name, u.at, int(to), "-"))
	}
	if _, err := s.all(ctx, done); err != nil {
		return 0
	}
	return len(done)
}
