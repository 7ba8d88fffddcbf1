package local

import (
	"time"

	"wschat/hub/chat"
)

// Enter implements chat.Engine.
func (e *Engine) Enter(name string, fresh, _ bool) (chat.Entry, error) {
	e.mu.Lock()
	u, banned := e.users[name], e.bans.holds(name)
	if fresh && (u != nil || banned) {
		e.mu.Unlock()
		return chat.Entry{}, chat.ErrTaken
	}
	if banned {
		e.mu.Unlock()
		return chat.Entry{}, chat.ErrBanned
	}
	if u == nil {
		u = &user{name: name}
		e.users[name] = u
	}
	e.returned(u)
	e.serial++
	entry := chat.Entry{Serial: e.serial, Groups: u.groupNames()}
	u.connections++
	first := u.connections == 1
	if first {
		e.appear(u)
		e.note(func(r chat.Registry) { r.Seen(u.name, time.Time{}) })
		e.tell(u, true)
	}
	e.unlock()
	if e.config.Single && !first { // the others are told nothing: the user was there all the time
		e.node.Replace(name, entry.Serial)
	}
	return entry, nil
}

// Exit implements chat.Engine.
func (e *Engine) Exit(name, address string) {
	talks := e.store.Left(name) // nothing counts as missed while the user is here
	e.mu.Lock()
	defer e.unlock()
	u := e.users[name]
	u.connections--
	if u.connections > 0 {
		return
	}
	now := time.Now()
	e.note(func(r chat.Registry) { r.Seen(u.name, now) })
	e.disappear(u)
	e.tell(u, false)
	e.left(u, address, now, talks || len(u.groups) > 0)
}

// appear notes that u is online. The lock is held.
func (e *Engine) appear(u *user) {
	e.online.add(u)
	e.roster.enter(u.name)
	for _, m := range u.groups {
		m.group.enter(u.name)
	}
}

// disappear notes that u is offline. The lock is held.
func (e *Engine) disappear(u *user) {
	e.online.remove(u)
	e.roster.exit(u.name)
	for _, m := range u.groups {
		m.group.exit(u.name)
	}
}

// tell reports a login or exit to those whom Config.Presence names. The lock is held.
func (e *Engine) tell(u *user, online bool) {
	e.number++
	switch e.config.Presence {
	case chat.ToAll:
		e.node.Presence(u.name, chat.Everyone, e.number, online)
	case chat.ToGroup:
		for _, m := range u.groups {
			e.node.Presence(u.name, m.group.name, e.number, online)
		}
	}
}
