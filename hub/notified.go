package hub

import (
	"slices"
	"time"

	"wschat/hub/loop"
)

// notifyTime is how long a login or exit may take to reach a node by all its groups.
const notifyTime = 10 * time.Second

// notified remembers the logins and exits of late, and which lists were notified of
// each: who shares several groups with a user is told once. Guarded by Hub.mu.
type notified struct {
	lists map[change]*notifiedLists
	order []change // the oldest first
}

// change is a login or exit, by the engine's number for it.
type change struct {
	user   string
	number uint64
}

type notifiedLists struct {
	lists []*loop.List
	since time.Time
}

// add notes that a list is notified of a change, and returns those that were before.
func (n *notified) add(c change, list *loop.List, now time.Time) (before []*loop.List) {
	for len(n.order) > 0 && now.Sub(n.lists[n.order[0]].since) > notifyTime {
		delete(n.lists, n.order[0])
		n.order = n.order[1:]
	}
	of := n.lists[c]
	if of == nil {
		if n.lists == nil {
			n.lists = make(map[change]*notifiedLists)
		}
		of = &notifiedLists{since: now}
		n.lists[c] = of
		n.order = append(n.order, c)
	}
	before = slices.Clip(of.lists)
	of.lists = append(of.lists, list)
	return before
}
