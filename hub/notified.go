package hub

import (
	"slices"
	"time"

	"wschat/hub/loop"
	"wschat/hub/wire"
)

// notifyTime is how long it may take until the last of a user's groups has brought a login
// or exit to this node.
const notifyTime = 10 * time.Second

// notified remembers recent logins and exits, and which lists were notified of each, so
// that somebody who shares several groups with a user is told once. Guarded by Hub.mu.
type notified struct {
	changes map[changeID]*presenceChange
	order   []changeID // the oldest first
}

// changeID is the engine's number for a login or exit of a user.
type changeID struct {
	user   string
	number uint64
}

// presenceChange is a login or exit.
type presenceChange struct {
	notice wire.Notice
	lists  []*loop.List // those that have been notified of it
	since  time.Time
}

// maxPast bounds the changes that are forgotten for one notice: the lock is held meanwhile.
const maxPast = 16

// notice returns the notice of a change for another list.
func (n *notified) notice(id changeID, list *loop.List, online bool, now time.Time) *notice {
	for range min(len(n.order), maxPast) {
		if now.Sub(n.changes[n.order[0]].since) <= notifyTime {
			break
		}
		delete(n.changes, n.order[0])
		n.order = n.order[1:]
	}
	c := n.changes[id]
	if c == nil {
		if n.changes == nil {
			n.changes = make(map[changeID]*presenceChange)
		}
		c = &presenceChange{notice: presenceNotice(id.user, online), since: now}
		n.changes[id] = c
		n.order = append(n.order, id)
	}
	item := &notice{Notice: c.notice, about: id.user, of: c, before: slices.Clip(c.lists)}
	c.lists = append(c.lists, list)
	return item
}

func presenceNotice(user string, online bool) wire.Notice {
	if online {
		return wire.Online(user)
	}
	return wire.Offline(user)
}
