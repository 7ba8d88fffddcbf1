package hub

import (
	"slices"
	"time"
)

// Registry is a Store that also remembers who is known and in which groups, for a
// hub that is started again. Its methods do not block, and Seen, SetMember and
// Forget are called in the order in which things happened, without Hub.mu.
type Registry interface {
	Store
	// Load returns what was known before the start. It is asked once, before
	// anything else.
	Load() Known
	// Seen notes when a user was last here; the zero time: is here now.
	Seen(user string, t time.Time)
	// SetMember makes a user a member of a group, or ends that. stored is called
	// as that of Append is, and in one order with it: what is appended before is
	// stored before.
	SetMember(user, group string, member bool, stored func(error))
	// Answered keeps what the sender of m was told, whose ID is not empty, where
	// that is not what Away says. stored is called likewise.
	Answered(m *Message, away bool, stored func(error))
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
	Seq      uint64
	Away     bool // what it was answered with: its user is away
	Time     time.Time
}

// restore takes over what was known before the start.
func (h *Hub) restore(k Known) {
	slices.SortFunc(k.Users, func(a, b KnownUser) int { return a.Seen.Compare(b.Seen) })
	for _, known := range k.Users {
		u := &user{name: known.Name}
		u.away = h.away.PushBack(&absence{u, known.Seen})
		h.users[u.name] = u
		for _, group := range known.Groups[:min(len(known.Groups), maxGroups)] {
			h.join(u, group)
		}
	}
	h.forgetRefused()
	h.forgetExcess()
	for _, r := range k.Requests {
		h.acks.restore(r.User, r.ID, ack{r.Seq, r.Away}, r.Time)
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
				h.note(func(r Registry) { r.SetMember(u.name, g.name, false, func(error) {}) })
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
// in order: whoever comes first does it for the others, too. When it returns, the
// registry has everything that had been noted before.
func (h *Hub) unlock() {
	noted := len(h.notes) > 0 || h.handing
	h.mu.Unlock()
	if !noted {
		return
	}
	h.noting.Lock()
	defer h.noting.Unlock()
	for _, what := range h.takeNotes() {
		what(h.registry)
	}
	h.mu.Lock()
	h.handing = false
	h.mu.Unlock()
}

func (h *Hub) takeNotes() []func(Registry) {
	h.mu.Lock()
	defer h.mu.Unlock()
	notes := h.notes
	h.notes, h.handing = nil, true
	return notes
}
