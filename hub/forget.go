package hub

import (
	"time"

	"wschat/hub/chat"
)

// forgetUsers forgets, now and then, who has been away for MembershipTTL, and
// what has waited for as long.
func (h *Hub) forgetUsers() {
	ttl := h.config.MembershipTTL
	ticker := time.NewTicker(min(max(ttl/10, 10*time.Millisecond), time.Minute))
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			h.forgetBefore(now.Add(-ttl))
			h.store.Expire(now.Add(-ttl))
		case <-h.stop:
			return
		}
	}
}

// forgetBefore takes those out of the registry whose last session ended before
// t.
func (h *Hub) forgetBefore(t time.Time) {
	h.mu.Lock()
	defer h.unlock()
	for e := h.away.Front(); e != nil && !e.Value.(*absence).since.After(t); e = h.away.Front() {
		h.forget(e.Value.(*absence).user)
	}
}

// forgetExcess keeps to Config.MaxUsers, as long as anybody is offline. The lock
// is held.
func (h *Hub) forgetExcess() {
	for e := h.away.Front(); e != nil && len(h.users) > h.config.MaxUsers; e = h.away.Front() {
		h.forget(e.Value.(*absence).user)
	}
}

// forget takes a user who is offline out of the registry. The lock is held.
func (h *Hub) forget(u *user) {
	for len(u.groups) > 0 {
		h.leave(u, u.groups[len(u.groups)-1])
	}
	h.away.Remove(u.away)
	delete(h.users, u.name)
	h.note(func(r chat.Registry) { r.Forget(u.name) })
}
