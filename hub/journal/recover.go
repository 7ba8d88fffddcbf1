package journal

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// open locks the directory and reads the journal in it.
func (s *Store) open() (err error) {
	if _, err := os.Stat(s.dir); errors.Is(err, os.ErrNotExist) {
		if err := s.makeDir(s.dir); err != nil {
			return err
		}
	}
	if s.lock, err = lockDir(s.dir); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			s.lock.Close()
		}
	}()
	if err := s.removeParts(); err != nil {
		return err
	}
	if err := s.loadBans(); err != nil {
		return err
	}
	segments, replaced, err := openAll(s.dir)
	if err != nil {
		return err
	}
	defer func() { closeAll(append(segments, replaced...)) }()
	if len(segments) == 0 {
		return s.create()
	}
	s.epoch = segments[0].epoch
	s.state.requests.since = time.Now().Add(-requestAge).UnixNano()
	for i, r := range segments {
		if err := s.recover(r, segments[0].compacted(), i == len(segments)-1); err != nil {
			return err
		}
	}
	now := time.Now().UnixNano()
	for name, u := range s.state.users {
		if u.here { // until the server ended, at a time that was not recorded
			u.here, u.seen = false, now
			s.note(note{kind: kindUser, user: name}, 0)
		}
	}
	if t := s.state.deletion; t > 0 {
		s.erasure.owe(time.Unix(0, t))
	}
	s.commit.time = s.memory.Newest()
	if err := s.removeReplaced(replaced); err != nil {
		s.commit.active.f.Close()
		return err
	}
	return nil
}

// create begins a journal.
func (s *Store) create() error {
	s.epoch = strings.ToLower(rand.Text()[:epochSize])
	h := newHeader(s.epoch, 1, 1)
	f, err := s.createPart(h)
	if err != nil {
		return err
	}
	if err = s.install(f); err == nil {
		err = s.syncDir(s.dir)
	}
	if err == nil {
		err = s.syncParent(s.dir)
	}
	if err != nil {
		s.discardPart(f)
		return err
	}
	s.commit.active = segment{header: h, f: f, size: int64(headerSize), rotateAt: s.config.segmentSize}
	return nil
}

// recover reads a segment into the state. The newest becomes the active one.
func (s *Store) recover(r *reader, compacted, newest bool) error {
	deletion := s.state.deletion
	ended, torn, err := readSegment(r, newest, func(rec record) error {
		return s.state.apply(rec, compacted)
	})
	if r.compacted() { // what it deletes it has erased
		s.state.deletion = deletion
	}
	if err != nil {
		return err
	}
	if !newest {
		s.sealed = append(s.sealed, sealed{r.number, r.through, r.size})
		return nil
	}
	f, err := s.disk.open(r.f.Name())
	if err != nil {
		return err
	}
	size := r.size
	if torn != nil {
		s.log.Warn("torn record", "file", torn.File, "offset", torn.Offset, "reason", torn.Reason, "cut", size-torn.Offset)
		size = torn.Offset
		err = s.disk.truncate(f, size)
	}
	if err == nil {
		err = s.disk.sync(f) // what has been read is about to be shown, and may not be safe yet
	}
	if err != nil {
		f.Close()
		return err
	}
	s.commit.active = segment{header: r.header, f: f, size: size, ended: ended, rotateAt: s.config.segmentSize}
	return nil
}

// removeReplaced removes the segments that a compaction has left behind, once it
// is sure that what replaces them is there.
func (s *Store) removeReplaced(replaced []*reader) error {
	if err := s.syncDir(s.dir); err != nil {
		return err
	}
	for _, r := range replaced {
		if err := s.disk.remove(r.f.Name()); err != nil {
			return err
		}
	}
	return nil
}

// removeParts removes segments that a crash has left unfinished.
func (s *Store) removeParts() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return wrap(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), segmentSuffix+partSuffix) {
			continue
		}
		if err := s.disk.remove(filepath.Join(s.dir, e.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}
