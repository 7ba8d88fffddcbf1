package hub

import "slices"

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
	h.note(func(r Registry) { r.SetMember(u.name, name, true) })
	u.groups = append(u.groups, g)
	for _, s := range u.sessions {
		if s.may(name) {
			g.add(s)
		}
	}
	g.tell("joined", u)
	return nil
}

// leave ends u's membership in g. A group without members is not listed. The
// lock is held.
func (h *Hub) leave(u *user, g *group) {
	delete(g.members, u)
	h.note(func(r Registry) { r.SetMember(u.name, g.name, false) })
	if len(g.members) == 0 {
		delete(h.groups, g.name)
	}
	i := slices.Index(u.groups, g)
	u.groups = slices.Delete(u.groups, i, i+1)
	g.tell("left", u)
	for _, s := range u.sessions {
		g.list.Leave(s.conn)
		if g.programs != nil {
			g.programs.Leave(s.conn)
		}
	}
}

// add puts a member's session on the lists of the group. The lock is held.
func (g *group) add(s *session) {
	g.list.Join(s.conn)
	if s.json() {
		if g.programs == nil {
			g.programs = s.hub.config.Loops.NewList()
		}
		g.programs.Join(s.conn)
	}
}

// tell tells the group's JSON clients of a member. The lock is held.
func (g *group) tell(event string, u *user) {
	if g.programs != nil {
		g.programs.Publish(groupNotice(event, g, u))
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
