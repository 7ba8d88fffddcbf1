package local

import (
	"iter"
	"slices"

	"wschat/hub/chat"
)

// askedAtOnce is of how many members it is found out with the lock held who is away.
const askedAtOnce = 4096

// MembersAway implements chat.Engine. Those who come or leave meanwhile may be among them.
func (e *Engine) MembersAway(group string) (names []string, looked int, err error) {
	e.mu.Lock()
	var members []*user
	if g := e.groups[group]; g != nil && int(g.online) < len(g.members) {
		members = slices.Clone(g.members)
	}
	e.mu.Unlock()
	away := newRoster(e.absent(members)).names
	return away[:min(len(away), chat.MaxNames)], len(members), nil
}

// absent yields the names of those of users who are not online.
func (e *Engine) absent(users []*user) iter.Seq[string] {
	return func(yield func(string) bool) {
		var away []string
		for some := range slices.Chunk(users, askedAtOnce) {
			away = e.appendAbsent(away[:0], some)
			for _, name := range away {
				if !yield(name) {
					return
				}
			}
		}
	}
}

func (e *Engine) appendAbsent(away []string, users []*user) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, u := range users {
		if u.place == 0 {
			away = append(away, u.name)
		}
	}
	return away
}
