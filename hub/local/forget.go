package local

import (
	"container/list"
	"strings"
	"time"

	"wschat/hub/chat"
)

// absence is that of a user who is offline.
type absence struct {
	user  *user
	since int64         // in ns since 1970
	idle  *list.Element // of Engine.idle; nil: the user holds something
}

// left notes that a user has gone offline, at a time no earlier than those noted before.
// idle says that the user is in no group and no private conversation. The lock is held.
func (e *Engine) left(u *user, since time.Time, idle bool) {
	a := &absence{user: u, since: since.UnixNano()}
	e.awayOf[u] = e.away.PushBack(a)
	if idle {
		a.idle = e.idle.PushBack(u)
	}
}

// holds notes that a user is in a group or a private conversation. The lock is held.
func (e *Engine) holds(u *user) {
	if at := e.awayOf[u]; at != nil {
		if a := at.Value.(*absence); a.idle != nil {
			e.idle.Remove(a.idle)
			a.idle = nil
		}
	}
}

// returned notes that a user is online, again or still. The lock is held.
func (e *Engine) returned(u *user) {
	e.holds(u)
	if a := e.awayOf[u]; a != nil {
		e.away.Remove(a)
		delete(e.awayOf, u)
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
			e.forgetBefore(now.Add(-ttl))
			e.store.Expire(now.Add(-ttl))
		case <-e.stop:
			return
		}
	}
}

// forgetBefore forgets those whose last connection ended before t.
func (e *Engine) forgetBefore(t time.Time) {
	e.mu.Lock()
	defer e.unlock()
	before := t.UnixNano()
	for a := e.away.Front(); a != nil && a.Value.(*absence).since <= before; a = e.away.Front() {
		e.forget(a.Value.(*absence).user)
	}
}

// makeRoom makes room for another user, by forgetting those who hold nothing, and reports
// whether there is room. The lock is held.
func (e *Engine) makeRoom() bool {
	for len(e.users) >= e.config.MaxUsers {
		if e.idle.Len() == 0 {
			e.refused++
			return false
		}
		e.forget(e.idle.Front().Value.(*user))
	}
	return true
}

// forget ends what is known of a user who is offline. The lock is held.
func (e *Engine) forget(u *user) {
	for len(u.groups) > 0 {
		e.leave(u, u.groups[len(u.groups)-1].group)
	}
	e.returned(u)
	delete(e.users, u.name)
	e.note(func(r chat.Registry) { r.Forget(u.name) })
}

// inhabited reports whether anybody is in a conversation, since the store must not forget
// one that somebody is in. All users are in "all", its members are in a group, and those
// of the two who are known are in a private conversation.
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
