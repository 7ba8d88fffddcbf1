package hub

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/wire"
)

var errNoFreeName = errors.New("hub: no free user id")

// login registers a new session, whose name may still be missing, and tells the
// others.
func (h *Hub) login(s *session) error {
	if h.shared != nil {
		h.open(s)
		return nil
	}
	h.mu.Lock()
	defer h.unlock()
	if s.name == "" {
		name, ok := h.freeName()
		if !ok {
			return errNoFreeName
		}
		s.name = name
	}
	u := h.users[s.name]
	if u == nil {
		u = &user{name: s.name}
		h.users[s.name] = u
		h.forgetExcess()
	}
	if u.away != nil {
		h.away.Remove(u.away)
		u.away = nil
	}
	s.user = u
	first := len(u.sessions) == 0
	if h.config.Single {
		h.replace(u)
	}
	u.sessions = append(u.sessions, s)
	h.all.Join(s.conn)
	for _, g := range u.groups {
		if s.may(g.name) {
			g.add(s)
		}
	}
	if first {
		h.online.add(u)
		h.note(func(r chat.Registry) { r.Seen(u.name, time.Time{}) })
		h.notify(u, wire.Online)
	}
	return nil
}

// replace closes the sessions of u in favour of a newer one. To the others the
// user has been there all the time. The lock is held.
func (h *Hub) replace(u *user) {
	for _, old := range u.sessions {
		old.conn.Close(frame.Replaced, "replaced by a newer connection")
	}
	u.sessions = nil
}

// logout takes a session out of the registry, and tells the others if it was the
// user's last.
func (h *Hub) logout(s *session) {
	if h.shared != nil {
		h.exit(s)
		return
	}
	h.mu.Lock()
	defer h.unlock()
	u := s.user
	i := slices.Index(u.sessions, s)
	if i < 0 { // replaced by a newer one
		return
	}
	u.sessions = slices.Delete(u.sessions, i, i+1)
	if len(u.sessions) > 0 {
		return
	}
	u.sessions = nil
	now := time.Now()
	h.note(func(r chat.Registry) { r.Seen(u.name, now) })
	u.away = h.away.PushBack(&absence{u, now})
	h.online.remove(u)
	h.notify(u, wire.Offline)
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
