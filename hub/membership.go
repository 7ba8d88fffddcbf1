package hub

import (
	"slices"

	"wschat/hub/chat"
	"wschat/hub/wire"
)

// maxGroups bounds the groups of one user.
const maxGroups = 1000

// change is a request to join a group, or to leave it.
type change struct {
	session *session
	group   string
	join    bool
	done    func()      // called at the moment from which it holds, with Hub.mu held
	then    func(error) // called once, after that or if it cannot be, without Hub.mu
}

// change makes the user of a session a member of a group, or ends that. With a
// Registry it holds, and is told, when it is safe; until then nothing more is read
// from the client, whose next request may depend on it.
func (h *Hub) change(c *change) {
	h.mu.Lock()
	u := c.session.user
	err := h.mayChange(u, c)
	switch in := u.membership(c.group) != nil; {
	case err != nil:
		h.mu.Unlock()
		c.then(err)
	case in == c.join:
		c.done()
		h.mu.Unlock()
		c.then(nil)
	case h.shared != nil:
		h.mu.Unlock()
		c.then(h.changeShared(c))
	case h.registry != nil:
		begin := c.session.conn.PullLater()
		h.note(func(r chat.Registry) {
			r.SetMember(c.session.name, c.group, c.join, func(err error) {
				h.changed(c, err)
				begin(inTurn(nil))
			})
		})
		h.unlock()
	default:
		h.mu.Unlock()
		h.changed(c, nil)
	}
}

// mayChange says what is wrong with a change. The lock is held.
func (h *Hub) mayChange(u *user, c *change) error {
	in := u.membership(c.group) != nil
	switch {
	case !c.join && !in:
		return chat.ErrNotMember.About(c.group)
	case c.join && !in && h.shared == nil && len(u.groups) >= maxGroups:
		return chat.ErrManyGroups
	}
	return nil
}

func (h *Hub) changeShared(c *change) error {
	if c.join {
		return h.shared.Join(c.session.name, c.group, c.done)
	}
	return h.shared.Leave(c.session.name, c.group, c.done)
}

// changed is where every change ends that no Shared store has made: it holds from
// now on, unless err says why it could not be stored, and its client is answered.
func (h *Hub) changed(c *change, err error) {
	if err == nil {
		err = h.makeChange(c)
	}
	c.then(err)
}

// makeChange makes a change hold. The user may have changed, or even been forgotten,
// while it was stored; what it is not to be then, the registry is told with its next
// note.
func (h *Hub) makeChange(c *change) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.users[c.session.name]
	if u == nil {
		h.note(func(r chat.Registry) { r.Forget(c.session.name) })
		return chat.ErrUnavailable
	}
	err := h.mayChange(u, c)
	switch {
	case err != nil && c.join:
		h.note(func(r chat.Registry) { r.SetMember(u.name, c.group, false, func(error) {}) })
		return err
	case err != nil:
		return err
	case c.join:
		h.join(u, c.group)
	default:
		h.leave(u, u.membership(c.group))
	}
	c.done()
	return nil
}

// isMember reports whether a user is in a group.
func (h *Hub) isMember(u *user, group string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return u.membership(group) != nil
}

// join makes u a member of the group called name, if it is not. The lock is held.
func (h *Hub) join(u *user, name string) {
	g := h.groups[name]
	if g != nil {
		if _, in := g.members[u]; in {
			return
		}
	}
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
	g.tell(u.name, true)
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
	if len(g.members) == 0 {
		delete(h.groups, g.name)
	}
	u.groups = without(u.groups, g)
	g.tell(u.name, false)
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

// tell tells the group's JSON clients of who has joined or left. The lock is held.
func (g *group) tell(user string, member bool) {
	if g.programs != nil {
		g.programs.Publish(&notice{Notice: wire.Member(g.name, user, member)})
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
