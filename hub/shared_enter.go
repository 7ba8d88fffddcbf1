package hub

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"

	"wschat/frame"
	"wschat/hub/chat"
)

// entered is what a session has of a Shared store.
type entered struct {
	user   string
	serial uint64         // see Entry
	entry  *chat.Entry    // until it is of no more use; it may be long
	saying sync.WaitGroup // sends that are not answered yet
}

// arriving is what happens to a user here between Enter and Open.
type arriving struct {
	sessions int             // so many are on their way
	left     map[string]bool // groups that it has left meanwhile
	replaced uint64          // those with a smaller serial are not to come in
}

// enter has a Shared store count a session, before the hub knows it.
func (h *Hub) enter(s *session) error {
	if s.name != "" {
		return h.enterAs(s, s.name, false)
	}
	const tries = 1000 // enough while there are far fewer users than such ids
	for range tries {
		name := strconv.Itoa(100_000 + rand.IntN(900_000))
		if err := h.enterAs(s, name, true); !errors.Is(err, chat.ErrTaken) {
			return err
		}
	}
	return errNoFreeName
}

func (h *Hub) enterAs(s *session, name string, fresh bool) error {
	h.arrive(name)
	entry, err := h.shared.Enter(name, fresh, s.json())
	if err != nil {
		h.arrived(name)
		return err
	}
	s.entered = &entered{user: name, serial: entry.Serial, entry: entry}
	return nil
}

// arrive notes that a session of a user is on its way: what the store tells of
// that user is for it.
func (h *Hub) arrive(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.users[name]
	if u == nil {
		u = &user{name: name}
		h.users[name] = u
	}
	a := h.arriving[name]
	if a == nil {
		a = &arriving{left: make(map[string]bool)}
		h.arriving[name] = a
	}
	a.sessions++
}

// arrived is the end of arrive.
func (h *Hub) arrived(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.endArrival(h.users[name])
}

// endArrival forgets a user of whom nothing is here any more. The lock is held.
func (h *Hub) endArrival(u *user) {
	a := h.arriving[u.name]
	a.sessions--
	if a.sessions == 0 {
		delete(h.arriving, u.name)
	}
	h.forgetAbsent(u)
}

// forgetAbsent takes a user with neither sessions nor arrivals out of the
// registry; the store knows what it is a member of. The lock is held.
func (h *Hub) forgetAbsent(u *user) {
	if len(u.sessions) > 0 || h.arriving[u.name] != nil {
		return
	}
	for _, g := range u.groups {
		h.dismiss(u, g)
	}
	u.groups = nil
	h.online.remove(u)
	delete(h.users, u.name)
}

// open registers a session that the store has counted.
func (h *Hub) open(s *session) {
	h.mu.Lock()
	u := h.users[s.entered.user]
	s.name, s.user = u.name, u
	for _, name := range s.entered.entry.Groups {
		if !h.arriving[u.name].left[name] && u.membership(name) == nil {
			h.enroll(u, name)
		}
	}
	late := s.entered.serial < h.arriving[u.name].replaced
	if !late {
		u.sessions = append(u.sessions, s)
		h.online.add(u)
		h.all.Join(s.conn)
		for _, g := range u.groups {
			if s.may(g.name) {
				g.add(s)
			}
		}
	}
	h.endArrival(u)
	h.mu.Unlock()
	if !s.json() {
		s.entered.entry = nil
	}
	if late {
		s.conn.Close(frame.Replaced, "replaced by a newer connection")
		h.shared.Exit(u.name)
	}
}

// exit is logout where the store tells the others.
func (h *Hub) exit(s *session) {
	h.mu.Lock()
	u := s.user
	i := slices.Index(u.sessions, s)
	if i >= 0 {
		u.sessions = slices.Delete(u.sessions, i, i+1)
		if len(u.sessions) == 0 {
			u.sessions = nil
			h.online.remove(u)
		}
		h.forgetAbsent(u)
	}
	h.mu.Unlock()
	if i >= 0 { // not replaced by a newer one
		h.shared.Exit(u.name)
	}
}
