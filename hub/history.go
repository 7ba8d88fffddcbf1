package hub

import (
	"slices"

	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/wire"
)

// history sends messages of a conversation. Only members may read that of a group.
func (h *Hub) history(s *session, r wire.Request, t turn) {
	if chat.IsGroup(r.Target) && !h.engine.IsMember(s.name, r.Target) {
		s.fail(r.ID, chat.ErrNotMember.About(r.Target))
		return
	}
	conversation := chat.ConversationOf(s.name, r.Target)
	if !s.json {
		h.lineHistory(s, r, conversation, t)
		return
	}
	since := h.deletions.now()
	messages, more, err := h.engine.History(conversation, r.Query)
	if err != nil {
		s.fail(r.ID, err)
		return
	}
	encode := func(messages []*chat.Message) loop.Item { return reply(wire.JSON{}.History(r, messages, more)) }
	s.answer(t, loop.Work{Entries: len(messages)}, &telling{encode(messages), since, messages, func(gone func(*chat.Message) bool) loop.Item {
		return encode(deletedAmong(messages, gone))
	}})
}

const (
	// linePage is how many entries of a conversation are looked at together, and maxLinePages
	// how often: there may be very many reactions.
	linePage     = 200
	maxLinePages = 20
)

// lineHistory sends a line client the last messages, each once, as it reads now.
func (h *Hub) lineHistory(s *session, r wire.Request, conversation string, t turn) {
	var items []loop.Item // the newest first
	seen, since := 0, h.deletions.now()
	for q := r.Query; len(items) < r.Query.Limit && seen < maxLinePages*linePage; {
		messages, more, err := h.engine.History(conversation, q)
		if err != nil {
			s.fail(r.ID, err)
			return
		}
		seen += len(messages)
		for _, m := range slices.Backward(messages) {
			if m.Readable() && len(items) < r.Query.Limit {
				items = append(items, &telling{Item: h.newDelivery(m), since: since, messages: []*chat.Message{m}})
			}
		}
		if !more || len(messages) == 0 {
			break
		}
		q = chat.Query{Direction: chat.Before, Seq: messages[0].Seq, Limit: linePage}
	}
	if len(items) == 0 {
		items = []loop.Item{reply(wire.Line{}.NoHistory())}
	}
	slices.Reverse(items)
	s.answer(t, loop.Work{Entries: seen}, items...)
}
