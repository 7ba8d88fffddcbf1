package hub

import (
	"bytes"
	"maps"
	"slices"

	"wschat/hub/loop"
)

// maxNames bounds the user ids in an answer.
const maxNames = 1000

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
		defer h.unlock()
		if err := h.join(s.user, r.Target); err != nil {
			return err
		}
		s.tell(s.speech.done(r))
	case Leave:
		h.mu.Lock()
		defer h.unlock()
		g := s.user.membership(r.Target)
		if g == nil {
			return ErrNotMember.about(r.Target)
		}
		h.leave(s.user, g)
		s.tell(s.speech.done(r))
	case Who:
		names, count := h.who(r.Target)
		s.conn.Pull(inTurn([]loop.Item{s.speech.members(r, names, count)}))
	case History:
		return h.history(s, r)
	}
	return nil
}

// send checks whether the message may be sent, and hands it to the store. What
// follows is deliver. A repeated one, by its ID, gets the first answer again.
func (h *Hub) send(s *session, r Request) error {
	told := func(a ack, err error) {
		if err != nil {
			s.fail(r.ID, err)
			return
		}
		s.tell(s.speech.sent(r, a.seq, a.offline))
	}
	if r.ID != "" && !h.acks.begin(s.name, r.ID, told) {
		return nil
	}
	m, err := h.newMessage(s, r)
	switch {
	case err != nil && r.ID == "":
		return err
	case err != nil:
		h.acks.failed(s.name, r.ID, err)
		return nil
	}
	h.store.Append(m, func(err error) {
		if err != nil {
			err = ErrUnavailable
		}
		a := ack{seq: m.Seq}
		if err == nil {
			a.offline = h.deliver(m)
		}
		switch {
		case r.ID == "":
			told(a, err)
		case err != nil:
			h.acks.failed(s.name, r.ID, err)
		default:
			h.acks.done(s.name, r.ID, a)
		}
	})
	return nil
}

// newMessage makes the message of a request that may be sent; to send to a group
// is to join it.
func (h *Hub) newMessage(s *session, r Request) (*Message, error) {
	m := &Message{
		Conversation: r.Target,
		From:         s.name,
		To:           r.Target,
		Binary:       r.Binary,
		Body:         bytes.Clone(r.Body), // the payload is the connection's
		ID:           r.ID,
	}
	switch {
	case !m.private():
		if !isGroup(r.Target) {
			return m, nil
		}
		h.mu.Lock()
		defer h.unlock()
		return m, h.join(s.user, r.Target)
	case !h.knows(r.Target):
		return nil, ErrNotOnline.about(r.Target)
	}
	m.Conversation = PairOf(m.From, m.To)
	return m, nil
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

// history sends s messages of a conversation.
func (h *Hub) history(s *session, r Request) error {
	conversation := r.Target
	switch {
	case r.Target == Everyone:
	case isGroup(r.Target):
		h.mu.Lock()
		g := s.user.membership(r.Target)
		h.mu.Unlock()
		if g == nil {
			return ErrNotMember.about(r.Target)
		}
	default:
		conversation = PairOf(s.name, r.Target)
	}
	messages, more, err := h.store.History(conversation, r.Query)
	if err != nil {
		return ErrUnavailable
	}
	s.conn.Pull(inTurn(s.speech.history(h, r, messages, more)))
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
