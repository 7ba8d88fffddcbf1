package local

import (
	"slices"
	"time"

	"wschat/hub/chat"
)

// Welcome implements chat.Engine.
func (e *Engine) Welcome(name string, _ *chat.Online, may func(group string) bool) (*chat.Welcome, error) {
	w := &chat.Welcome{Epoch: e.store.Epoch()}
	e.mu.Lock()
	w.Version = e.number // what is told later may be in Online, too
	if u := e.users[name]; u != nil {
		for _, m := range u.groups {
			if may(m.group.name) {
				w.Groups = append(w.Groups, m.group.name)
			}
		}
		w.Marks = e.marksOf(u, may)
	}
	e.mu.Unlock()
	slices.Sort(w.Groups)
	var err error
	if w.Last, w.More, err = e.store.Last(name, append([]string{chat.Everyone}, w.Groups...)); err != nil {
		return nil, err
	}
	w.Topics = e.store.Topics(w.Groups)
	w.Online, w.Count, err = e.Who("")
	return w, err
}

// Waiting implements chat.Engine. The store has the messages in memory: they are one page.
func (e *Engine) Waiting(name string) func() ([]*chat.Message, error) {
	asked := false
	return func() ([]*chat.Message, error) {
		if asked {
			return nil, nil
		}
		asked = true
		var since time.Time
		if ttl := e.config.MembershipTTL; ttl > 0 {
			since = time.Now().Add(-ttl)
		}
		return e.store.Waiting(name, since)
	}
}

// smallGroup is up to how many members a group keeps no roster: an answer costs little then.
const smallGroup = 64

// Who implements chat.Engine.
func (e *Engine) Who(group string) ([]string, int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if group == "" {
		return e.roster.first(names(e.online)), e.roster.count, nil
	}
	g := e.groups[group]
	if g == nil {
		return nil, 0, nil
	}
	if len(g.members) <= smallGroup {
		g.roster = nil
		r := newRoster(names(g.members))
		return r.names, r.count, nil
	}
	if g.roster == nil {
		g.roster = newRoster(names(g.members))
	}
	return g.roster.first(names(g.members)), g.roster.count, nil
}

// Users implements chat.Engine.
func (e *Engine) Users() (users []chat.UserInfo, count int, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := e.roster.first(names(e.online))
	users = make([]chat.UserInfo, len(list))
	for i, name := range list {
		users[i] = chat.UserInfo{User: name, Connections: int(e.users[name].connections)}
	}
	return users, e.roster.count, nil
}

// Counts implements chat.Engine.
func (e *Engine) Counts() (users, groups int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.online), len(e.groups)
}

// Memberships returns how many there are.
func (e *Engine) Memberships() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.members
}

// Away returns how many users are offline and remembered, and how many were forgotten to
// make room.
func (e *Engine) Away() (users int, dropped uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.away), e.dropped
}

// Marked returns how many conversations users have marked, and of how many the marks were
// dropped to make room.
func (e *Engine) Marked() (conversations int, dropped uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.markCount, e.marksDropped
}
