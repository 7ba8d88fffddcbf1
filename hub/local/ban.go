package local

import (
	"maps"
	"time"

	"wschat/hub/chat"
)

// maxBans bounds the bans. Beyond it, the one that has least time left ends early.
const maxBans = 1 << 16

// bans says until when users may not log in. It is never changed, but replaced.
type bans map[string]time.Time

func (b bans) holds(name string) bool { return time.Now().Before(b[name]) }

// with returns the bans that hold, and one more, which takes the place of an earlier one of
// the same user.
func (b bans) with(name string, until time.Time) bans {
	now := time.Now()
	next := maps.Clone(b)
	if next == nil {
		next = make(bans)
	}
	delete(next, name)
	soonest := name
	for other, end := range next {
		switch {
		case !now.Before(end):
			delete(next, other)
		case soonest == name || end.Before(next[soonest]):
			soonest = other
		}
	}
	if len(next) >= maxBans {
		delete(next, soonest)
	}
	next[name] = until
	return next
}

// Kick implements chat.Engine.
func (e *Engine) Kick(name string, ban time.Duration) (int, error) {
	if ban > 0 {
		if err := e.ban(name, ban); err != nil {
			return 0, err
		}
	}
	e.mu.Lock()
	n := 0
	if u := e.users[name]; u != nil {
		n = int(u.connections)
	}
	e.mu.Unlock()
	e.node.Kick(name)
	return n, nil
}

// Banned implements chat.Engine.
func (e *Engine) Banned(name string) (bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.bans.holds(name), nil
}

// ban keeps a user out for some time. With a Registry it holds once it is safe.
func (e *Engine) ban(name string, span time.Duration) error {
	e.banning.Lock()
	defer e.banning.Unlock()
	next := e.bans.with(name, time.Now().Add(span))
	if e.registry != nil {
		if err := e.registry.SaveBans(next); err != nil {
			return chat.ErrUnavailable
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.bans = next
	return nil
}
