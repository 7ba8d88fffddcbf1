package hub

import (
	"cmp"
	"log/slog"
	"sync"
	"sync/atomic"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/files"
	"wschat/hub/loop"
	"wschat/hub/search"
)

// Config says how a Hub behaves. Loops and Engine are required.
type Config struct {
	Loops  *loop.Loops
	Engine chat.Engine
	// MaxIDs bounds the ids of sends that are remembered for ten minutes; 0:
	// DefaultIDs. Beyond it, the user with most forgets his oldest early. An id takes
	// some 300 bytes.
	MaxIDs int
	// MaxMessage bounds, in bytes, the wire.Length of a text; 0: no limit. It is to texts
	// what loop.Config.MaxMessage is to messages as they come.
	MaxMessage int64
	// Queue bounds, in bytes, the new messages that a session is not sent until it has
	// read those from before its login. It is to them what loop.Config.Queue is to all
	// else that waits for a client. 0: no limit.
	Queue int
	// Files keeps the files that come with messages; nil: there are none. It ends after Engine.
	Files *files.Store
	// Reserved reports whether a name is somebody's who may never have been here: it is given
	// to nobody who brings none. nil: none is. It must not block.
	Reserved func(user string) bool
	// Log is told what moderators do; nil: nobody is.
	Log *slog.Logger
	// Deflater compresses messages for the connections that agreed to it; nil: none did.
	Deflater *frame.Deflater
}

// Hub has the sessions of one node, and the lists by which messages are delivered to
// them. Its methods are safe for concurrent use.
type Hub struct {
	config  Config
	engine  chat.Engine
	acks    *acks
	numbers numbers        // for users without a name
	ended   sync.WaitGroup // goroutines that wait for the engine, or search

	searcher *search.Searcher

	joinsRefused atomic.Uint64 // see JoinsRefused
	deletions    deletions

	mu       sync.Mutex
	sessions map[string]*session // by user, chained by session.next
	groups   map[string]*group   // those that somebody here is or was in
	all      *loop.List          // every session
	notified notified
}

// group is the sessions of a group's members. Guarded by Hub.mu.
type group struct {
	name string
	list *loop.List
	// programs are those of them that speak JSON. Only they are told who joins and
	// leaves, and to walk over all the others would cost time. nil: there was none yet.
	programs *loop.List
}

// New returns a hub without sessions. Close ends it; the loops and the engine are the
// caller's.
func New(config Config) *Hub {
	config.Log = cmp.Or(config.Log, slog.New(slog.DiscardHandler))
	h := &Hub{
		config:   config,
		engine:   config.Engine,
		acks:     newAcks(cmp.Or(config.MaxIDs, DefaultIDs)),
		sessions: make(map[string]*session),
		groups:   make(map[string]*group),
		all:      config.Loops.NewList(),
		searcher: search.New(search.Config{}),
	}
	for _, r := range h.engine.Attach(node{h}) {
		h.acks.restore(r.User, r.ID, ack{r.Seq, r.Away}, r.Time)
	}
	if h.config.Files != nil {
		h.config.Files.Attend(h.isDeleted)
	}
	return h
}

// IDs returns how many ids of sends are remembered, and how many were forgotten early.
func (h *Hub) IDs() (remembered int, dropped uint64) { return h.acks.size() }

// JoinsRefused returns how many joins were refused, as the user, or all users together, are in
// too many groups. It is safe for concurrent use.
func (h *Hub) JoinsRefused() uint64 { return h.joinsRefused.Load() }

// Close waits for the hub's goroutines. Sessions end with the loops, before.
func (h *Hub) Close() { h.ended.Wait() }

// group returns the group called name. The lock is held.
func (h *Hub) group(name string) *group {
	g := h.groups[name]
	if g == nil {
		g = &group{name: name, list: h.config.Loops.NewList()}
		h.groups[name] = g
	}
	return g
}

// add puts a member's session on the lists of the group. The lock is held.
func (g *group) add(s *session) {
	g.list.Join(s.conn)
	if s.json {
		if g.programs == nil {
			g.programs = s.hub.config.Loops.NewList()
		}
		g.programs.Join(s.conn)
	}
}

// remove takes a session off them. The lock is held.
func (g *group) remove(s *session) {
	g.list.Leave(s.conn)
	if g.programs != nil {
		g.programs.Leave(s.conn)
	}
}
