package hub

import (
	"slices"
	"time"
)

// Registry is a Store that also remembers who is known and in which groups, for a
// hub that is started again. Its methods do not block, and are called in the
// order in which things happened, without Hub.mu.
type Registry interface {
	Store
	// Load returns what was known before the start. It is asked once, before
	// anything else.
	Load() Known
	// Seen notes when a user was last here; the zero time: is here now.
	Seen(user string, t time.Time)
	SetMember(user, group string, member bool)
	// Forget notes that a user is known no more, and a member of nothing.
	Forget(user string)
}

// Known is what a Registry knew at its start.
type Known struct {
	Users    []KnownUser
	Requests []KnownRequest // oldest first
}

// KnownUser is somebody who is known, and a member of groups.
type KnownUser struct {
	Name   string
	Seen   time.Time // when last here; the time of the start, for who was then
	Groups []string
}

// KnownRequest is a send that was acknowledged and had an ID.
type KnownRequest struct {
	User, ID string
	To       string // whom or what it was sent to
	Seq      uint64
	Time     time.Time
}

// restore takes over what was known before the start.
func (h *Hub) restore(k Known) {
	slices.SortFunc(k.Users, func(a, b KnownUser) int { return a.Seen.Compare(b.Seen) })
	for _, known := range k.Users {
		u := &user{name: known.Name}
		u.away = h.away.PushBack(&absence{u, known.Seen})
		h.users[u.name] = u
		for _, group := range known.Groups {
			h.join(u, group)
		}
	}
	h.notes = nil // they are of what the registry knows
	h.forgetRefused()
	h.forgetExcess()
	for _, r := range k.Requests {
		offline := r.To != Everyone && !isGroup(r.To) // nobody is here yet
		h.acks.restore(r.User, r.ID, ack{r.Seq, offline}, r.Time)
	}
}

// forgetRefused forgets users and groups whose names were valid once: nobody can log
// in as one, or leave the other. The lock is held, or nobody else has h.
func (h *Hub) forgetRefused() {
	for _, u := range h.users {
		if !ValidUser(u.name) {
			h.forget(u)
			continue
		}
		for _, g := range slices.Clone(u.groups) {
			if !ValidGroup(g.name) {
				h.leave(u, g)
			}
		}
	}
}

// note is something for the registry to remember. The lock is held.
func (h *Hub) note(what func(Registry)) {
	if h.registry != nil {
		h.notes = append(h.notes, what)
	}
}

// unlock gives Hub.mu back and then hands what has been noted to the registry,
// in order: whoever comes first does it for the others, too.
func (h *Hub) unlock() {
	noted := len(h.notes) > 0
	h.mu.Unlock()
	if !noted {
		return
	}
	h.noting.Lock()
	defer h.noting.Unlock()
	h.mu.Lock()
	notes := h.notes
	h.notes = nil
	h.mu.Unlock()
	for _, what := range notes {
		what(h.registry)
	}
}
