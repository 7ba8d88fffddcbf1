package hub

import (
	"bytes"
	"errors"
	"sync"

	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/wire"
)

// turn is what a request may do besides answering at once.
type turn struct {
	pull func(next func() loop.Item) // sends a long answer
	// charge has the client pay before its next request is handled.
	charge func(loop.Work)
	// wait stops reading from the client until resume is called, as its next request
	// may depend on this one.
	wait func() (resume func())
}

// do carries out a request, on a goroutine of its own if that may block. Nothing more is
// read from the client meanwhile.
func (h *Hub) do(s *session, r wire.Request) {
	if r.Op == wire.Send && !r.Binary && !h.admitText(s, r.Body) {
		s.fail(r.ID, chat.ErrTooLong)
		return
	}
	if !h.mayBlock(s, r) {
		h.handle(s, r, turn{s.conn.Pull, s.conn.Charge, func() func() {
			begin := s.conn.PullLater()
			return func() { begin(inTurn(nil)) }
		}})
		return
	}
	r.Body = bytes.Clone(r.Body) // the payload is the connection's
	sends := &s.more().sends     // made here: the loop may want some of it meanwhile
	begin := s.conn.PullLater()
	h.ended.Go(func() {
		sends.Wait() // the sends before this request come first
		pulled := inTurn(nil)
		var waits sync.WaitGroup
		h.handle(s, r, turn{
			func(next func() loop.Item) { pulled = next },
			s.conn.ChargeLater, // ahead of begin
			func() func() { waits.Add(1); return waits.Done },
		})
		waits.Wait()
		begin(pulled)
	})
}

// mayBlock reports whether a request may have to wait for the engine or the disk. A send does
// not, unless it joins a group as well, comes with a file, or may delete one.
func (h *Hub) mayBlock(s *session, r wire.Request) bool {
	switch {
	case r.File != "", r.Op == wire.Send && h.deletesFile(r.Kind):
		return true
	case r.Op == wire.Kick: // a ban may have to be made safe
		return s.isModerator()
	case !h.engine.MayBlock(), r.Op == wire.Nothing, r.Op == wire.Typing, r.Op == wire.Search:
		return false
	case r.Op != wire.Send:
		return true
	}
	return chat.IsGroup(r.Target) && !h.engine.IsMember(s.name, r.Target)
}

// handle carries out a request and answers it.
func (h *Hub) handle(s *session, r wire.Request, t turn) {
	if r.Op != wire.Leave && chat.IsGroup(r.Target) && !s.may(r.Target) {
		s.fail(r.ID, chat.ErrForbidden.About(r.Target))
		return
	}
	switch r.Op {
	case wire.Send:
		h.send(s, r, t)
	case wire.Join, wire.Leave:
		h.change(s, r, t)
	case wire.Who:
		h.who(s, r, t)
	case wire.History:
		h.history(s, r, t)
	case wire.Mark:
		h.mark(s, r, t)
	case wire.Typing:
		h.typing(s, r, t)
	case wire.Search:
		h.search(s, r)
	case wire.Groups:
		h.directory(s, r, t)
	case wire.Topic:
		h.topic(s, r, t)
	case wire.Kick:
		h.kick(s, r)
	default:
		s.reply(nil)
	}
}

// admitText reports whether a text is short enough for all who may get it. The sender of one
// that they get more than twice as long pays for that.
func (h *Hub) admitText(s *session, text []byte) bool {
	length := wire.Length(text)
	if length > 2*len(text) {
		s.conn.ChargeBytes(length - len(text))
	}
	return !h.isTooLong(length)
}

// isTooLong reports whether Config.MaxMessage forbids a text of some wire.Length.
func (h *Hub) isTooLong(length int) bool {
	return h.config.MaxMessage > 0 && int64(length) > h.config.MaxMessage
}

