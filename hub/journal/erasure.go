package journal

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	// eraseAfter is how long a deleted text stays on disk before a compaction that leaves it out
	// begins: many deletions share one. PROTOCOL 5.1 says within an hour.
	eraseAfter = 30 * time.Minute
	// eraseRetry is the time before another attempt if it fails.
	eraseRetry = time.Minute
)

// erasure sees to it that what is deleted leaves the disk: it has the committer seal the
// active segment, and then all segments compacted. Safe for concurrent use.
type erasure struct {
	due   atomic.Bool // the committer is to seal the active segment
	timer *time.Timer // until then

	mu     sync.Mutex
	owed   bool // something deleted is on disk, and the timer runs
	sealed bool // it is in sealed segments, and no compaction has begun since
}

// owe notes that a message was deleted.
func (e *erasure) owe(deleted time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.owed {
		e.owed = true
		e.timer.Reset(time.Until(deleted.Add(eraseAfter)))
	}
}

// retry tries again later.
func (e *erasure) retry() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.owed = true
	e.timer.Reset(eraseRetry)
}

// setSealed notes that all that was deleted is in sealed segments.
func (e *erasure) setSealed() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.owed, e.sealed = false, true
}

// begin reports whether the compaction that is about to begin is to erase anything.
func (e *erasure) begin() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	sealed := e.sealed
	e.sealed = false
	return sealed
}

// seal seals the active segment if that is due, so that the compaction, which it asks for,
// comes across all that was deleted. The committer calls it.
func (s *Store) seal() error {
	if !s.erasure.due.Swap(false) {
		return nil
	}
	for {
		if err := s.rotate(); err != nil {
			s.erasure.retry()
			return err
		}
		if s.compactable() {
			break
		}
	}
	s.erasure.setSealed()
	s.askCompaction()
	return nil
}
