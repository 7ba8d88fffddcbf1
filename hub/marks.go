package hub

import (
	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/wire"
)

// mark changes a user's own notes about a conversation, which the user's other connections hear.
func (h *Hub) mark(s *session, r wire.Request, t turn) {
	conversation := chat.ConversationOf(s.name, r.Target)
	t.charge(loop.Work{Deliveries: h.audience(s.name, s.name)})
	h.engine.Mark(s.name, conversation, r.Marks, s.conn, func(err error) { s.answerChange(r, err) })
}

// answerChange answers a request that has no number as its answer.
func (s *session) answerChange(r wire.Request, err error) {
	if err != nil {
		s.fail(r.ID, err)
		return
	}
	s.reply(s.protocol().Changed(r))
}

// Marked implements chat.Node. origin is the connection that asked for the change.
func (n node) Marked(user, conversation string, c chat.MarkChange, origin any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	event := reply(wire.JSON{}.Marked(chat.OtherOf(conversation, user), c))
	for s := n.sessions[user]; s != nil; s = s.next {
		if s.open && s.json && any(s.conn) != origin && s.hears(conversation) {
			s.conn.Send(event)
		}
	}
}

// hears reports whether a session may know of a conversation.
func (s *session) hears(conversation string) bool {
	return !chat.IsGroup(conversation) || s.may(conversation)
}
