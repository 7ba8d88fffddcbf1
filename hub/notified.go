package hub

import (
	"slices"
	"time"

	"wschat/hub/loop"
)

// notifyTime is how long it may take until the last of a user's groups has brought a login
// or exit to this node.
const notifyTime = 10 * time.Second

// notified remembers recent logins and exits, and which lists were notified of each, so
// that somebody who shares several groups with a user is told once. Guarded by Hub.mu.
type notified struct {
	lists map[presenceChange]*notifiedLists
	order []presenceChange // the oldest first
}

// presenceChange is a login or exit, by the engine's number for it.
type presenceChange struct {
	user   string
	number uint64
}

type notifiedLists struct {
	lists []*loop.List
	since time.Time
}

// add notes that a list is notified of a change, and returns the lists that were notified
// of it before.
func (n *notified) add(c presenceChange, list *loop.List, now time.Time) (before []*loop.List) {
	for len(n.order) > 0 && now.Sub(n.lists[n.order[0]].since) > notifyTime {
		delete(n.lists, n.order[0])
		n.order = n.order[1:]
	}
	of := n.lists[c]
	if of == nil {
		if n.lists == nil {
			n.lists = make(map[presenceChange]*notifiedLists)
		}
		of = &notifiedLists{since: now}
		n.lists[c] = of
		n.order = append(n.order, c)
	}
	before = slices.Clip(of.lists)
	of.lists = append(of.lists, list)
	return before
}
