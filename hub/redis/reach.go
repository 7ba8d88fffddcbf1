//go:build redis

package redis

import (
	"context"
	"maps"
	"slices"
	"time"
)

// Reach waits until everything that was asked of this store is done, and the node has been
// told of all that had happened by then and concerns somebody here.
// It is for tests, and only in their binary: the server is built without the tag redis.
func (s *Store) Reach() error {
	ctx, cancel := patience()
	defer cancel()
	for !s.reached(ctx) {
		if err := ctx.Err(); err != nil {
			return err
		}
		time.Sleep(time.Millisecond)
	}
	return nil
}

func (s *Store) reached(ctx context.Context) bool {
	if s.async.Load() > 0 {
		return false
	}
	for _, name := range s.everybody() {
		r, err := s.call(ctx, userKey(name), userScript, followedPairs)
		var replaced uint64
		var pairs, groups []string
		if err != nil || r.Scan(&replaced, &groups, &pairs) != nil {
			return false
		}
		s.mu.Lock()
		u := s.users[name]
		missing := u != nil && slices.ContainsFunc(pairs, func(pair string) bool { return u.conversations[pair] == nil })
		s.mu.Unlock()
		if missing {
			return false
		}
	}
	for _, c := range s.followed() {
		if !s.concerns(c) {
			continue
		}
		command := c.asks("-")
		r, err := s.call(ctx, command.key, command.args...)
		if err != nil {
			return false
		}
		at, err := parsePlace(c.name, r)
		if err != nil {
			return false
		}
		c.mu.Lock()
		equal := c.open && c.seq >= at.seq && (!c.tracks() || maps.EqualFunc(c.members, at.members, func(uint64, uint64) bool { return true }))
		c.mu.Unlock()
		if !equal {
			return false
		}
	}
	return true
}