// send publishes a message, after its sender has joined the group that it goes to.
// node.Deliver is what follows. A retry, which has the ID of an earlier send, gets the
// answer to that one.
func (h *Hub) send(s *session, r wire.Request, t turn) {
	if r.ID != "" && !h.acks.begin(s.name, r.ID, func(a ack, err error) { s.acked(r, a, err) }) {
		return
	}
	m := &chat.Message{
		Conversation: chat.ConversationOf(s.name, r.Target),
		From:         s.name,
		Address:      s.address(),
		To:           r.Target,
		Kind:         r.Kind,
		About:        r.About,
		Binary:       r.Binary,
		Body:         bytes.Clone(r.Body), // the payload is the connection's
		ID:           r.ID,
		Moderator:    s.isModerator(),
	}
	claimed, err := h.claim(m, r.File)
	if err != nil {
		h.ack(s, r, ack{}, err)
		return
	}
	n := h.audience(s.name, r.Target)
	t.charge(loop.Work{Deliveries: n, Bytes: int64(n) * int64(longest(r.Binary, r.Body)+len(m.File))})
	switch {
	case !chat.IsGroup(m.To) || m.Moderator && m.Kind == chat.Deletion || h.engine.IsMember(s.name, m.To):
		h.publish(s, r, m, claimed)
		return
	case m.Kind.Amends():
		h.ack(s, r, ack{}, chat.ErrNotMember.About(m.To))
		return
	}
	h.setMember(s, m.To, true, t, func() {}, func(err error) {
		if err == nil {
			h.publish(s, r, m, claimed)
			return
		}
		h.unclaim(claimed, func() { h.ack(s, r, ack{}, err) })
	})
}

// audience returns how many sessions here get what a user sends to a target, roughly.
func (h *Hub) audience(from, to string) (n int) {
	if to == chat.Everyone {
		return h.all.Len()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if chat.IsGroup(to) {
		if g := h.groups[to]; g != nil {
			return g.list.Len()
		}
		return 0
	}
	for s := h.sessions[to]; s != nil; s = s.next {
		n++
	}
	for s := h.sessions[from]; s != nil && from != to; s = s.next {
		if s.json { // gets a copy
			n++
		}
	}
	return n
}

// publish hands a message to the engine.
func (h *Hub) publish(s *session, r wire.Request, m *chat.Message, claimed string) {
	mayBlock := h.engine.MayBlock()
	if mayBlock {
		s.extra.sends.Add(1)
	}
	h.toEngine(m, claimed, s.conn, func(away bool, err error) {
		if err == nil && m.Moderator && m.Kind == chat.Deletion && !m.Private() {
			h.config.Log.Info("deleted", "of", m.To, "seq", m.About, "moderator", m.From)
		}
		h.ack(s, r, ack{m.Seq, away}, err)
		if mayBlock {
			s.extra.sends.Done()
		}
	})
}

// ack answers a send that the engine is done with, and its retries.
func (h *Hub) ack(s *session, r wire.Request, a ack, err error) {
	switch {
	case r.ID == "":
		s.acked(r, a, err)
	case err != nil:
		h.acks.failed(s.name, r.ID, err)
	default:
		h.acks.done(s.name, r.ID, a)
	}
}

// acked answers one request to send.
func (s *session) acked(r wire.Request, a ack, err error) {
	if err != nil {
		s.fail(r.ID, err)
		return
	}
	s.reply(s.protocol().Acked(r, a.seq, a.away))
}

// change joins a group, or leaves it.
func (h *Hub) change(s *session, r wire.Request, t turn) {
	held := func() { s.reply(s.protocol().Changed(r)) }
	h.setMember(s, r.Target, r.Op == wire.Join, t, held, func(err error) {
		if err != nil {
			s.fail(r.ID, err)
		}
	})
}

// setMember has the engine change a membership. Nothing more is read from the client until
// done has returned and, on its own loop, everybody has been told: so joins and leaves that
// many hear pile up in front of nobody. See chat.Engine for held and done.
func (h *Hub) setMember(s *session, group string, member bool, t turn, held func(), done func(error)) {
	resume := t.wait()
	h.engine.SetMember(s.name, group, member, held, func(err error) {
		if errors.Is(err, chat.ErrManyGroups) || errors.Is(err, chat.ErrManyMembers) {
			h.joinsRefused.Add(1)
		}
		done(err)
		resume()
	})
}

// who tells who is online.
func (h *Hub) who(s *session, r wire.Request, t turn) {
	names, count, err := h.engine.Who(r.Target)
	if err != nil {
		s.fail(r.ID, err)
		return
	}
	var away []string
	looked := 0 // at members, of whom few may be named
	if r.Away && r.Target != "" {
		if away, looked, err = h.engine.MembersAway(r.Target); err != nil {
			s.fail(r.ID, err)
			return
		}
	}
	s.answer(t, loop.Work{Names: len(names) + looked}, reply(s.protocol().Members(r, names, count, away)))
}

// answer sends a long answer, as fast as the client reads, and charges for it.
func (s *session) answer(t turn, w loop.Work, items ...loop.Item) {
	for _, item := range items {
		w.Bytes += int64(item.Size())
		if s.deflates(item.Size()) > 0 {
			w.Deflated += item.Size()
		}
	}
	t.charge(w)
	t.pull(inTurn(items))
	s.reply(nil)
}
