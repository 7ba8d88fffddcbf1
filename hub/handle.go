package hub

import (
	"bytes"
	"slices"

	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/wire"
)

// maxNames bounds the user ids in an answer.
const maxNames = 1000

// handle does what s asks for, or returns an *Error. The items are the answer, if
// it is long; others are sent at once. It may block if Hub.mayBlock says so.
func (h *Hub) handle(s *session, r wire.Request) ([]loop.Item, error) {
	if r.Op != wire.Leave && chat.IsGroup(r.Target) && !s.may(r.Target) {
		return nil, chat.ErrForbidden.About(r.Target)
	}
	switch r.Op {
	case wire.Send:
		h.send(s, r)
	case wire.Join, wire.Leave:
		h.change(&change{
			session: s, group: r.Target, join: r.Op == wire.Join,
			done: func() { s.reply(s.protocol.Changed(r)) },
			then: func(err error) {
				if err != nil {
					s.fail(r.ID, err)
				}
			},
		})
	case wire.Who:
		names, count, err := h.who(r.Target)
		if err != nil {
			return nil, err
		}
		return []loop.Item{reply(s.protocol.Members(r, names, count))}, nil
	case wire.History:
		return h.history(s, r)
	}
	return nil, nil
}

// send checks whether the message may be sent, has its sender join the group that
// it goes to, and hands it to the store. What follows is deliver. A repeated one, by
// its ID, gets the first answer again.
func (h *Hub) send(s *session, r wire.Request) {
	if r.ID != "" && !h.acks.begin(s.name, r.ID, func(a ack, err error) { s.told(r, a, err) }) {
		return
	}
	m, err := h.newMessage(s, r)
	switch {
	case err != nil:
		h.said(s, r, ack{}, err)
	case chat.IsGroup(m.To) && !h.isMember(s.user, m.To):
		h.joinAndSay(s, r, m)
	default:
		h.say(s, r, m)
	}
}

func (h *Hub) joinAndSay(s *session, r wire.Request, m *chat.Message) {
	h.change(&change{
		session: s, group: m.To, join: true,
		done: func() {},
		then: func(err error) {
			if err != nil {
				h.said(s, r, ack{}, err)
				return
			}
			h.say(s, r, m)
		},
	})
}

// say hands a message to the store.
func (h *Hub) say(s *session, r wire.Request, m *chat.Message) {
	if h.shared != nil {
		s.entered.saying.Add(1)
		h.shared.Say(m, func(offline bool, err error) {
			h.said(s, r, ack{m.Seq, offline}, sayError(m, err))
			s.entered.saying.Done()
		})
		return
	}
	h.store.Append(m, func(err error) {
		if err != nil {
			h.said(s, r, ack{}, chat.ErrUnavailable)
			return
		}
		h.delivered(s, r, m, h.deliver(m, s.conn))
	})
}

// delivered answers a send. Who repeats it after a restart is to be told the same;
// if the user has come or gone while the message was stored, that has to be stored,
// too. Should it not be, the message is there all the same.
func (h *Hub) delivered(s *session, r wire.Request, m *chat.Message, away bool) {
	a := ack{m.Seq, away}
	if away == m.Away || r.ID == "" || h.registry == nil {
		h.said(s, r, a, nil)
		return
	}
	h.registry.Answered(m, away, func(error) { h.said(s, r, a, nil) })
}

// said answers a send, which the store has done with.
func (h *Hub) said(s *session, r wire.Request, a ack, err error) {
	switch {
	case r.ID == "":
		s.told(r, a, err)
	case err != nil:
		h.acks.failed(s.name, r.ID, err)
	default:
		h.acks.done(s.name, r.ID, a)
	}
}

// told answers one request to send.
func (s *session) told(r wire.Request, a ack, err error) {
	if err != nil {
		s.fail(r.ID, err)
		return
	}
	s.reply(s.protocol.Acked(r, a.seq, a.offline))
}

// newMessage makes the message of a request that may be sent.
func (h *Hub) newMessage(s *session, r wire.Request) (*chat.Message, error) {
	m := &chat.Message{
		Conversation: r.Target,
		From:         s.name,
		To:           r.Target,
		Binary:       r.Binary,
		Body:         bytes.Clone(r.Body), // the payload is the connection's
		ID:           r.ID,
	}
	if !m.Private() {
		return m, nil
	}
	if h.shared == nil {
		known, here := h.find(r.Target)
		if !known {
			return nil, chat.ErrNotOnline.About(r.Target)
		}
		m.Away = !here
	}
	m.Conversation = chat.PairOf(m.From, m.To)
	return m, nil
}

// who returns who is online, or online in a group: the first of them by name,
// and how many they are.
func (h *Hub) who(group string) (names []string, count int, err error) {
	if h.shared != nil {
		return h.shared.Who(group)
	}
	names = h.onlineNames(group)
	slices.Sort(names)
	return names[:min(len(names), maxNames)], len(names), nil
}

func (h *Hub) onlineNames(group string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if group == "" {
		names := make([]string, len(h.online))
		for i, u := range h.online {
			names[i] = u.name
		}
		return names
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

// history returns messages of a conversation, as s reads them.
func (h *Hub) history(s *session, r wire.Request) ([]loop.Item, error) {
	conversation := r.Target
	switch {
	case r.Target == chat.Everyone:
	case chat.IsGroup(r.Target):
		h.mu.Lock()
		g := s.user.membership(r.Target)
		h.mu.Unlock()
		if g == nil {
			return nil, chat.ErrNotMember.About(r.Target)
		}
	default:
		conversation = chat.PairOf(s.name, r.Target)
	}
	messages, more, err := h.store.History(conversation, r.Query)
	if err != nil {
		return nil, chat.ErrUnavailable
	}
	if s.json() {
		return []loop.Item{reply(wire.JSON{}.History(r, messages, more))}, nil
	}
	if len(messages) == 0 {
		return []loop.Item{reply(wire.Line{}.NoHistory())}, nil
	}
	items := make([]loop.Item, len(messages))
	for i, m := range messages {
		items[i] = h.newDelivery(m)
	}
	return items, nil
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
