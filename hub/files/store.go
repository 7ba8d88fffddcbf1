package files

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// The directories of a store.
const (
	partDir   = "part"
	newDir    = "new"
	sentDir   = "sent"
	doomedDir = "doomed"
)

// Why a file is not stored. Any other error of Put is that of the reader, or of the disk.
var (
	ErrTooLarge = errors.New("files: the file is too large")
	ErrTooMany  = errors.New("files: the user has too many uploads under way")
	ErrNoRoom   = errors.New("files: there is no room")
)

// Config says where files are, and how many.
type Config struct {
	Dir     string
	MaxFile int64        // bytes of one; 0: as many as the protocol can tell
	Bytes   int64        // of all, each counted in whole blocks; 0: no limit
	Shared  bool         // other processes store files in Dir, too
	Log     *slog.Logger // nil: nothing is logged
}

// Store keeps files. Its methods are safe for concurrent use.
type Store struct {
	config  Config
	log     *slog.Logger
	stop    chan struct{}
	running sync.WaitGroup
	// attended brings what Attend is given.
	attended chan func(conversation string, seq uint64) (bool, error)

	room room

	mu      sync.Mutex
	uploads map[string]int // that are under way, by user
	stats   Stats
}

// Stats counts what has happened since the start.
type Stats struct {
	Used      int64  // bytes
	Uploading int    // at the moment
	Stored    uint64 // files
	Received  uint64 // bytes of them
	Served    uint64 // answers with a file
	Refused   uint64 // for want of room
	Evicted   uint64 // the oldest, to make room
	Unsent    uint64 // that nobody has sent in time
}

// Open opens the directory, and makes it if it is missing. What an upload has left behind that
// ended with its process is removed. It fails where files cannot be locked.
func Open(config Config) (*Store, error) {
	s := &Store{
		config: config, log: config.Log, stop: make(chan struct{}), uploads: make(map[string]int),
		attended: make(chan func(string, uint64) (bool, error), 1),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(config.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	for _, dir := range []string{partDir, newDir, sentDir, doomedDir} {
		if err := os.Mkdir(s.path(dir, ""), 0o700); err != nil && !errors.Is(err, os.ErrExist) {
			return nil, fmt.Errorf("files: %w", err)
		}
	}
	for _, begin := range []func() error{s.checkLocks, s.sweep, s.count} {
		if err := begin(); err != nil {
			return nil, fmt.Errorf("files: %w", err)
		}
	}
	s.running.Go(s.sweepAll)
	return s, nil
}

// Close waits for what is under way. Uploads must have ended.
func (s *Store) Close() {
	close(s.stop)
	s.running.Wait()
}

// MaxFile returns the bytes that a file may have.
func (s *Store) MaxFile() int64 {
	const most = 1<<53 - 1 // what JavaScript can count
	if s.config.MaxFile == 0 {
		return most
	}
	return min(s.config.MaxFile, most)
}

// Stats returns what there is to tell.
func (s *Store) Stats() Stats {
	used := s.room.inUse()
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.stats
	stats.Used = used
	return stats
}

// Drain returns when no upload is under way, or ctx is done.
func (s *Store) Drain(ctx context.Context) {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for s.Stats().Uploading > 0 {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func (s *Store) path(dir, id string) string { return filepath.Join(s.config.Dir, dir, id) }

// syncDirs makes renames in directories safe.
func (s *Store) syncDirs(dirs ...string) error {
	for _, dir := range dirs {
		d, err := os.Open(s.path(dir, ""))
		if err != nil {
			return err
		}
		err = errors.Join(d.Sync(), d.Close())
		if err != nil {
			return err
		}
	}
	return nil
}
