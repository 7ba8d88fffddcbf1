package hub

import (
	"slices"

	"wschat/hub/chat"
)

// restore takes over what was known before the start.
func (h *Hub) restore(k chat.Known) {
	slices.SortFunc(k.Users, func(a, b chat.KnownUser) int { return a.Seen.Compare(b.Seen) })
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
		if !chat.ValidUser(u.name) {
			h.forget(u)
			continue
		}
		for _, g := range slices.Clone(u.groups) {
			if !chat.ValidGroup(g.name) {
				h.leave(u, g)
				h.note(func(r chat.Registry) { r.SetMember(u.name, g.name, false, func(error) {}) })
			}
		}
	}
}

// note is something for the registry to remember. The lock is held.
func (h *Hub) note(what func(chat.Registry)) {
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

func (h *Hub) takeNotes() []func(chat.Registry) {
	h.mu.Lock()
	defer h.mu.Unlock()
	notes := h.notes
	h.notes, h.handing = nil, true
	return notes
}
