package journal

import (
	"fmt"
	"os"
)

// isInPlace fails with ErrGone if the directory of the journal is not where it was: it
// has been renamed or removed, and there may be another one in its place. The lock file
// shows that, since it is never replaced.
func (s *Store) isInPlace() error { return inPlace(s.lock, s.lock.Name()) }

// vouch fails with ErrGone if the next start would not find the active segment. A
// write to a file that has been removed succeeds, and so does its fsync. Where only
// the segment is missing it is broken: repair puts a copy in its place.
func (s *Store) vouch() error {
	if err := s.isInPlace(); err != nil {
		return err
	}
	a := &s.commit.active
	err := inPlace(a.f, segmentPath(s.dir, a.number))
	if err != nil {
		a.broken = err
	}
	return err
}

// inPlace fails with ErrGone if a file is not what is at path.
func inPlace(f *os.File, path string) error {
	mine, err := f.Stat()
	if err != nil {
		return wrap(err)
	}
	there, err := os.Stat(path)
	if err != nil || !os.SameFile(mine, there) {
		return fmt.Errorf("%w: %s", ErrGone, path)
	}
	return nil
}
