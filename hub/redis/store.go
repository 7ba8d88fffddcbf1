package redis

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// Config says where Redis is and how much it keeps. URL is required. What is said
// here must be the same on all nodes.
type Config struct {
	// URL is that of package resp.
	URL string
	// PasswordFile has the password, with or without a line end, if the URL has none; "": no
	// password.
	PasswordFile string
	// Keep is how many messages of each conversation are kept at least, and at
	// most twice as many; 0: all.
	Keep int
	// Bytes bounds what the kept messages of the whole chat take, roughly; 0: nothing
	// but three quarters of the maxmemory of each Redis, if it has one.
	Bytes int64
	// MembershipTTL, Presence and Single are those of hub.Config.
	MembershipTTL time.Duration
	// MaxUsers bounds the users who are away and known, with a MembershipTTL; 0: any number.
	MaxUsers int
	Presence chat.Presence
	Single   bool
	Log      *slog.Logger // nil: nothing is logged
}

// MaxMessage is the most bytes that a message may have. Twice as many in the buffer of a
// subscriber have Redis cut it off (client-output-buffer-limit pubsub 32mb), and four
// times as many package resp.
const MaxMessage = 16 << 20

const (
	// replyTimeout is how long Redis may take for one answer; what a client asks
	// for takes two or three at most before it is unavailable.
	replyTimeout = 2 * time.Second
	// callTimeout bounds what may block.
	callTimeout = 4 * time.Second
	// leaseTime is how long a node that is not heard of is taken for alive, and
	// renewTime how often it is heard of. Together they are the longest that the
	// users of a node that died seem to be online.
	leaseTime = 14 * time.Second
	renewTime = 2 * time.Second
)

// Store is one node's part in a chat of many. It is a chat.Engine; its methods are
// safe for concurrent use.
type Store struct {
	config Config
	id     string // of this node, another one at each start
	log    *slog.Logger
	client *resp.Client
	node   chat.Node // who is told; set by Attach

	stop   chan struct{}
	poked  chan struct{} // the keeper is to look at once
	keeper sync.WaitGroup
	losses atomic.Int64 // so often was Redis out of reach
	looked atomic.Int64 // how often that was when the keeper has looked what became of it
	async  atomic.Int64 // commands whose reply nobody waits for
	waits  atomic.Int64 // see conversation.acks
	clock  clock

	listings chan struct{} // a place for each user whose waiting messages are listed
	untold   untold
	refusal  refusal
	ledger   ledger
	bounds   bounds

	mu            sync.Mutex
	epoch         string // "": Redis has not been reached yet
	masterIDs     string // run ids, as vouch has found them last; "": Redis does not tell
	peers         int    // nodes, as far as is known
	recovering    bool
	recovered     time.Time // when the data was lost last
	renewed       time.Time // when the lease was, last
	interrupted   time.Time // when Redis was last out of reach, or refused
	closed        time.Time // when nobody was let in, last
	conversations map[string]*conversation
	users         map[string]*user
	unsynced      map[*conversation]bool // to be synced when Redis is back
	dirty         map[string]bool        // users whose number of connections Redis may not know
	owing         map[*user]bool         // who has read what Redis is to be told of
	marked        uint64                 // changes of marks, so far
	givenUp       []givenUp              // logins that failed, and may have been carried out
}

var _ chat.Engine = (*Store)(nil)

// Open starts a store, which looks for Redis from then on. It fails if the URL is
// not valid. Close ends it.
func Open(config Config) (*Store, error) {
	s := &Store{
		config:        config,
		id:            rand.Text()[:10],
		log:           cmp.Or(config.Log, slog.New(slog.DiscardHandler)),
		stop:          make(chan struct{}),
		poked:         make(chan struct{}, 1),
		conversations: make(map[string]*conversation),
		users:         make(map[string]*user),
		unsynced:      make(map[*conversation]bool),
		dirty:         make(map[string]bool),
		owing:         make(map[*user]bool),
		ledger:        newLedger(config.Bytes),
		listings:      make(chan struct{}, maxListings),
		interrupted:   time.Now(),
	}
	var err error
	s.client, err = resp.Open(resp.Config{
		URL: config.URL, PasswordFile: config.PasswordFile, Scripts: scripts, Timeout: replyTimeout, Log: config.Log,
		State:      s.state,
		Message:    s.receive,
		Subscribed: s.subscribed,
	})
	if err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	s.keeper.Go(s.keep)
	s.keeper.Go(s.keepRoom)
	s.poke()
	return s, nil
}

