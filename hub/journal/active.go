package journal

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// repairPause is the least time between two attempts to repair a segment.
const repairPause = 500 * time.Millisecond

// retryPause is the time between two attempts to write by a journal that cannot.
const retryPause = time.Second

// probeSize is how much room the disk must have before the journal counts as working
// again, in bytes.
const probeSize = 64 << 10

// segment is the active one.
type segment struct {
	header
	f        *os.File
	size     int64 // bytes that are safe
	ended    bool  // its last record is an end
	rotateAt int64 // the size from which it is to be the last but one

	broken   error // why its content on disk is uncertain; nil: it is not
	repaired time.Time
}

// ready makes sure that the active segment can be appended to.
func (s *Store) ready() error {
	a := &s.commit.active
	if a.broken != nil {
		if time.Since(a.repaired) < s.config.repairPause {
			return a.broken
		}
		a.repaired = time.Now()
		if err := s.repair(); err != nil {
			return fmt.Errorf("%w (repair: %w)", a.broken, err)
		}
	}
	if err := s.seal(); err != nil {
		if a.broken != nil || a.ended {
			return err
		}
		s.log.Error("journal cannot be sealed to erase what was deleted", "dir", s.dir, "err", err)
	}
	old := a.version < version // and an old program would take a new record for damage
	if !a.ended && !old && a.size < a.rotateAt {
		return nil
	}
	err := s.rotate()
	if err == nil || a.broken != nil || a.ended || old {
		return err
	}
	// The old one grows on. If only file descriptors are short, nothing else is lost.
	s.log.Warn("journal cannot begin a segment", "dir", s.dir, "err", err)
	a.rotateAt = a.size + s.config.segmentSize/8
	return nil
}

// put appends b to the active segment, and syncs it. If it fails, nothing has
// been appended, or the segment is broken.
func (s *Store) put(b []byte) error {
	a := &s.commit.active
	err := s.disk.write(a.f, b, a.size)
	if err == nil {
		if err = s.disk.sync(a.f); err != nil {
			a.broken = err
			s.disk.truncate(a.f, a.size) // in case of a crash before the repair
			return err
		}
		err = s.vouch()
	}
	if err == nil {
		a.size += int64(len(b))
		return nil
	}
	cutErr := s.disk.truncate(a.f, a.size)
	if cutErr == nil {
		cutErr = s.disk.sync(a.f)
	}
	if cutErr != nil {
		a.broken = err
	}
	return err
}

// probe finds out whether the disk takes more than a mark, whose few bytes may fit
// where nothing else does.
func (s *Store) probe() error {
	a := &s.commit.active
	err := s.disk.write(a.f, make([]byte, probeSize), a.size)
	return cmp.Or(err, s.disk.truncate(a.f, a.size))
}

// rotate ends the active segment, and begins the next. The new one is made before
// the end of the old one is written, and becomes part of the journal after it.
func (s *Store) rotate() error {
	a := &s.commit.active
	h := newHeader(s.epoch, a.through+1, a.through+1)
	f, err := s.createPart(h)
	if err != nil {
		return err
	}
	wasEnded := a.ended
	if !a.ended {
		if err := s.put(appendMark(nil, kindEnd, a.size, a.salt)); err != nil {
			s.discardPart(f)
			return err
		}
	}
	if err = s.install(f); err == nil {
		err = s.syncDir(s.dir)
	}
	if err != nil {
		s.discardPart(f)
		if !wasEnded {
			a.size -= markSize
		}
		a.broken = err
		return err
	}
	a.f.Close() // synced: there is nothing to lose
	s.mu.Lock()
	s.sealed = append(s.sealed, sealed{a.number, a.through, a.size})
	s.mu.Unlock()
	*a = segment{header: h, f: f, size: int64(headerSize), rotateAt: s.config.segmentSize}
	s.considerCompaction()
	return nil
}

// repair puts a copy of what is safe of the active segment in its place, and
// takes back a rotation that was not completed.
func (s *Store) repair() error {
	if err := s.isInPlace(); err != nil {
		return err // what is removed or written here would be another's
	}
	a := &s.commit.active
	next := segmentPath(s.dir, a.through+1)
	for _, path := range []string{next, next + partSuffix} {
		if err := s.disk.remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := s.syncDir(s.dir); err != nil {
		return err
	}
	part, err := s.disk.create(segmentPath(s.dir, a.number) + partSuffix)
	if err != nil {
		return err
	}
	if err = s.copyTo(part, a.f, a.size); err == nil {
		err = s.disk.sync(part)
	}
	if err == nil {
		err = check(part.Name(), a.size)
	}
	if err != nil {
		s.discardPart(part)
		return err
	}
	if err = s.install(part); err == nil {
		err = s.syncDir(s.dir)
	}
	if err != nil {
		part.Close() // perhaps in place already; the next attempt replaces it
		return err
	}
	a.f.Close()
	a.f, a.broken = part, nil
	return nil
}

// copyTo copies the first size bytes of a file to another.
func (s *Store) copyTo(to, from *os.File, size int64) error {
	buf := make([]byte, min(size, compactBuffer))
	for done := int64(0); done < size; {
		b := buf[:min(size-done, int64(len(buf)))]
		if _, err := from.ReadAt(b, done); err != nil {
			return err
		}
		if err := s.disk.write(to, b, done); err != nil {
			return err
		}
		done += int64(len(b))
	}
	return nil
}

// check fails if the segment at path is not size bytes of good records.
func check(path string, size int64) error {
	r, err := openSegment(path)
	if err != nil {
		return err
	}
	defer r.close()
	_, torn, err := readSegment(r, true, func(record) error { return nil })
	switch {
	case err != nil:
		return err
	case torn != nil:
		return torn
	case r.size != size:
		return &DamageError{path, r.size, "not the size that was written"}
	}
	return nil
}
