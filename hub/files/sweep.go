package files

import (
	"errors"
	"os"
	"time"
)

const (
	// unsentTime is how long a file waits to be sent.
	unsentTime = time.Hour
	// doomedTime is the time between two looks at what is noted in doomed.
	doomedTime = time.Minute
	sweepTime  = 5 * time.Minute
	// countTime is when what is there is counted anew: other nodes, and the operator, may have
	// changed it.
	countTime = time.Hour
)

// sweepAll removes what nobody needs, now and then.
func (s *Store) sweepAll() {
	ticker := time.NewTicker(doomedTime)
	defer ticker.Stop()
	var isDeleted func(conversation string, seq uint64) (bool, error)
	for n := time.Duration(0); ; {
		select {
		case <-s.stop:
			return
		case isDeleted = <-s.attended:
			s.sweepDoomed(isDeleted)
			continue
		case <-ticker.C:
			n += doomedTime
		}
		if isDeleted != nil {
			s.sweepDoomed(isDeleted)
		}
		var err error
		if n%sweepTime == 0 {
			err = s.sweep()
		}
		if err == nil && n%countTime == 0 {
			err = s.count()
		}
		if err != nil {
			s.log.Error("files cannot be looked through", "dir", s.config.Dir, "error", err)
		}
	}
}

// sweep removes uploads whose process has ended, and files that nobody has sent in time.
func (s *Store) sweep() error {
	err := s.each(partDir, func(e entry) { s.removeDead(e.id) })
	if err != nil {
		return err
	}
	return s.each(newDir, func(e entry) {
		if time.Since(e.at) < unsentTime {
			return
		}
		size, err := s.removeAt(newDir, e.id)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			s.log.Error("file cannot be removed", "file", e.id, "error", err)
		}
		if err == nil {
			s.room.add(-size, 0)
			s.mu.Lock()
			s.stats.Unsent++
			s.mu.Unlock()
		}
	})
}

// removeDead removes what an upload has left behind, if nobody holds it.
func (s *Store) removeDead(id string) {
	path := s.path(partDir, id)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return // it is gone, or somebody else's
	}
	defer f.Close()
	if held, err := hold(f); !held || err != nil {
		return
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		s.log.Error("what is left of an upload cannot be removed", "file", id, "error", err)
	}
}

// createPart makes a file for an upload, and holds it until it is closed. It has an id that nobody
// has had: whoever has seen a file at its path, and found that nobody holds it, removes it.
func (s *Store) createPart() (f *os.File, id string, err error) {
	for {
		id = newID()
		if f, err = os.OpenFile(s.path(partDir, id), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
			return nil, "", err
		}
		held, err := hold(f)
		if held && isAt(f, f.Name()) {
			return f, id, nil
		}
		f.Close()
		os.Remove(f.Name())
		if err != nil {
			return nil, "", err
		} // else a sweep has come between, and removed it
	}
}

// checkLocks fails where files cannot be locked: then nobody could know which uploads are under
// way.
func (s *Store) checkLocks() error {
	f, _, err := s.createPart()
	if err != nil {
		return err
	}
	f.Close()
	if err := os.Remove(f.Name()); !errors.Is(err, os.ErrNotExist) { // else another node's sweep was first
		return err
	}
	return nil
}

// isAt reports whether f is still what is at a path.
func isAt(f *os.File, path string) bool {
	mine, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(mine, there)
}
