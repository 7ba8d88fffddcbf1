package hub

import (
	"cmp"
	"container/list"
	"sync"
	"time"

	"wschat/frame"
	"wschat/hub/loop"
)

// Config says how a Hub behaves. Loops and Store are required.
type Config struct {
	Loops    *loop.Loops
	Store    Store
	Presence Presence
	// Single keeps one connection a user: a newer one closes the older.
	Single bool
	// MembershipTTL is how long a user who is away stays known, stays in groups,
	// and has messages kept; 0: for good. Who is forgotten is looked for ten
	// times in that time, and every minute at least.
	MembershipTTL time.Duration
	// MaxUsers bounds the users who are remembered, those online included; 0:
	// 1<<20. Beyond it, who has been offline longest is forgotten early. One takes
	// some 200 bytes, its groups left out.
	MaxUsers int
	// MaxIDs bounds the ids of sends that are remembered for ten minutes; 0: 1<<20.
	// Beyond it, the oldest is forgotten early. One takes some 140 bytes.
	MaxIDs int
	// Queue bounds the bytes of messages that are held back for a session until
	// it has read those from before its login, as loop.Config.Queue bounds what
	// waits for it otherwise; 0: no limit.
	Queue int
	// Deflater compresses messages for connections that take them so; nil: none do.
	Deflater *frame.Deflater
}

// Hub is the registry of users and groups. Its methods are safe for concurrent
// use.
type Hub struct {
	config   Config
	store    Store
	registry Registry // the store, if it is one; else nil
	shared   Shared   // likewise
	acks     *acks
	stop     chan struct{}
	ended    sync.WaitGroup

	noting sync.Mutex // held by who hands notes to the registry

	mu      sync.Mutex
	notes   []func(Registry)  // not handed over yet
	handing bool              // some are being handed over
	users   map[string]*user  // who is online or was within MembershipTTL
	online  roster            // those of them with sessions
	groups  map[string]*group // those with members
	away    list.List         // of *absence: those without sessions, the longest offline first
	all     *loop.List        // every session

	// With a Shared store, see shared_enter.go and shared_told.go.
	arriving map[string]*arriving // by name, of those with sessions on their way
	told     tellings
}

// user is somebody who is or was here. Guarded by Hub.mu, but for the name.
type user struct {
	name     string
	sessions []*session // none: offline
	groups   []*group
	away     *list.Element // in Hub.away, while offline
	place    int32         // in Hub.online, from 1; 0: offline
}

// absence is that of a user who is offline.
type absence struct {
	user  *user
	since time.Time
}

// group is a group with members, online or not. Guarded by Hub.mu.
type group struct {
	name    string
	members map[*user]struct{}
	list    *loop.List // the members' sessions
	// programs are those of them that speak JSON: only they hear who joins and
	// leaves, and a walk over all others for that would cost. nil: never any.
	programs *loop.List
}

// DefaultUsers is the MaxUsers of those who do not say.
const DefaultUsers = 1 << 20

// New returns a hub without users. Close ends it; the loops are the caller's.
func New(config Config) *Hub {
	config.MaxUsers = cmp.Or(config.MaxUsers, DefaultUsers)
	h := &Hub{
		config: config,
		store:  config.Store,
		acks:   newAcks(cmp.Or(config.MaxIDs, DefaultIDs)),
		stop:   make(chan struct{}),
		users:  make(map[string]*user),
		groups: make(map[string]*group),
		all:    config.Loops.NewList(),

		arriving: make(map[string]*arriving),
	}
	if r, ok := config.Store.(Registry); ok {
		h.registry = r
		h.restore(r.Load())
	}
	if shared, ok := config.Store.(Shared); ok {
		h.shared = shared
		shared.Attach(node{h})
	} else if config.MembershipTTL > 0 {
		h.ended.Go(h.forgetUsers)
	}
	return h
}

// Close ends the hub's own goroutines. Sessions end with the loops, before.
func (h *Hub) Close() {
	close(h.stop)
	h.ended.Wait()
}
