package hub

import "slices"

// maxGroups bounds the groups of one user.
const maxGroups = 1000

// joinGroup makes u a member of a group, if it is not; done is called at the
// moment from which it is one.
func (h *Hub) joinGroup(u *user, name string, done func()) error {
	h.mu.Lock()
	if h.shared != nil {
		in := u.membership(name) != nil
		h.mu.Unlock()
		if !in {
			return h.shared.Join(u.name, name, done)
		}
		done()
		return nil
	}
	defer h.unlock()
	if err := h.join(u, name); err != nil {
		return err
	}
	done()
	return nil
}

// leaveGroup ends that, in the same way.
func (h *Hub) leaveGroup(u *user, name string, done func()) error {
	h.mu.Lock()
	g := u.membership(name)
	if g == nil {
		h.mu.Unlock()
		return ErrNotMember.about(name)
	}
	if h.shared != nil {
		h.mu.Unlock()
		return h.shared.Leave(u.name, name, done)
	}
	defer h.unlock()
	h.leave(u, g)
	done()
	return nil
}

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
		g = h.newGroup(name)
	}
	g.members[u] = struct{}{}
	h.note(func(r Registry) { r.SetMember(u.name, name, true) })
	u.groups = append(u.groups, g)
	for _, s := range u.sessions {
		if s.may(name) {
			g.add(s)
		}
	}
	g.tell("joined", u.name)
	return nil
}

// newGroup makes a group without members. The lock is held.
func (h *Hub) newGroup(name string) *group {
	g := &group{name: name, members: make(map[*user]struct{}), list: h.config.Loops.NewList()}
	h.groups[name] = g
	return g
}

// leave ends u's membership in g. A group without members is not listed. The
// lock is held.
func (h *Hub) leave(u *user, g *group) {
	delete(g.members, u)
	h.note(func(r Registry) { r.SetMember(u.name, g.name, false) })
	if len(g.members) == 0 {
		delete(h.groups, g.name)
	}
	u.groups = without(u.groups, g)
	g.tell("left", u.name)
	for _, s := range u.sessions {
		g.remove(s)
	}
}

// without takes g, which is one of them, out of groups.
func without(groups []*group, g *group) []*group {
	i := slices.Index(groups, g)
	return slices.Delete(groups, i, i+1)
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

// remove takes a session off them. The lock is held.
func (g *group) remove(s *session) {
	g.list.Leave(s.conn)
	if g.programs != nil {
		g.programs.Leave(s.conn)
	}
}

// tell tells the group's JSON clients of a member. The lock is held.
func (g *group) tell(event, name string) {
	if g.programs != nil {
		g.programs.Publish(groupNotice(event, g.name, name))
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