// state is told when Redis comes into reach, or is out of it; see resp.Config.
func (s *Store) state(up bool) {
	if !up {
		s.losses.Add(1)
		s.interrupt(time.Now())
	}
	s.poke()
}

// checked reports whether it is known what became of Redis after it was out of
// reach.
func (s *Store) checked() bool { return s.looked.Load() == s.losses.Load() }

// Attach implements chat.Engine. What was acknowledged, Redis remembers.
func (s *Store) Attach(node chat.Node) []chat.KnownRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.node = node
	return nil
}

// MayBlock implements chat.Engine.
func (s *Store) MayBlock() bool { return true }

// Close waits for what is under way, for two seconds at most, gives up this node's
// place among the others, and ends the connections.
func (s *Store) Close() error {
	close(s.stop)
	s.keeper.Wait()
	s.undo(time.Now(), true)
	s.tellUntold()
	s.payReads(time.Now(), true)
	for end := time.Now().Add(replyTimeout); s.async.Load() > 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if s.client.Up() {
		s.depart()
	}
	s.client.Close()
	return nil
}

// Err implements chat.Engine: ErrUnavailable while Redis cannot be reached, what it
// has lost is being put back, or it refuses messages; ErrFull if Config.Bytes has room for
// no message.
func (s *Store) Err() error {
	if !s.inReach() || s.refusal.lasts() {
		return chat.ErrUnavailable
	}
	if s.config.Bytes > 0 && s.config.Bytes < sizeOf(&chat.Message{From: "A", Body: []byte("x")}) {
		return chat.ErrFull
	}
	return nil
}

// inReach reports whether Redis can be asked for anything.
func (s *Store) inReach() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.available()
}

// available is inReach with the lock held.
func (s *Store) available() bool {
	return s.epoch != "" && !s.recovering && s.checked() && s.client.Up()
}

// Epoch names the numbering. It is "" before Redis has been reached.
func (s *Store) Epoch() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.epoch
}

// Stats tells what the store has cost so far.
type Stats struct {
	resp.Stats
	Available     bool
	Conversations int // subscribed here

	Held                 int64  // bytes of the messages of the whole chat, roughly
	Away                 int64  // users of the whole chat, with a MembershipTTL, as counted once a second
	Dropped              uint64 // messages that this node dropped to make room
	TooLarge, MissedMany uint64 // messages that it refused: larger than Config.Bytes; too many that wait for one user
}

// Stats returns that.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Stats{
		s.client.Stats(), s.available(), len(s.conversations),
		s.bounds.held.Load(), s.bounds.away.Load(), s.bounds.dropped.Load(), s.bounds.tooLarge.Load(), s.bounds.missedMany.Load(),
	}
}

// do sends a command whose reply nobody waits for.
func (s *Store) do(key string, done func(resp.Reply, error), args ...any) {
	s.async.Add(1)
	err := s.client.Do(key, func(r resp.Reply, err error) {
		done(r, err)
		s.async.Add(-1)
	}, args...)
	if err != nil {
		// On a goroutine of its own, so that nobody is called back with a lock held.
		go func() {
			done(resp.Reply{}, err)
			s.async.Add(-1)
		}()
	}
}

// command is one for the conversation, user or list that has the key.
type command struct {
	key  string
	args []any
}

func on(key string, args ...any) command { return command{key, args} }

// call sends a command and waits for its reply.
func (s *Store) call(ctx context.Context, key string, args ...any) (resp.Reply, error) {
	r, err := s.asking(key, args)(ctx)
	return r, s.failed(err)
}

// all sends commands together, and waits for their replies, in order.
func (s *Store) all(ctx context.Context, commands []command) ([]resp.Reply, error) {
	return s.ask(commands)(ctx)
}

// ask is all for a caller who gives the commands with a lock held, and waits without it.
func (s *Store) ask(commands []command) (wait func(context.Context) ([]resp.Reply, error)) {
	waits := make([]func(context.Context) (resp.Reply, error), len(commands))
	for i, c := range commands {
		waits[i] = s.asking(c.key, c.args)
	}
	return func(ctx context.Context) ([]resp.Reply, error) {
		replies := make([]resp.Reply, len(commands))
		for i, wait := range waits {
			var err error
			if replies[i], err = wait(ctx); err != nil {
				return nil, s.failed(err)
			}
		}
		return replies, nil
	}
}

// each sends a command for each of some names, likewise.
func (s *Store) each(ctx context.Context, names []string, ask func(name string) command) ([]resp.Reply, error) {
	commands := make([]command, len(names))
	for i, name := range names {
		commands[i] = ask(name)
	}
	return s.all(ctx, commands)
}

// patience is a context for what may block.
func patience() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), callTimeout)
}
