package hub

import (
	"time"

	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/wire"
)

const (
	// typingPause is how often it is passed on that a client writes to a conversation.
	typingPause = 2 * time.Second
	// manyTyped is from how many conversations on those are looked through that a client has
	// written to.
	manyTyped = 64
)

// typed is when it was last passed on that a client writes, by destination.
type typed map[string]time.Time

// may reports whether it is to be passed on, and notes that it is.
func (t *typed) may(to string, now time.Time) bool {
	if now.Sub((*t)[to]) < typingPause {
		return false
	}
	if len(*t) >= manyTyped {
		for other, at := range *t {
			if now.Sub(at) >= typingPause {
				delete(*t, other)
			}
		}
	}
	if *t == nil {
		*t = make(typed)
	}
	(*t)[to] = now
	return true
}

// typing tells the others of a conversation that the client writes. It is not answered.
func (h *Hub) typing(s *session, r wire.Request, t turn) {
	if chat.IsGroup(r.Target) && !h.engine.IsMember(s.name, r.Target) {
		s.fail(r.ID, chat.ErrNotMember.About(r.Target))
		return
	}
	if s.more().typed.may(r.Target, time.Now()) {
		t.charge(loop.Work{Notices: h.audience(s.name, r.Target)})
		h.engine.Typing(s.name, r.Target)
	}
	s.reply(nil)
}

// Typing implements chat.Node.
func (n node) Typing(user, to string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	item := &notice{Notice: wire.Notice{JSON: wire.JSON{}.Typing(user, to)}, about: user}
	if chat.IsGroup(to) {
		if g := n.groups[to]; g != nil && g.programs != nil {
			g.programs.Publish(item)
		}
		return
	}
	for s := n.sessions[to]; s != nil; s = s.next {
		if s.open && s.json {
			s.conn.Send(item)
		}
	}
}
