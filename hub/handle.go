package hub

import (
	"bytes"
	"maps"
	"slices"

	"wschat/hub/loop"
)

const (
	// historyLimit is how many messages a line client gets of a conversation.
	historyLimit = 50
	// maxNames bounds the user ids in an answer.
	maxNames = 1000
)

// handle does what s asks for, or returns an *Error.
func (h *Hub) handle(s *session, r Request) error {
	if r.Op != Leave && isGroup(r.Target) && !s.may(r.Target) {
		return ErrForbidden.about(r.Target)
	}
	switch r.Op {
	case Send:
		return h.send(s, r)
	case Join:
		h.mu.Lock()
		defer h.mu.Unlock()
		if err := h.join(s.user, r.Target); err != nil {
			return err
		}
		s.conn.Send(lineText("系统:已加入 " + r.Target))
	case Leave:
		h.mu.Lock()
		defer h.mu.Unlock()
		g := s.user.membership(r.Target)
		if g == nil {
			return ErrNotMember.about(r.Target)
		}
		h.leave(s.user, g)
		s.conn.Send(lineText("系统:已离开 " + r.Target))
	case Who:
		names, count := h.who(r.Target)
		s.conn.Pull(inTurn([]loop.Item{whoLine(names, count)}))
	case History:
		return h.history(s, r.Target)
	}
	return nil
}

// send checks whether the message may be sent, and hands it to the store. What
// follows is deliver.
func (h *Hub) send(s *session, r Request) error {
	m := &Message{
		Conversation: r.Target,
		From:         s.name,
		To:           r.Target,
		Binary:       r.Binary,
		Body:         bytes.Clone(r.Body), // the payload is the connection's
	}
	switch {
	case r.Target == Everyone:
	case isGroup(r.Target):
		h.mu.Lock()
		err := h.join(s.user, r.Target)
		h.mu.Unlock()
		if err != nil {
			return err
		}
	default:
		if !h.knows(r.Target) {
			return ErrNotOnline.about(r.Target)
		}
		m.Conversation = PairOf(m.From, m.To)
	}
	h.store.Append(m, func(err error) {
		switch {
		case err != nil:
			s.fail(ErrUnavailable)
		case h.deliver(m):
			s.conn.Send(lineText("系统:用户(" + m.To + ")不在线,上线后送达"))
		}
	})
	return nil
}

// who returns who is online, or online in a group: the first of them by name,
// and how many they are.
func (h *Hub) who(group string) (names []string, count int) {
	names = h.onlineNames(group)
	slices.Sort(names)
	return names[:min(len(names), maxNames)], len(names)
}

func (h *Hub) onlineNames(group string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if group == "" {
		return slices.AppendSeq(make([]string, 0, len(h.online)), maps.Keys(h.online))
	}
	var names []string
	if g := h.groups[group]; g != nil {
		for u := range g.members {
			if len(u.sessions) > 0 {
				names = append(names, u.name)
			}
		}
	}
	return names
}

// history sends s the newest messages of a conversation.
func (h *Hub) history(s *session, target string) error {
	conversation := target
	switch {
	case target == Everyone:
	case isGroup(target):
		h.mu.Lock()
		g := s.user.membership(target)
		h.mu.Unlock()
		if g == nil {
			return ErrNotMember.about(target)
		}
	default:
		conversation = PairOf(s.name, target)
	}
	messages, _, err := h.store.History(conversation, Query{Limit: historyLimit})
	if err != nil {
		return ErrUnavailable
	}
	if len(messages) == 0 {
		s.conn.Send(lineText("系统:没有历史消息"))
		return nil
	}
	answer := make([]loop.Item, len(messages))
	for i, m := range messages {
		answer[i] = h.lineItem(m)
	}
	s.conn.Pull(inTurn(answer))
	return nil
}

// inTurn is the source of an answer that consists of the given items.
func inTurn(items []loop.Item) func() loop.Item {
	return func() loop.Item {
		if len(items) == 0 {
			return nil
		}
		item := items[0]
		items = items[1:]
		return item
	}
}
