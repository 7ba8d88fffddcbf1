package redis

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// probeTime is how often Redis is asked whether it would take a message, as long as
// it does. While it refuses, it is asked at each tick of the keeper.
const probeTime = time.Second

// refusal is whether a Redis that can be reached refuses what it is asked: it is full,
// say, or a replica. Safe for concurrent use.
type refusal struct {
	count atomic.Int64 // commands that were refused
	over  atomic.Int64 // what count was when nothing was refused any more
	late  atomic.Int64 // when a command came too late, in Unix seconds, as was logged last
}

// refused notes that a command was, and reports whether that is news.
func (r *refusal) refused() bool {
	now := r.count.Add(1)
	return now-1 == r.over.Load()
}

// isLate notes that a command came too late, and reports whether that is to be logged: once a
// minute.
func (r *refusal) isLate(now time.Time) bool {
	last := r.late.Load()
	return now.Unix()-last >= 60 && r.late.CompareAndSwap(last, now.Unix())
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

// failed makes chat.ErrUnavailable of what went wrong with a command, or one of the errors of
// chat.Store.Append. That
// Redis has lost something it notes; that it refuses, or is not given any more, it notes and
// logs once.
func (s *Store) failed(err error) error {
	if err == nil {
		return nil
	}
	var reply *resp.ServerError
	code := ""
	if errors.As(err, &reply) {
		code = reply.Code()
	}
	switch {
	case code == "FULL":
		s.bounds.missedMany.Add(1)
		return chat.ErrFull
	case code == "NOTFOUND":
		return chat.ErrNotFound
	case code == "NOTYOURS":
		return chat.ErrNotYours
	case code == "BADFIELD":
		return chat.ErrNoText
	case code == "LATE":
		if s.refusal.isLate(time.Now()) {
			s.log.Warn("what was asked came too late: redis is slow, or the clock of a master is ahead of the others")
		}
	case code == "LOST":
		s.lost("a message was refused: " + err.Error())
	case code != "" || errors.Is(err, resp.ErrBusy):
		if s.refusal.refused() {
			s.log.Warn("redis refuses", "error", err)
		}
	}
	return chat.ErrUnavailable
}
