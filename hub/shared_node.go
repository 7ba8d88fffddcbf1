package hub

import (
	"time"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/wire"
)

// node is a hub as its Shared store sees it.
type node struct{ *Hub }

// Deliver implements Node.
func (n node) Deliver(m *chat.Message) { n.deliver(m, nil) }

// Member implements Node.
func (n node) Member(name, group string, member bool) {
	h := n.Hub
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.users[name]
	if member {
		if u != nil && u.membership(group) == nil {
			h.enroll(u, group)
		}
	}
	g := h.groups[group]
	if g == nil {
		return
	}
	g.tell(name, member) // while who leaves is still there to hear it
	if u == nil || member {
		return
	}
	if a := h.arriving[name]; a != nil {
		a.left[group] = true
	}
	if u.membership(group) != nil {
		h.dismiss(u, g)
		u.groups = without(u.groups, g)
	}
}

// Present implements Node.
func (n node) Present(name, where string, number uint64, online bool) {
	h := n.Hub
	made := wire.Offline
	if online {
		made = wire.Online
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.config.Presence == chat.ToAll && where == chat.Everyone:
		h.all.Publish(&notice{made(name), name})
	case h.config.Presence == chat.ToGroup && h.groups[where] != nil:
		h.tellGroup(h.groups[where], &notice{made(name), name}, h.told.of(name, number, time.Now()))
	}
}

// tellGroup tells the members of g, but not those who share an earlier group of
// those told with the user. The lock is held.
func (h *Hub) tellGroup(g *group, item *notice, told *toldGroups) {
	for member := range g.members {
		for _, s := range member.sessions {
			if member.name != item.about && s.may(g.name) && !told.have(s) {
				s.conn.Send(item)
			}
		}
	}
	told.groups = append(told.groups, g.name)
}

// Replace implements Node.
func (n node) Replace(name string, serial uint64) {
	h := n.Hub
	h.mu.Lock()
	u := h.users[name]
	if u == nil {
		h.mu.Unlock()
		return
	}
	if a := h.arriving[name]; a != nil {
		a.replaced = max(a.replaced, serial)
	}
	var stay, gone []*session
	for _, s := range u.sessions {
		if s.entered.serial < serial {
			gone = append(gone, s)
		} else {
			stay = append(stay, s)
		}
	}
	u.sessions = stay
	if len(stay) == 0 {
		h.online.remove(u)
	}
	h.forgetAbsent(u)
	h.mu.Unlock()
	for _, s := range gone {
		s.conn.Close(frame.Replaced, "replaced by a newer connection")
		h.shared.Exit(name)
	}
}

// Kick implements Node.
func (n node) Kick(name string) { n.kickHere(name) }

// Renumber implements Node: every program gets a new welcome.
func (n node) Renumber() error {
	h := n.Hub
	names, count, err := h.shared.Who("")
	if err != nil {
		return err
	}
	h.mu.Lock()
	var programs []*session
	for _, u := range h.online {
		for _, s := range u.sessions {
			if s.json() {
				programs = append(programs, s)
			}
		}
	}
	h.mu.Unlock()
	for _, s := range programs {
		w, err := h.welcome(s, &chat.Entry{User: s.name})
		if err != nil {
			return err
		}
		w.Online, w.Count = names, count
		s.conn.Send(reply(wire.JSON{}.Welcome(w)))
	}
	return nil
}

// enroll makes u a member of a group for this node. The lock is held.
func (h *Hub) enroll(u *user, name string) {
	g := h.groups[name]
	if g == nil {
		g = h.newGroup(name)
	}
	g.members[u] = struct{}{}
	u.groups = append(u.groups, g)
	for _, s := range u.sessions {
		if s.may(name) {
			g.add(s)
		}
	}
}

// dismiss takes u off the lists of g. The lock is held.
func (h *Hub) dismiss(u *user, g *group) {
	delete(g.members, u)
	if len(g.members) == 0 {
		delete(h.groups, g.name)
	}
	for _, s := range u.sessions {
		g.remove(s)
	}
}
