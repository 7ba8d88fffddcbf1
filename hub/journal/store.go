package journal

import (
	"cmp"
	"log/slog"
	"os"
	"sync"
	"time"

	"wschat/hub/chat"
	"wschat/hub/store"
)

// Config says where a journal is and how much it keeps. Dir is required.
type Config struct {
	Dir string // made if it is not there
	// Keep is how many messages of each conversation are kept at least, and at
	// most twice as many; 0: all. They are all in memory, too.
	Keep int
	// MaxConversations bounds the conversations, and MaxMemory the bytes of
	// messages that are kept; 0: no bound. Beyond them whoever holds most loses
	// messages or is refused with chat.ErrFull; see Shares in hub/chat.
	MaxConversations int
	MaxMemory        int64
	// MaxPending bounds what waits for the disk, in bytes; a single message may be
	// larger. 0: 64 MiB.
	MaxPending int
	// ForgetAfter is that of store.Limits.
	ForgetAfter time.Duration
	// MaxAge is how long private messages wait. Those that have waited longer when the
	// journal is opened do not wait any more. 0: for good.
	MaxAge time.Duration
	Log    *slog.Logger // nil: nothing is logged

	// For tests; the zero values are what a server has.
	segmentSize int64             // from when a new segment begins
	compactAt   int64             // the least that a compaction must save
	repairPause time.Duration     // between attempts to repair a segment
	retryPause  time.Duration     // between attempts to write at all
	disk        disk              // instead of osDisk
	atStep      func(step string) // called in a compaction
}

// segmentSize is from when a new segment begins, in bytes.
const segmentSize = 32 << 20

// Store is a journal that is open. It is a chat.Store; its methods are safe for
// concurrent use. Those without an error never wait for the disk, nor do History
// and Waiting, but for Open and Close. Append, SetMember, Answered and SetTopic refuse with
// ErrBacklog what would make more than Config.MaxPending wait, or more than its author's
// share of that, and with ErrClosed what comes after Close.
type Store struct {
	config Config
	dir    string
	epoch  string
	log    *slog.Logger
	disk   disk
	lock   *os.File

	queue   queue
	wake    chan struct{} // something waits for the committer
	compact chan struct{} // a compaction is wanted
	stop    chan struct{} // closed by Close
	running sync.WaitGroup
	later   *time.Timer // wakes the committer for notes alone
	erasure erasure
	close   func() error

	memory *store.Memory // has a lock of its own

	mu      sync.Mutex
	state   *state
	notes   notes
	marking marking
	sealed  []sealed             // the segments but the active one, in order
	err     error                // of the last batch
	bans    map[string]time.Time // when the journal was opened

	commit committer
}

var _ chat.Registry = (*Store)(nil)

// Open opens the journal in a directory, or begins one. It reads all of it. What is
// incomplete of the last batch after a crash is cut off and logged as "torn record". It
// fails with ErrLocked, with a *DamageError, which names the file and the offset,
// with ErrVersion, or with the error of a system call.
func Open(config Config) (*Store, error) {
	memory := store.New(config.Keep)
	memory.MaxConversations, memory.MaxBytes = config.MaxConversations, config.MaxMemory
	memory.ForgetAfter = config.ForgetAfter
	config.Log = cmp.Or(config.Log, slog.New(slog.DiscardHandler))
	config.segmentSize = cmp.Or(config.segmentSize, segmentSize)
	config.compactAt = cmp.Or(config.compactAt, config.segmentSize)
	config.repairPause = cmp.Or(config.repairPause, repairPause)
	config.retryPause = cmp.Or(config.retryPause, retryPause)
	if config.disk == nil {
		config.disk = osDisk{}
	}
	if config.atStep == nil {
		config.atStep = func(string) {}
	}
	s := &Store{
		config:  config,
		dir:     config.Dir,
		log:     config.Log,
		disk:    config.disk,
		wake:    make(chan struct{}, 1),
		compact: make(chan struct{}, 1),
		stop:    make(chan struct{}),
		memory:  memory,
		queue:   queue{most: cmp.Or(config.MaxPending, maxPending)},
		state:   newState(memory),
	}
	s.close = sync.OnceValue(s.end)
	s.later = time.AfterFunc(time.Hour, s.poke)
	s.marking = marking{
		stored: make(map[note][]func(error)), writing: make(map[note][]func(error)), paused: make(map[note]bool),
		timer: time.AfterFunc(time.Hour, func() { s.releaseMarks(time.Now()) }),
	}
	s.erasure.timer = time.AfterFunc(time.Hour, func() { s.erasure.due.Store(true); s.poke() })
	s.stopTimers()
	if err := s.open(); err != nil {
		s.stopTimers()
		return nil, err
	}
	if config.MaxAge > 0 {
		memory.Expire(time.Now().Add(-config.MaxAge))
	}
	s.considerCompaction()
	s.running.Go(s.commitAll)
	s.running.Go(s.compactAll)
	return s, nil
}

