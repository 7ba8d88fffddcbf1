package redis

import (
	"context"
	"slices"
	"time"
)

const (
	// forgetTime bounds how long users are forgotten at once: the keeper has other
	// things to do.
	forgetTime = time.Second
	// crowdTime is how often the users are counted.
	crowdTime = time.Second
)

// lot is one of the two sorts of users who are away, by its number in awayScript.
type lot int

const (
	idlers  lot = 1 // they hold nothing
	holders lot = 2 // they are in a group or a private conversation
)

func (l lot) key() string {
	if l == idlers {
		return idleKey
	}
	return holdingKey
}

// wentAway notes that a user has gone offline: that exit has the number.
func (s *Store) wentAway(name string, number uint64, holds bool) {
	lot := idlers
	if holds {
		lot = holders
	}
	if ttl := s.config.MembershipTTL; ttl > 0 {
		s.do(awayKey, ignore, awayScript, name, int64(number/1000)+ttl.Milliseconds(), int(lot))
	}
}

// returned notes that a user is online: the last login has the number. A later exit stays.
func (s *Store) returned(name string, number uint64) {
	if ttl := s.config.MembershipTTL; ttl > 0 {
		s.do(awayKey, ignore, awayScript, name, int64(number/1000)+ttl.Milliseconds()-1, 0)
	}
}

// due is a user who is to be forgotten, and when, in milliseconds.
type due struct{ name, at string }

// forgetUsers forgets who has been away for too long. Any number of nodes may do
// that at once.
func (s *Store) forgetUsers() {
	ctx, cancel := context.WithTimeout(context.Background(), forgetTime)
	defer cancel()
	for _, lot := range []lot{idlers, holders} {
		for {
			users, err := s.due(ctx, lot, s.now().UnixMilli(), batch)
			if err != nil || s.forget(ctx, lot, users, 0) < batch {
				break
			}
		}
	}
}

// forgetEarly forgets users while too many are away: of the larger lot, the longest away.
func (s *Store) forgetEarly() {
	if s.config.MaxUsers == 0 || s.config.MembershipTTL == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), forgetTime)
	defer cancel()
	for {
		replies, err := s.all(ctx, []command{on(awayKey, "ZCARD", idleKey), on(awayKey, "ZCARD", holdingKey)})
		if err != nil {
			return
		}
		a, _ := replies[0].Int()
		b, _ := replies[1].Int()
		many := int(a+b) - s.config.MaxUsers
		most, more := idlers, int(a-b)
		if more < 0 {
			most, more = holders, -more
		}
		if many <= 0 {
			return
		}
		// Of more than the difference, each lot loses half.
		users, err := s.due(ctx, most, "+inf", min(many, (many+more+1)/2, batch))
		if err != nil || s.forget(ctx, most, users, most) == 0 {
			return
		}
	}
}

// due returns at most so many users of a lot who are due before a time.
func (s *Store) due(ctx context.Context, lot lot, before any, most int) ([]due, error) {
	r, err := s.call(ctx, awayKey, "ZRANGEBYSCORE", lot.key(), "-inf", before, "WITHSCORES", "LIMIT", 0, most)
	if err != nil {
		return nil, err
	}
	list, err := r.Strings()
	if err != nil {
		return nil, err
	}
	users := make([]due, 0, len(list)/2)
	for pair := range slices.Chunk(list, 2) {
		users = append(users, due{pair[0], pair[1]})
	}
	return users, nil
}

// forget forgets those users of a lot whose time has come, or early those of a lot, and
// returns how many left theirs. One who was idle may hold something by now.
func (s *Store) forget(ctx context.Context, from lot, users []due, early lot) (left int) {
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
		done = append(done, on(awayKey, awayScript, u.name, u.at, int(to)))
	}
	if _, err := s.all(ctx, done); err != nil {
		return 0
	}
	return len(done)
}
