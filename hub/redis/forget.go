package redis

import (
	"context"
	"slices"
	"strconv"
	"time"
)

const (
	// forgetTime bounds how long users are forgotten at once: the keeper has other
	// things to do.
	forgetTime = time.Second
	// crowdTime is how often the users are counted.
	crowdTime = time.Second
)

// due is a user who is to be forgotten, and when, in milliseconds.
type due struct{ name, at string }

// forgetUsers forgets who has been away for too long. Any number of nodes may do
// that at once.
func (s *Store) forgetUsers() {
	ctx, cancel := context.WithTimeout(context.Background(), forgetTime)
	defer cancel()
	for {
		users, err := s.due(ctx, "-inf", strconv.FormatInt(s.now().UnixMilli(), 10))
		if err != nil || s.forget(ctx, users, false) < batch {
			return
		}
	}
}

// forgetEarly forgets users who are away and hold nothing, the longest away first, while
// there are too many. If it finds none, unknown users are turned away, until it does.
func (s *Store) forgetEarly() {
	if s.config.MaxUsers == 0 || s.config.MembershipTTL == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), forgetTime)
	defer cancel()
	r, err := s.call(ctx, forgetKey, "ZCARD", forgetKey)
	if err != nil {
		return
	}
	n, _ := r.Int()
	many, found := int(n)-s.config.MaxUsers, 0
	for found < many {
		users, err := s.due(ctx, s.searched, "+inf")
		if err != nil {
			break
		}
		end := len(users) < batch
		for len(users) > 0 && found < many {
			n := min(len(users), many-found)
			found += s.forget(ctx, users[:n], true)
			s.searched, users = "("+users[n-1].at, users[n:]
		}
		if end && len(users) == 0 {
			s.searched = "-inf"
			break
		}
	}
	s.crowded.Store(many > 0 && found == 0)
}

// due returns at most batch users who are due between two times.
func (s *Store) due(ctx context.Context, from, to string) ([]due, error) {
	r, err := s.call(ctx, forgetKey, "ZRANGEBYSCORE", forgetKey, from, to, "WITHSCORES", "LIMIT", 0, batch)
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

// forget forgets those of the users whose time has come, or with early who hold nothing,
// and returns how many left the list.
func (s *Store) forget(ctx context.Context, users []due, early bool) (forgotten int) {
	commands := make([]command, len(users))
	for i, u := range users {
		commands[i] = on(userKey(u.name), forgetScript, s.ttl(), flag(early))
	}
	replies, err := s.all(ctx, commands)
	if err != nil {
		return 0
	}
	var done []command
	for i, u := range users {
		var stays bool // by the clock of Redis; that of this node may be a little ahead
		var groups, pairs []string
		if replies[i].Scan(&stays, &groups, &pairs) != nil || s.part(ctx, u.name, pairs) != nil {
			return 0
		}
		if !stays {
			s.leaveAll(u.name, groups)
			done = append(done, on(forgetKey, forgottenScript, u.name, u.at))
		}
	}
	if _, err := s.all(ctx, done); err != nil {
		return 0
	}
	return len(done)
}
