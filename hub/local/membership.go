package local

import (
	"slices"

	"wschat/hub/chat"
)

// change is a request to join a group, or to leave it.
type change struct {
	user, group string
	join        bool
	held        func()      // called when the change takes effect, with Engine.mu held
	done        func(error) // called once, after held or instead of it, without Engine.mu
}

// IsMember implements chat.Engine.
func (e *Engine) IsMember(name, group string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	u := e.users[name]
	return u != nil && u.in(group) != nil
}

// SetMember implements chat.Engine. With a Registry the change holds, and is told, when
// it is safe.
func (e *Engine) SetMember(name, group string, member bool, held func(), done func(error)) {
	c := &change{name, group, member, held, done}
	e.mu.Lock()
	u := e.users[name]
	err := e.mayChange(u, c)
	switch {
	case err != nil:
		e.mu.Unlock()
		c.done(err)
	case (u.in(group) != nil) == member:
		c.held()
		e.mu.Unlock()
		c.done(nil)
	case e.registry != nil:
		e.note(func(r chat.Registry) {
			r.SetMember(name, group, member, func(err error) { e.endChange(c, err) })
		})
		e.unlock()
	default:
		e.mu.Unlock()
		e.endChange(c, nil)
	}
}

// mayChange says what is wrong with a change. The lock is held.
func (e *Engine) mayChange(u *user, c *change) error {
	if u == nil { // the user's last connection has ended, and the user is forgotten
		return chat.ErrUnavailable
	}
	in := u.in(c.group) != nil
	switch {
	case !c.join && !in:
		return chat.ErrNotMember.About(c.group)
	case c.join && !in && len(u.groups) >= chat.MaxGroups:
		return chat.ErrManyGroups
	case c.join && !in && len(u.groups) >= e.share():
		return chat.ErrManyMembers.About(c.group)
	}
	return nil
}

// share is in how many groups a user may be. The lock is held.
func (e *Engine) share() int {
	switch most := e.config.MaxMemberships; {
	case most == 0 || e.members < most:
		return chat.MaxGroups
	case e.members < 2*most:
		return max(1, most/len(e.users))
	}
	return 1
}

// endChange ends every change: it takes effect, unless err says why it could not be stored,
// and its requester is answered.
func (e *Engine) endChange(c *change, err error) {
	if err == nil {
		err = e.makeChange(c)
	}
	c.done(err)
}

// makeChange makes a change take effect. The user may have joined other groups, or even
// been forgotten, while it was stored. If the change cannot take effect any more, the next
// note has the registry undo it.
func (e *Engine) makeChange(c *change) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	u := e.users[c.user]
	if u == nil {
		e.note(func(r chat.Registry) { r.Forget(c.user) })
		return chat.ErrUnavailable
	}
	err := e.mayChange(u, c)
	switch {
	case err != nil && c.join:
		e.note(func(r chat.Registry) { r.SetMember(u.name, c.group, false, func(error) {}) })
		return err
	case err != nil:
		return err
	case c.join:
		if e.join(u, c.group) {
			e.node.Member(u.name, c.group, true)
		}
	default:
		e.leave(u, u.in(c.group))
	}
	c.held()
	return nil
}

// join makes u a member of the group called name, and reports whether it was not one
// before. The lock is held.
func (e *Engine) join(u *user, name string) bool {
	g := e.groups[name]
	if g == nil {
		g = &group{name: name}
		e.groups[name] = g
		e.sorted.add(g)
	}
	if u.placeIn(g) >= 0 {
		return false
	}
	e.holds(u)
	u.groups = append(u.groups, membership{g, int32(len(g.members))})
	g.members = append(g.members, u)
	e.members++
	if u.place > 0 {
		g.enter(u.name)
	}
	return true
}

// leave ends u's membership in g. A group without members is not listed. The lock is
// held.
func (e *Engine) leave(u *user, g *group) {
	i := u.placeIn(g)
	at, end := u.groups[i].at, len(g.members)-1
	moved := g.members[end]
	g.members[at], g.members[end] = moved, nil
	g.members = g.members[:end]
	e.members--
	moved.groups[moved.placeIn(g)].at = at
	u.groups = slices.Delete(u.groups, i, i+1)
	if u.place > 0 {
		g.exit(u.name)
	}
	e.node.Member(u.name, g.name, false)
	if len(g.members) == 0 {
		delete(e.groups, g.name)
		e.sorted.remove(g)
		e.node.Idle(g.name)
	}
}

// enter notes that a member is online.
func (g *group) enter(name string) {
	g.online++
	if g.roster != nil {
		g.roster.enter(name)
	}
}

// exit notes that a member is online no more.
func (g *group) exit(name string) {
	g.online--
	if g.roster != nil {
		g.roster.exit(name)
	}
}

// in returns the group called name if u is in it, or else nil.
func (u *user) in(name string) *group {
	for _, m := range u.groups {
		if m.group.name == name {
			return m.group
		}
	}
	return nil
}

// placeIn finds the index of g among u's groups, -1 if u is not in g.
func (u *user) placeIn(g *group) int {
	return slices.IndexFunc(u.groups, func(m membership) bool { return m.group == g })
}

func (u *user) groupNames() []string {
	if len(u.groups) == 0 {
		return nil
	}
	names := make([]string, len(u.groups))
	for i, m := range u.groups {
		names[i] = m.group.name
	}
	return names
}
