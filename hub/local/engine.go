package local

import (
	"cmp"
	"math"
	"sync"
	"time"

	"wschat/hub/chat"
	"wschat/hub/share"
)

// Config says how an Engine behaves. Store is required.
type Config struct {
	Store    chat.Store
	Presence chat.Presence
	// Single keeps one connection a user: a newer one closes the older.
	Single bool
	// MembershipTTL is how long a user who is away stays known, stays in groups,
	// and has messages kept; 0: for good. The engine looks for users to forget ten
	// times in that time, and once a minute at least.
	MembershipTTL time.Duration
	// MaxUsers bounds the users who are remembered while they are offline; 0:
	// DefaultUsers. Beyond it, some are forgotten early; see Shares in hub/chat. A user
	// takes some 250 bytes, without groups.
	MaxUsers int
}

// DefaultUsers is the default of Config.MaxUsers.
const DefaultUsers = 1 << 20

// Engine is the chat of one node. Its methods are safe for concurrent use.
type Engine struct {
	config   Config
	store    chat.Store
	registry chat.Registry // the store, if it is one; else nil
	node     chat.Node     // since Attach
	stop     chan struct{}
	ended    sync.WaitGroup

	noting  sync.Mutex // held while notes are handed to the registry
	banning sync.Mutex // held while bans are replaced

	mu       sync.Mutex
	notes    []func(chat.Registry) // not handed over yet
	handing  bool                  // some are being handed over
	users    map[string]*user      // those online now or within MembershipTTL
	online   online                // those of them with connections
	roster   roster                // of these
	groups   map[string]*group     // those with members
	away     map[*user]*absence    // of those without connections
	absences share.List[absence]   // these, the longest first
	holding  share.Queue[*absence] // those of users in a group or a private conversation, by address
	idle     share.Queue[*absence] // the others
	dropped  uint64                // users who were forgotten to make room
	serial   uint64                // of the newest connection
	number   uint64                // of the last login or exit
	bans     bans                  // replaced under banning, too
}

// user is somebody who is or was here. Guarded by Engine.mu, but for the name.
type user struct {
	name        string
	groups      []membership
	place       int32 // in Engine.online, from 1; 0: offline
	connections int32
}

// group is a group with members, online or not. Guarded by Engine.mu.
type group struct {
	name    string
	members []*user // in no order
	roster  *roster // of those who are online; nil: none is kept
}

// membership is a user's place in a group. A map of a group's members would take
// twice as much. Guarded by Engine.mu.
type membership struct {
	group *group
	at    int32 // in its members
}

var _ chat.Engine = (*Engine)(nil)

// New returns an engine, which knows nobody before Attach. Close ends it; the store is
// the caller's.
func New(config Config) *Engine {
	config.MaxUsers = cmp.Or(config.MaxUsers, DefaultUsers)
	e := &Engine{
		config: config,
		store:  config.Store,
		stop:   make(chan struct{}),
		users:  make(map[string]*user),
		groups: make(map[string]*group),
		away:   make(map[*user]*absence),

		holding: share.NewQueue[*absence](math.MaxInt), // MaxUsers bounds both
		idle:    share.NewQueue[*absence](math.MaxInt),
	}
	e.registry, _ = config.Store.(chat.Registry)
	e.store.Attend(e.inhabited)
	return e
}

// Attach implements chat.Engine.
func (e *Engine) Attach(node chat.Node) []chat.KnownRequest {
	e.node = node
	if e.config.MembershipTTL > 0 {
		e.ended.Go(e.forgetUsers)
	}
	if e.registry == nil {
		return nil
	}
	known := e.registry.Load()
	e.mu.Lock()
	defer e.unlock()
	e.restore(known)
	return known.Requests
}

// MayBlock implements chat.Engine.
func (e *Engine) MayBlock() bool { return false }

// Err implements chat.Engine.
func (e *Engine) Err() error { return e.store.Err() }

// Close ends the engine's goroutine, when nobody uses it any more.
func (e *Engine) Close() {
	close(e.stop)
	e.ended.Wait()
}
