package files

import (
	"cmp"
	"errors"
	"io"
	"os"
	"slices"
	"sync"
	"time"
)

// room is how much all files take: what is on disk, as far as this node knows, and what uploads
// may come to take.
type room struct {
	making sync.Mutex // one at a time looks for the oldest files; locked before mu

	mu       sync.Mutex
	used     int64
	reserved int64 // of used, by uploads under way
	unseen   int64 // reserved since the last look at the directories
}

// add changes both, and returns what is used then.
func (r *room) add(used, reserved int64) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used += used
	r.reserved += reserved
	r.unseen += max(reserved, 0)
	return r.used
}

// sawAll notes a look at the directories, and by how much less or more there is than was known.
func (r *room) sawAll(more int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used += more
	r.unseen = 0
}

// isStale reports whether the bytes reserved since the last look have reached most.
func (r *room) isStale(most int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.unseen >= most
}

// inUse returns what is used.
func (r *room) inUse() int64 { return r.add(0, 0) }

// stored returns what is used by files that are there.
func (r *room) stored() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.used - r.reserved
}

const (
	blockSize = 4 << 10
	maxTail   = 1 << 10
	// maxOldest bounds the files that are found for one look at the directories.
	maxOldest = 4096
	// share of all that is made free at once, since a look costs much where there are many.
	makeShare = 64
)

// onDisk is how many bytes a file takes, roughly: file systems have blocks.
func onDisk(size int64) int64 { return (size + blockSize - 1) / blockSize * blockSize }

// neverFits reports whether a file is larger than all may be.
func (s *Store) neverFits(size int64) bool { return s.config.Bytes > 0 && size > s.config.Bytes }

// settle ends a reservation, after which so much is on disk.
func (s *Store) settle(reserved, stored int64) {
	s.room.add(stored-reserved, -reserved)
}

// makeRoom reserves room for bytes of an upload. The oldest files make it. Where others store
// files, too, it looks now and then how many there are.
func (s *Store) makeRoom(size int64) error {
	r, most := &s.room, s.config.Bytes
	fits := r.add(size, size) <= most || most == 0
	stale := func() bool { return s.config.Shared && most > 0 && r.isStale(most/makeShare) }
	if fits && !stale() {
		return nil
	}
	r.making.Lock()
	defer r.making.Unlock()
	if stale() { // nobody has looked meanwhile
		if _, err := s.look(0); err != nil {
			s.settle(size, 0)
			return err
		}
	}
	err := s.shrink()
	if err != nil {
		s.settle(size, 0)
	}
	return err
}

// shrink removes the oldest files until the bound holds. It fails with ErrNoRoom if uploads under
// way have all of it. The lock of making is held.
func (s *Store) shrink() error {
	most := s.config.Bytes
	for most > 0 && s.room.inUse() > most {
		oldest, err := s.look(maxOldest)
		if err != nil {
			return err
		}
		if s.room.inUse() <= most {
			break
		}
		if len(oldest) == 0 {
			return ErrNoRoom
		}
		for _, e := range oldest {
			if s.room.inUse() <= most-most/makeShare {
				break
			}
			size, err := s.removeAt(e.dir, e.id)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
			if err != nil { // another node was first, and makes room likewise
				size = e.size
			}
			s.room.add(-size, 0)
			if err == nil {
				s.mu.Lock()
				s.stats.Evicted++
				s.mu.Unlock()
			}
		}
	}
	return s.syncDirs(newDir, sentDir)
}

// count sums up what is there.
func (s *Store) count() error {
	s.room.making.Lock()
	defer s.room.making.Unlock()
	if _, err := s.look(0); err != nil {
		return err
	}
	if err := s.shrink(); !errors.Is(err, ErrNoRoom) { // else it is for the uploads to give up
		return err
	}
	return nil
}

// entry is a file in a directory.
type entry struct {
	dir, id string
	at      time.Time
	size    int64 // on disk
}

// look sums up what is in the directories, and returns the oldest files, first the oldest. The
// lock of making is held.
func (s *Store) look(most int) (oldest []entry, err error) {
	before := s.room.stored()
	total := int64(0)
	for _, dir := range []string{newDir, sentDir} {
		err := s.each(dir, func(e entry) {
			total += e.size
			if most == 0 {
				return
			}
			if oldest = append(oldest, e); len(oldest) == 2*most {
				oldest = first(oldest, most)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	s.room.sawAll(total - before) // what has changed meanwhile is counted
	return first(oldest, most), nil
}

// first returns the oldest of some files, in order.
func first(of []entry, most int) []entry {
	slices.SortFunc(of, func(a, b entry) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id)) })
	return of[:min(len(of), most)]
}

// each calls do for each file of a directory, of which few are in memory at a time.
func (s *Store) each(dir string, do func(entry)) error {
	d, err := os.Open(s.path(dir, ""))
	if err != nil {
		return err
	}
	defer d.Close()
	for {
		list, err := d.ReadDir(256)
		for _, e := range list {
			if !isID(e.Name()) {
				continue
			}
			if info, err := e.Info(); err == nil && info.Mode().IsRegular() { // else it is gone
				do(entry{dir, e.Name(), info.ModTime(), onDisk(info.Size())})
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
