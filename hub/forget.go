package hub

import "time"

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
	defer h.mu.Unlock()
	for name, u := range h.users {
		if len(u.sessions) > 0 || u.seen.After(t) {
			continue
		}
		for len(u.groups) > 0 {
			h.leave(u, u.groups[len(u.groups)-1])
		}
		delete(h.users, name)
	}
}
