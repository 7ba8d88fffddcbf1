package hub

import (
	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/wire"
)

// directory tells which groups there are.
func (h *Hub) directory(s *session, r wire.Request, t turn) {
	looked := 0 // at groups that a token forbids, too
	may := func(group string) bool {
		looked++
		return s.may(group)
	}
	groups, more, err := h.engine.Directory(r.Prefix, r.After, r.Query.Limit, may)
	if err != nil {
		s.fail(r.ID, err)
		return
	}
	s.answer(t, loop.Work{Names: looked}, reply(wire.JSON{}.Groups(r, groups, more)))
}

// topic sets the topic of a group. Only members may.
func (h *Hub) topic(s *session, r wire.Request, t turn) {
	if !h.engine.IsMember(s.name, r.Target) {
		s.fail(r.ID, chat.ErrNotMember.About(r.Target))
		return
	}
	t.charge(loop.Work{Notices: h.audience(s.name, r.Target)})
	topic := chat.Topic{Group: r.Target, Text: string(r.Body), User: s.name, Address: s.address()}
	h.engine.SetTopic(topic, func(err error) { s.answerChange(r, err) })
}

// Topic implements chat.Node.
func (n node) Topic(group, text, user string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if g := n.groups[group]; g != nil && g.programs != nil {
		g.programs.Publish(&notice{Notice: wire.Notice{JSON: wire.JSON{}.Topic(group, text, user)}})
	}
}
