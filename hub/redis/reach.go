//go:build redis

package redis

import (
	"context"
	"time"

	"wschat/hub/redis/resp"
)

// Reach waits until everything that has been asked of this store is done, and the
// node has been told of all that had happened by then and concerns somebody here.
// It is for tests, and only in their binary: the server is built without the tag redis.
func (s *Store) Reach() error {
	ctx, cancel := patience()
	defer cancel()
	for s.async.Load() > 0 && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	if err := s.reachPairs(ctx); err != nil {
		return err
	}
	var names []string
	var commands []command
	var open []*conversation
	s.mu.Lock()
	for name, c := range s.conversations {
		if c.refs > 0 {
			names, open = append(names, name), append(open, c)
			commands = append(commands, command{c.key, []any{syncScript, 1, c.key, "-", 0}})
		}
	}
	s.mu.Unlock()
	if err := opened(ctx, open); err != nil {
		return err
	}
	replies, err := s.all(ctx, commands)
	if err != nil {
		return err
	}
	for i, name := range names {
		at, _, err := parsePlace(replies[i])
		if err != nil {
			return err
		}
		if err := s.reached(ctx, name, at.p); err != nil {
			return err
		}
	}
	return nil
}

// reachPairs waits until the private conversations of all who are here are followed.
func (s *Store) reachPairs(ctx context.Context) error {
	var names []string
	var commands []command
	s.mu.Lock()
	for name := range s.users {
		names = append(names, name)
		commands = append(commands, command{userKey(name), []any{userScript, 1, userKey(name)}})
	}
	s.mu.Unlock()
	replies, err := s.all(ctx, commands)
	if err != nil {
		return err
	}
	for i, name := range names {
		parts, err := replies[i].Array()
		if err != nil || len(parts) < 2 {
			return resp.ErrReply
		}
		pairs, err := parts[1].Strings()
		if err != nil {
			return err
		}
		for !s.follows(name, pairs) {
			if err := ctx.Err(); err != nil {
				return err
			}
			time.Sleep(time.Millisecond)
		}
	}
	return nil
}

func (s *Store) follows(name string, pairs []string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[name]
	if u == nil {
		return true
	}
	for _, pair := range pairs {
		if u.conversations[pair] == nil {
			return false
		}
	}
	return true
}
