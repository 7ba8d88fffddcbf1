package hub

import (
	"wschat/hub/chat"
	"wschat/hub/loop"
)

// deliver sends a stored message to all whom it is meant for. The store calls it
// in the order of Seq. A private message whose user is offline waits. author is the
// connection that has said it, if that is known.
func (h *Hub) deliver(m *chat.Message, author *loop.Conn) (offline bool) {
	item := h.newDelivery(m)
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case m.To == chat.Everyone:
		h.all.PublishFrom(author, item)
	case chat.IsGroup(m.To):
		if g := h.groups[m.To]; g != nil {
			g.list.PublishFrom(author, item)
		}
	default:
		return h.deliverPrivate(m, item)
	}
	return false
}

// deliverPrivate sends m to its user, or lets it wait. The lock is held.
func (h *Hub) deliverPrivate(m *chat.Message, item *delivery) (offline bool) {
	// The sender's JSON sessions get a copy, unless he is the recipient.
	if from := h.here(m.From); from != nil && m.From != m.To {
		for _, s := range from.sessions {
			if s.json() {
				s.conn.SendExpress(item)
			}
		}
	}
	to := h.here(m.To)
	if to == nil {
		return true
	}
	private := &privateLine{item, h.store}
	for _, s := range to.sessions {
		switch {
		case s.json():
			s.conn.SendExpress(item)
		case s.held != nil:
			s.hold(m)
		default:
			s.conn.SendExpress(private)
		}
	}
	return false
}
