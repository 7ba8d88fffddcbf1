package hub

import (
	"errors"
	"sync"
	"testing"

	"wschat/hub/chat"
	"wschat/hub/store"
)

// DelayedStore is a Memory that reports from a goroutine of its own, in order, as
// stores do that wait for a disk or a server. While it is held, nothing is
// stored.
type DelayedStore struct {
	*store.Memory
	ended sync.WaitGroup

	mu     sync.Mutex
	change *sync.Cond
	jobs   []func()
	held   bool
	closed bool
	broken error // what Append reports, if not nil
}

// NewDelayedStore returns an empty store, which ends with the test.
func NewDelayedStore(t *testing.T) *DelayedStore {
	s := &DelayedStore{Memory: store.New(0)}
	s.change = sync.NewCond(&s.mu)
	s.ended.Go(s.work)
	t.Cleanup(func() {
		s.set(func() { s.closed, s.held = true, false })
		s.ended.Wait()
	})
	return s
}

func (s *DelayedStore) work() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		for s.held || len(s.jobs) == 0 {
			if s.closed && !s.held {
				return
			}
			s.change.Wait()
		}
		job := s.jobs[0]
		s.jobs = s.jobs[1:]
		s.mu.Unlock()
		job()
		s.mu.Lock()
	}
}

// set changes how the store behaves.
func (s *DelayedStore) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	s.change.Broadcast()
}

func (s *DelayedStore) hold()            { s.set(func() { s.held = true }) }
func (s *DelayedStore) release()         { s.set(func() { s.held = false }) }
func (s *DelayedStore) breaks(err error) { s.set(func() { s.broken = err }) }

// Append implements Store.
func (s *DelayedStore) Append(m *chat.Message, stored func(error)) {
	s.set(func() {
		err := s.broken
		s.jobs = append(s.jobs, func() {
			if err != nil {
				stored(err)
				return
			}
			s.Memory.Append(m, stored)
		})
	})
}

var errFullDisk = errors.New("no space left on device")
