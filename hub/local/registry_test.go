package local

import (
	"errors"
	"testing"
	"time"

	"wschat/hub/chat"
	"wschat/hub/store"
)

// registry is a chat.Registry over memory, which calls stored when a test says so. It writes
// down what it is told, like a recorder.
type registry struct {
	*store.Memory
	recorder
	known   chat.Known
	waiting []func(error)
}

func (r *registry) Load() chat.Known                                              { return r.known }
func (r *registry) Seen(user string, t time.Time)                                 {}
func (r *registry) Forget(user string)                                            { r.note("forget %s", user) }
func (r *registry) SaveBans(map[string]time.Time) error                           { return nil }
func (r *registry) SetMember(user, group string, member bool, stored func(error)) { stored(nil) }
func (r *registry) Answered(m *chat.Message, away bool, stored func(error)) {
	r.note("answered %d: %v", m.Seq, away)
	stored(nil)
}

func (r *registry) SetMarks(user, conversation string, m chat.Marks, stored func(error)) {
	r.note("%s keeps %s: %v %v", user, conversation, m.Read, m.Flags)
	if stored != nil {
		r.waiting = append(r.waiting, stored)
	}
}

// store calls the oldest stored.
func (r *registry) store(err error) {
	stored := r.waiting[0]
	r.waiting = r.waiting[1:]
	stored(err)
}

// openKeeping returns an engine over a registry that knew something before the start.
func openKeeping(t *testing.T, known chat.Known, config Config) (*Engine, *recorder, *registry) {
	t.Helper()
	kept, r := &registry{Memory: store.New(0), known: known}, new(recorder)
	config.Store = kept
	e := New(config)
	e.Attach(r)
	t.Cleanup(e.Close)
	return e, r, kept
}

var errDisk = errors.New("no disk")
