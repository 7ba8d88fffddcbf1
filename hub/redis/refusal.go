package redis

import (
	"fmt"
	"sync/atomic"
	"time"
)

// probeTime is how often Redis is asked whether it would take a message, as long as
// it does. While it refuses, it is asked at each tick of the keeper.
const probeTime = time.Second

// refusal is whether a Redis that can be reached refuses what it is asked: it is full,
// say, or a replica. Safe for concurrent use.
type refusal struct {
	count atomic.Int64 // commands that were refused
	over  atomic.Int64 // what count was when nothing was refused any more
}

// refused notes that a command was, and reports whether that is news.
func (r *refusal) refused() bool {
	now := r.count.Add(1)
	return now-1 == r.over.Load()
}

func (r *refusal) lasts() bool { return r.count.Load() != r.over.Load() }

// masters returns a key of each master, which is never set.
func (s *Store) masters() []string {
	return s.client.Keys(func(n int) string { return fmt.Sprintf("wschat:{probe:%d}", n) })
}

// probe asks all masters whether they would take a message. Nobody else may find out:
// who watches over this node turns the senders away while they are refused.
func (s *Store) probe() {
	ctx, cancel := patience()
	defer cancel()
	before := s.refusal.count.Load()
	if _, err := s.each(ctx, s.masters(), func(key string) command { return on(key, probeScript) }); err != nil {
		return
	}
	if lasted := s.refusal.over.Swap(before) != before; lasted {
		s.log.Info("redis takes messages again")
	}
}
