package local

import (
	"strings"
	"time"

	"wschat/hub/chat"
)

// absence is that of a user who is offline.
type absence struct {
	user  *user
	since time.Time
}

// left notes that a user has gone offline, at a time no earlier than those noted before.
// The lock is held.
func (e *Engine) left(u *user, since time.Time) { e.awayOf[u] = e.away.PushBack(&absence{u, since}) }

// returned notes that a user is online, again or still. The lock is held.
func (e *Engine) returned(u *user) {
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
	for a := e.away.Front(); a != nil && !a.Value.(*absence).since.After(t); a = e.away.Front() {
		e.forget(a.Value.(*absence).user)
	}
}

// forgetExcess keeps to Config.MaxUsers, as long as anybody is offline. The lock
// is held.
func (e *Engine) forgetExcess() {
	for a := e.away.Front(); a != nil && len(e.users) > e.config.MaxUsers; a = e.away.Front() {
		e.forget(a.Value.(*absence).user)
	}
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
