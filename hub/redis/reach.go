//go:build redis

package redis

import (
	"context"
	"maps"
	"slices"
	"time"
)

// Reach waits until everything that has been asked of this store is done, and the
// node has been told of all that had happened by then and concerns somebody here.
// It is for tests, and only in their binary: the server is built without the tag redis.
func (s *Store) Reach() error {
	ctx, cancel := patience()
	defer cancel()
	for s.async.Load() > 0 || !s.followsAll(ctx) {
		if err := ctx.Err(); err != nil {
			return err
		}
		time.Sleep(time.Millisecond)
	}
	s.mu.Lock()
	followed := slices.Collect(maps.Values(s.conversations))
	followed = slices.DeleteFunc(followed, func(c *conversation) bool { return c.refs == 0 })
	s.mu.Unlock()
	if err := opened(ctx, followed); err != nil {
		return err
	}
	at, err := s.places(ctx, followed)
	if err != nil {
		return err
	}
	for i, c := range followed {
		if err := s.reached(ctx, c.name, at[i].p); err != nil {
			return err
		}
	}
	return nil
}

// followsAll reports whether the private conversations of all who are here are followed.
func (s *Store) followsAll(ctx context.Context) bool {
	s.mu.Lock()
	names := slices.Collect(maps.Keys(s.users))
	s.mu.Unlock()
	replies, err := s.each(ctx, names, func(name string) command { return on(userKey(name), userScript) })
	if err != nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, name := range names {
		var replaced uint64
		var pairs, groups []string
		if replies[i].Scan(&replaced, &pairs, &groups) != nil {
			return false
		}
		u := s.users[name]
		if u != nil && slices.ContainsFunc(pairs, func(pair string) bool { return u.conversations[pair] == nil }) {
			return false
		}
	}
	return true
}
