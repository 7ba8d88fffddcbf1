package local

import (
	"slices"
	"strings"
	"time"

	"wschat/hub/chat"
)

// Welcome implements chat.Engine.
func (e *Engine) Welcome(name string, _ *chat.Online, may func(group string) bool) (*chat.Welcome, error) {
	w := &chat.Welcome{Epoch: e.store.Epoch()}
	e.mu.Lock()
	if u := e.users[name]; u != nil {
		for _, m := range u.groups {
			if may(m.group.name) {
				w.Groups = append(w.Groups, m.group.name)
			}
		}
	}
	e.mu.Unlock()
	slices.Sort(w.Groups)
	var err error
	if w.Last, err = e.store.Last(name, append([]string{chat.Everyone}, w.Groups...)); err != nil {
		return nil, err
	}
	w.Online, w.Count, err = e.Who("")
	return w, err
}

// Waiting implements chat.Engine.
func (e *Engine) Waiting(name string) ([]*chat.Message, error) {
	var since time.Time
	if ttl := e.config.MembershipTTL; ttl > 0 {
		since = time.Now().Add(-ttl)
	}
	return e.store.Waiting(name, since)
}

// Who implements chat.Engine.
func (e *Engine) Who(group string) (names []string, count int, err error) {
	names = e.onlineNames(group)
	slices.Sort(names)
	return names[:min(len(names), chat.MaxNames)], len(names), nil
}

func (e *Engine) onlineNames(group string) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if group == "" {
		names := make([]string, len(e.online))
		for i, u := range e.online {
			names[i] = u.name
		}
		return names
	}
	var names []string
	if g := e.groups[group]; g != nil {
		for _, u := range g.members {
			if u.place > 0 {
				names = append(names, u.name)
			}
		}
	}
	return names
}

// Users implements chat.Engine.
func (e *Engine) Users() (users []chat.UserInfo, count int, err error) {
	e.mu.Lock()
	all := make([]chat.UserInfo, 0, len(e.online))
	for _, u := range e.online {
		all = append(all, chat.UserInfo{User: u.name, Connections: int(u.connections)})
	}
	e.mu.Unlock()
	slices.SortFunc(all, func(a, b chat.UserInfo) int { return strings.Compare(a.User, b.User) })
	return all[:min(len(all), chat.MaxNames)], len(all), nil
}

// Groups implements chat.Engine.
func (e *Engine) Groups() (groups []chat.GroupInfo, count int, err error) {
	e.mu.Lock()
	all := make([]chat.GroupInfo, 0, len(e.groups))
	for name, g := range e.groups {
		info := chat.GroupInfo{Group: name, Members: len(g.members)}
		for _, u := range g.members {
			if u.place > 0 {
				info.Online++
			}
		}
		all = append(all, info)
	}
	e.mu.Unlock()
	slices.SortFunc(all, func(a, b chat.GroupInfo) int { return strings.Compare(a.Group, b.Group) })
	return all[:min(len(all), chat.MaxNames)], len(all), nil
}

// Counts implements chat.Engine.
func (e *Engine) Counts() (users, groups int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.online), len(e.groups)
}

// Known returns how many users are remembered, and how many were refused for want of room.
func (e *Engine) Known() (users int, refused uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.users), e.refused
}

// Kick implements chat.Engine.
func (e *Engine) Kick(name string, ban time.Duration) (int, error) {
	if ban > 0 {
		if err := e.ban(name, ban); err != nil {
			return 0, err
		}
	}
	e.mu.Lock()
	n := 0
	if u := e.users[name]; u != nil {
		n = int(u.connections)
	}
	e.mu.Unlock()
	e.node.Kick(name)
	return n, nil
}