// Close refuses further appends, stores those that wait, and closes the journal. It may be
// called more than once. An error means that something may not be on disk; the senders of
// messages that failed have been told.
func (s *Store) Close() error { return s.close() }

func (s *Store) end() error {
	s.queue.close()
	close(s.stop)
	s.poke()
	s.running.Wait()
	err := s.commit.end(s)
	s.stopTimers()
	s.lock.Close()
	return err
}

func (s *Store) stopTimers() {
	s.later.Stop()
	s.marking.timer.Stop()
	s.erasure.timer.Stop()
}

// Epoch returns the name of the numbering: it is the same as long as messages
// keep their numbers.
func (s *Store) Epoch() string { return s.epoch }

// Err returns why all messages are refused, whoever sends them; nil: they are not.
// Either the last batch could not be written, which is tried again every second,
// or too much waits for the disk, or Config.MaxMemory leaves no room for any.
func (s *Store) Err() error {
	s.mu.Lock()
	err := s.err
	s.mu.Unlock()
	switch {
	case err != nil:
		return err
	case s.queue.refuses():
		return ErrBacklog
	}
	return s.memory.Err()
}

// Stats says how much is kept, and what did not fit.
func (s *Store) Stats() store.Stats {
	stats := s.memory.Stats()
	stats.Pending = s.queue.held()
	return stats
}

// Left implements chat.Store.
func (s *Store) Left(user string) (talks bool) { return s.memory.Left(user) }

// Attend implements chat.Store.
func (s *Store) Attend(inhabited func(conversation string) bool) { s.memory.Attend(inhabited) }

// Append implements chat.Store. It does not block. An ID is kept with the message;
// see Load. stored is called with the lock held if it gets nil: it may call Append,
// SetMember, Answered and SetTopic, and no other method.
func (s *Store) Append(m *chat.Message, stored func(error)) {
	s.append(pending{m: m, stored: stored})
}

func (s *Store) append(p pending) {
	if err := s.queue.add(p); err != nil {
		p.stored(err)
		return
	}
	s.poke()
}

// poke wakes the committer.
func (s *Store) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// History implements chat.Store. It never fails.
func (s *Store) History(conversation string, q chat.Query) ([]*chat.Message, bool, error) {
	return s.memory.History(conversation, q)
}

// Last implements chat.Store. It never fails.
func (s *Store) Last(user string, names []string) (last map[string]uint64, more bool, err error) {
	return s.memory.Last(user, names)
}

// Waiting implements chat.Store. It never fails.
func (s *Store) Waiting(user string, since time.Time) ([]*chat.Message, error) {
	return s.memory.Waiting(user, since)
}

// Expire implements chat.Store. It is not written down: the next Open does the
// same by Config.MaxAge.
func (s *Store) Expire(t time.Time) { s.memory.Expire(t) }
