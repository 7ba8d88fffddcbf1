package hub

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"wschat/hub/chat"
)

// delayedRegistry is a DelayedStore that is a Registry: what it is to remember
// takes its time like a message.
type delayedRegistry struct {
	*DelayedStore
	known chat.Known

	logged sync.Mutex
	log    []string // what is remembered, in order
}

var _ chat.Registry = (*delayedRegistry)(nil)

func newDelayedRegistry(t *testing.T) *delayedRegistry {
	return &delayedRegistry{DelayedStore: NewDelayedStore(t)}
}

func (r *delayedRegistry) Load() chat.Known { return r.known }

// note is remembered at once.
func (r *delayedRegistry) note(format string, args ...any) {
	r.logged.Lock()
	defer r.logged.Unlock()
	r.log = append(r.log, fmt.Sprintf(format, args...))
}

// later is remembered behind what is appended already.
func (r *delayedRegistry) later(what string, stored func(error)) {
	r.set(func() {
		err := r.broken
		r.jobs = append(r.jobs, func() {
			if err != nil {
				stored(err)
				return
			}
			r.logged.Lock()
			defer r.logged.Unlock()
			r.log = append(r.log, what)
			stored(nil)
		})
	})
}

func (r *delayedRegistry) Seen(user string, t time.Time) {
	r.note("seen %s, here %v", user, t.IsZero())
}

func (r *delayedRegistry) Forget(user string) { r.note("forget %s", user) }

func (r *delayedRegistry) SaveBans(bans map[string]time.Time) error { return nil }

func (r *delayedRegistry) SetMember(user, group string, member bool, stored func(error)) {
	r.later(fmt.Sprintf("%s in %s: %v", user, group, member), stored)
}

func (r *delayedRegistry) SetMarks(user, conversation string, m chat.Marks, stored func(error)) {
	if stored == nil {
		stored = func(error) {}
	}
	r.later(fmt.Sprintf("%s marks %s: %+v", user, conversation, m), stored)
}

func (r *delayedRegistry) Answered(m *chat.Message, away bool, stored func(error)) {
	r.later(fmt.Sprintf("%s %s: away %v", m.From, m.ID, away), stored)
}

// remembers reports whether something is remembered.
func (r *delayedRegistry) remembers(what string) bool {
	r.logged.Lock()
	defer r.logged.Unlock()
	return slices.Contains(r.log, what)
}

// underWay waits until n sends wait to be stored.
func (r *delayedRegistry) underWay(t *testing.T, n int) {
	t.Helper()
	eventually(t, fmt.Sprint(n, " are under way"), func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.jobs) == n
	})
}
