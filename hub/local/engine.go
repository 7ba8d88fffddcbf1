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
	// DefaultUsers. Beyond it, some are forgotten early; see Shares in hub/chat.
	MaxUsers int
	// MaxMemberships is how many memberships there may be before a user can join a group
	// only with fewer than an equal share of them, or as his only one; 0: no bound. So
	// there can be twice as many, or one more for each user.
	MaxMemberships int
	// MaxMarks bounds the conversations that users have marked, all of them; 0:
	// DefaultMarks. Beyond it, whoever has marked most loses the marks of one.
	MaxMarks int
}

// Defaults of a Config.
const (
	DefaultUsers = 1 << 20
	DefaultMarks = 1 << 20 // a conversation that is marked takes some 130 bytes
)

// Engine is the chat of one node. Its methods are safe for concurrent use.
type Engine struct {
	config   Config
	store    chat.Store
	registry chat.Registry // the store, if it is one; else nil
	node     chat.Node     // since Attach
	late     chan struct{} // there are notes that nobody hands over
	stop     chan struct{}
	ended    sync.WaitGroup

	noting  sync.Mutex // held while notes are handed to the registry
	banning sync.Mutex // held while bans are replaced

	mu        sync.Mutex
	notes     []func(chat.Registry) // not handed over yet
	handing   bool                  // some are being handed over
	users     map[string]*user      // those online now or within MembershipTTL
	online    online                // those of them with connections
	roster    roster                // of these
	groups    map[string]*group     // those with members
	sorted    directory             // these, by name
	members   int                   // of all groups
	away      map[*user]*absence    // of those without connections
	absences  share.List[absence]   // these, the longest first
	holding   share.Queue[*absence] // those of users in a group or a private conversation, by address
	idle      share.Queue[*absence] // the others
	dropped   uint64                // users who were forgotten to make room
	marks     map[*user]*marks      // of those who have any, as most have none
	marked    share.Ranking[*marks] // these
	markCount int                   // conversations in these

	marksDropped uint64 // of conversations, to make room for others
	serial       uint64 // of the newest connection
	number       uint64 // of the last login or exit
	bans         bans   // replaced under banning, too
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
	online  int32   // how many of them are
	roster  *roster // of these; nil: none is kept
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
	config.MaxMarks = cmp.Or(config.MaxMarks, DefaultMarks)
	e := &Engine{
		config: config,
		store:  config.Store,
		late:   make(chan struct{}, 1),
		stop:   make(chan struct{}),
		users:  make(map[string]*user),
		groups: make(map[string]*group),
		away:   make(map[*user]*absence),
		marks:  make(map[*user]*marks),

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
	e.ended.Go(e.handLateNotes)
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

// Close ends the engine's goroutines, when nobody uses it any more. Then the registry has all
// notes.
func (e *Engine) Close() {
	close(e.stop)
	e.ended.Wait()
	e.mu.Lock()
	e.unlock()
}
