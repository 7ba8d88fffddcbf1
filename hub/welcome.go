package hub

import (
	"slices"

	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/wire"
)

// greet sends a JSON client its welcome. It is called ahead of the login, as what is
// pulled comes before all that is delivered, and a long welcome must not make its
// reader too slow.
func (s *session) greet() {
	asked := false
	s.conn.Pull(func() loop.Item {
		if asked || s.user == nil {
			return nil
		}
		asked = true
		var entry *chat.Entry
		if s.entered != nil {
			entry, s.entered.entry = s.entered.entry, nil
		}
		w, err := s.hub.welcome(s, entry)
		if err != nil {
			s.refuse("the store is out of reach")
			return nil
		}
		return reply(wire.JSON{}.Welcome(w))
	})
}

// welcome is all that a client needs to know at its start. The entry is for a Shared
// store.
func (h *Hub) welcome(s *session, entry *chat.Entry) (wire.Welcome, error) {
	w := wire.Welcome{User: s.name, Epoch: h.store.Epoch()}
	h.mu.Lock()
	for _, g := range s.user.groups {
		if s.may(g.name) {
			w.Groups = append(w.Groups, g.name)
		}
	}
	h.mu.Unlock()
	slices.Sort(w.Groups)
	if h.shared != nil {
		w.Conversations, w.Online, w.Count = h.shared.Welcome(entry, w.Groups)
		return w, nil
	}
	var err error
	if w.Conversations, err = h.store.Last(s.name, append([]string{chat.Everyone}, w.Groups...)); err != nil {
		return w, err
	}
	w.Online, w.Count, err = h.who("")
	return w, err
}
