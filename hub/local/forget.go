package local

import (
	"strings"
	"time"

	"wschat/hub/chat"
	"wschat/hub/share"
)

// absence is that of a user who is offline.
type absence struct {
	user  *user
	since int64 // in ns since 1970
	links share.Links[absence]
	among *share.Queue[*absence] // Engine.holding or Engine.idle
	item  *share.Item[*absence]  // of that
}

func absenceLinks(a *absence) *share.Links[absence] { return &a.links }

// left notes that a user has gone offline, at a time no earlier than those noted before. The
// user counts for the address that the last connection came from, until returning. holds
// says that the user is in a group or a private conversation. If too many are away, somebody
// is forgotten. The lock is held.
func (e *Engine) left(u *user, address string, since time.Time, holds bool) {
	a := &absence{user: u, since: since.UnixNano(), among: &e.idle}
	if holds {
		a.among = &e.holding
	}
	a.item, _ = a.among.Push(address, a)
	e.absences.Push(a, absenceLinks)
	e.away[u] = a
	for len(e.away) > e.config.MaxUsers {
		most := &e.idle
		if e.holding.Len() > e.idle.Len() {
			most = &e.holding
		}
		e.forget(most.Greatest().Value.user)
		e.dropped++
	}
}

// holds notes that a user is in a group or a private conversation. The lock is held.
func (e *Engine) holds(u *user) {
	if a := e.away[u]; a != nil && a.among == &e.idle {
		e.idle.Drop(a.item)
		a.among = &e.holding
		a.item, _ = e.holding.Push(a.item.Holder(), a)
	}
}

// returned notes that a user is online, again or still. The lock is held.
func (e *Engine) returned(u *user) {
	if a := e.away[u]; a != nil {
		a.among.Drop(a.item)
		e.absences.Remove(a, absenceLinks)
		delete(e.away, u)
	}
}

// forgetUsers forgets, at intervals, the users who have been away for MembershipTTL, and
// that messages wait which are as old.
func (e *Engine) forgetUsers() {
	ttl := e.config.MembershipTTL
	ticker := time.NewTicker(min(max(ttl/10, 10*time.Millisecond), time.Minute))
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			for e.forgetBefore(now.Add(-ttl)) {
			}
			e.store.Expire(now.Add(-ttl))
		case <-e.stop:
			return
		}
	}
}

// maxForgotten bounds the users, and the memberships of theirs, that are forgotten with the
// lock held, but for those of the last user.
const maxForgotten = 256

// forgetBefore forgets users whose last connection ended before t, and reports whether
// there may be more of them.
func (e *Engine) forgetBefore(t time.Time) (more bool) {
	e.mu.Lock()
	defer e.unlock()
	before := t.UnixNano()
	for left := maxForgotten; left > 0; {
		a := e.absences.Oldest()
		if a == nil || a.since > before {
			return false
		}
		left -= 1 + len(a.user.groups)
		e.forget(a.user)
	}
	return true
}

// forget ends what is known of a user who is offline. The lock is held.
func (e *Engine) forget(u *user) {
	for len(u.groups) > 0 {
		e.leave(u, u.groups[len(u.groups)-1].group)
	}
	e.returned(u)
	e.forgetMarks(u)
	delete(e.users, u.name)
	e.note(func(r chat.Registry) { r.Forget(u.name) })
}

// inhabited reports whether anybody is in a conversation: the store forgets others first.
// All users are in "all", its members are in a group, and those of the two who are known
// are in a private conversation.
func (e *Engine) inhabited(conversation string) bool {
	if conversation == chat.Everyone {
		return true
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if chat.IsGroup(conversation) {
		return e.groups[conversation] != nil
	}
	a, b, _ := strings.Cut(conversation, ",")
	return e.users[a] != nil || e.users[b] != nil
}
