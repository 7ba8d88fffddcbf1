package hub

import (
	"math/rand/v2"
	"strconv"
	"time"
)

// deliver sends a stored message to all whom it is meant for. The store calls it
// in the order of Seq. sender is the session it came from.
func (h *Hub) deliver(m *Message, sender *session) {
	item := lineMessage{m}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case m.To == Everyone:
		h.all.Publish(item)
	case isGroup(m.To):
		if g := h.groups[m.To]; g != nil {
			g.list.Publish(item)
		}
	default:
		h.deliverPrivate(m, item, sender)
	}
}

// deliverPrivate sends m to its user, or lets it wait. The lock is held.
func (h *Hub) deliverPrivate(m *Message, item lineMessage, sender *session) {
	to := h.users[m.To]
	if to == nil || len(to.sessions) == 0 {
		sender.conn.Send(lineText("系统:用户(" + m.To + ")不在线,上线后送达"))
		return
	}
	private := &linePrivate{item, h.store}
	for _, s := range to.sessions {
		if s.catchingUp {
			s.hold(m)
			continue
		}
		s.conn.Send(private)
	}
}

// notify tells those whom Config.Presence names, but not u itself. The lock is
// held.
func (h *Hub) notify(u *user, notice func(*user) *lineNotice) {
	switch h.config.Presence {
	case ToAll:
		h.all.Publish(notice(u))
	case ToGroup:
		told := map[*user]bool{u: true}
		item := notice(u)
		for _, g := range u.groups {
			for member := range g.members {
				if told[member] {
					continue
				}
				told[member] = true
				for _, s := range member.sessions {
					s.conn.Send(item)
				}
			}
		}
	}
}

// freeName returns an id of six digits that nobody has. The lock is held.
func (h *Hub) freeName() (string, bool) {
	const tries = 1000 // enough while there are far fewer users than such ids
	for range tries {
		name := strconv.Itoa(100_000 + rand.IntN(900_000))
		if h.users[name] == nil {
			return name, true
		}
	}
	return "", false
}

// forgetUsers forgets, now and then, who has been away for MembershipTTL.
func (h *Hub) forgetUsers() {
	ttl := h.config.MembershipTTL
	ticker := time.NewTicker(min(max(ttl/10, 10*time.Millisecond), time.Minute))
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			for _, name := range h.forgetBefore(now.Add(-ttl)) {
				h.store.Forget(name)
			}
		case <-h.stop:
			return
		}
	}
}

// forgetBefore takes those out of the registry whose last session ended before
// t, and returns their names.
func (h *Hub) forgetBefore(t time.Time) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var names []string
	for name, u := range h.users {
		if len(u.sessions) > 0 || u.seen.After(t) {
			continue
		}
		for len(u.groups) > 0 {
			h.leave(u, u.groups[len(u.groups)-1])
		}
		delete(h.users, name)
		names = append(names, name)
	}
	return names
}
