package hub

import "wschat/hub/loop"

// deliver sends a stored message to all whom it is meant for. The store calls it
// in the order of Seq. A private message whose user is offline waits.
func (h *Hub) deliver(m *Message) (offline bool) {
	item := h.lineItem(m)
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
		return h.deliverPrivate(m, item)
	}
	return false
}

// deliverPrivate sends m to its user, or lets it wait. The lock is held.
func (h *Hub) deliverPrivate(m *Message, item loop.Item) (offline bool) {
	to := h.online[m.To]
	if to == nil {
		return true
	}
	private := &linePrivate{item, m, h.store}
	for _, s := range to.sessions {
		if s.catchingUp {
			s.hold(m)
			continue
		}
		s.conn.Send(private)
	}
	return false
}
