package hub

import (
	"errors"
	"slices"
	"sync"
	"time"

	"wschat/frame"
	"wschat/hub/loop"
)

// Presence says who is told of a user's login and exit.
type Presence uint8

// The values of Presence.
const (
	ToAll   Presence = iota // every other user
	ToGroup                 // who shares a group with the user
	ToNone                  // nobody
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
	// Queue bounds the bytes of messages that are held back for a session until
	// it has read those from before its login, as loop.Config.Queue bounds what
	// waits for it otherwise; 0: no limit.
	Queue int
}

// Hub is the registry of users and groups. Its methods are safe for concurrent
// use.
type Hub struct {
	config Config
	store  Store
	stop   chan struct{}
	ended  sync.WaitGroup

	mu     sync.Mutex
	users  map[string]*user  // who is online or was within MembershipTTL
	online map[string]*user  // those of them with sessions
	groups map[string]*group // those with members
	all    *loop.List        // every session
}

// user is somebody who is or was here. Guarded by Hub.mu, but for the name.
type user struct {
	name     string
	sessions []*session // none: offline
	groups   []*group
	seen     time.Time // when the last session ended
}

// group is a group with members, online or not. Guarded by Hub.mu.
type group struct {
	name    string
	members map[*user]struct{}
	list    *loop.List // the members' sessions
}

// New returns a hub without users. Close ends it; the loops are the caller's.
func New(config Config) *Hub {
	h := &Hub{
		config: config,
		store:  config.Store,
		stop:   make(chan struct{}),
		users:  make(map[string]*user),
		online: make(map[string]*user),
		groups: make(map[string]*group),
		all:    config.Loops.NewList(),
	}
	if config.MembershipTTL > 0 {
		h.ended.Go(h.forgetUsers)
	}
	return h
}

// Close ends the hub's own goroutine. Sessions end with the loops.
func (h *Hub) Close() {
	close(h.stop)
	h.ended.Wait()
}

// login registers a new session, whose name may still be missing, and tells the
// others.
func (h *Hub) login(s *session) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.name == "" {
		name, ok := h.freeName()
		if !ok {
			return errNoFreeName
		}
		s.name = name
	}
	u := h.users[s.name]
	if u == nil {
		u = &user{name: s.name}
		h.users[s.name] = u
	}
	s.user = u
	first := len(u.sessions) == 0
	if h.config.Single {
		h.replace(u)
	}
	u.sessions = append(u.sessions, s)
	h.all.Join(s.conn)
	for _, g := range u.groups {
		g.list.Join(s.conn)
	}
	if first {
		h.online[u.name] = u
		h.notify(u, loginNotice)
	}
	return nil
}

// replace closes the sessions of u in favour of a newer one. To the others the
// user has been there all the time. The lock is held.
func (h *Hub) replace(u *user) {
	for _, old := range u.sessions {
		old.conn.Close(frame.Replaced, "replaced by a newer connection")
	}
	u.sessions = nil
}

// logout takes a session out of the registry, and tells the others if it was the
// user's last.
func (h *Hub) logout(s *session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := s.user
	i := slices.Index(u.sessions, s)
	if i < 0 { // replaced by a newer one
		return
	}
	u.sessions = slices.Delete(u.sessions, i, i+1)
	if len(u.sessions) > 0 {
		return
	}
	u.sessions = nil
	u.seen = time.Now()
	delete(h.online, u.name)
	h.notify(u, exitNotice)
}

// maxGroups bounds the groups of one user.
const maxGroups = 1000

// join makes u a member of the group called name, if it is not. The lock is held.
func (h *Hub) join(u *user, name string) error {
	g := h.groups[name]
	if g != nil {
		if _, in := g.members[u]; in {
			return nil
		}
	}
	if len(u.groups) >= maxGroups {
		return ErrManyGroups
	}
	if g == nil {
		g = &group{name: name, members: make(map[*user]struct{}), list: h.config.Loops.NewList()}
		h.groups[name] = g
	}
	g.members[u] = struct{}{}
	u.groups = append(u.groups, g)
	for _, s := range u.sessions {
		g.list.Join(s.conn)
	}
	return nil
}

// leave ends u's membership in g. A group without members is not listed. The
// lock is held.
func (h *Hub) leave(u *user, g *group) {
	delete(g.members, u)
	if len(g.members) == 0 {
		delete(h.groups, g.name)
	}
	i := slices.Index(u.groups, g)
	u.groups = slices.Delete(u.groups, i, i+1)
	for _, s := range u.sessions {
		g.list.Leave(s.conn)
	}
}

// membership returns the group called name if u is in it, or else nil.
func (u *user) membership(name string) *group {
	for _, g := range u.groups {
		if g.name == name {
			return g
		}
	}
	return nil
}

var errNoFreeName = errors.New("hub: no free user id")
