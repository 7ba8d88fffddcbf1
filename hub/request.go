package hub

import (
	"bytes"
	"sync"

	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/wire"
)

// turn is how a request may be answered that takes its time.
type turn struct {
	pull func(next func() loop.Item) // sends a long answer
	// wait keeps the client from being listened to until resume is called: its next
	// request may depend on this one.
	wait func() (resume func())
}

// whenAble does what s asks for, on a goroutine of its own if that may block; the
// client is not listened to meanwhile.
func (h *Hub) whenAble(s *session, r wire.Request) {
	if !h.mayBlock(s, r) {
		h.handle(s, r, turn{s.conn.Pull, func() func() {
			begin := s.conn.PullLater()
			return func() { begin(inTurn(nil)) }
		}})
		return
	}
	r.Body = bytes.Clone(r.Body) // the payload is the connection's
	begin := s.conn.PullLater()
	h.ended.Go(func() {
		if s.sends != nil {
			s.sends.Wait() // it must find done what was asked for before
		}
		pulled := inTurn(nil)
		var waits sync.WaitGroup
		h.handle(s, r, turn{
			func(next func() loop.Item) { pulled = next },
			func() func() { waits.Add(1); return waits.Done },
		})
		waits.Wait()
		begin(pulled)
	})
}

// mayBlock reports whether a request may have to wait for the engine. To send does not,
// as long as it is not to join as well.
func (h *Hub) mayBlock(s *session, r wire.Request) bool {
	switch {
	case !h.engine.MayBlock(), r.Op == wire.Nothing:
		return false
	case r.Op != wire.Send:
		return true
	}
	return chat.IsGroup(r.Target) && !h.engine.IsMember(s.name, r.Target)
}

// handle does what s asks for, and answers.
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
	default:
		s.reply(nil)
	}
}

// send checks whether the message may be sent, has its sender join the group that
// it goes to, and hands it to the engine. What follows is Deliver. A repeated one, by
// its ID, gets the first answer again.
func (h *Hub) send(s *session, r wire.Request, t turn) {
	if r.ID != "" && !h.acks.begin(s.name, r.ID, func(a ack, err error) { s.acked(r, a, err) }) {
		return
	}
	m := &chat.Message{
		Conversation: chat.ConversationOf(s.name, r.Target),
		From:         s.name,
		To:           r.Target,
		Binary:       r.Binary,
		Body:         bytes.Clone(r.Body), // the payload is the connection's
		ID:           r.ID,
	}
	if !chat.IsGroup(m.To) || h.engine.IsMember(s.name, m.To) {
		h.publish(s, r, m)
		return
	}
	resume := t.wait()
	h.engine.SetMember(s.name, m.To, true, func() {}, func(err error) {
		if err != nil {
			h.settle(s, r, ack{}, err)
		} else {
			h.publish(s, r, m)
		}
		resume()
	})
}

// publish hands a message to the engine.
func (h *Hub) publish(s *session, r wire.Request, m *chat.Message) {
	if s.sends == nil {
		s.sends = new(sync.WaitGroup)
	}
	s.sends.Add(1)
	h.engine.Publish(m, s.conn, func(away bool, err error) {
		h.settle(s, r, ack{m.Seq, away}, err)
		s.sends.Done()
	})
}

// settle answers a send with which the engine has done, and those that repeat it.
func (h *Hub) settle(s *session, r wire.Request, a ack, err error) {
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
	s.reply(s.protocol().Acked(r, a.seq, a.offline))
}

// change joins a group, or leaves it.
func (h *Hub) change(s *session, r wire.Request, t turn) {
	resume := t.wait()
	held := func() { s.reply(s.protocol().Changed(r)) }
	h.engine.SetMember(s.name, r.Target, r.Op == wire.Join, held, func(err error) {
		if err != nil {
			s.fail(r.ID, err)
		}
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
	s.answer(t, []loop.Item{reply(s.protocol().Members(r, names, count))})
}

// history sends messages of a conversation, as s reads them.
func (h *Hub) history(s *session, r wire.Request, t turn) {
	if chat.IsGroup(r.Target) && !h.engine.IsMember(s.name, r.Target) {
		s.fail(r.ID, chat.ErrNotMember.About(r.Target))
		return
	}
	messages, more, err := h.engine.History(chat.ConversationOf(s.name, r.Target), r.Query)
	switch {
	case err != nil:
		s.fail(r.ID, err)
	case s.json:
		s.answer(t, []loop.Item{reply(wire.JSON{}.History(r, messages, more))})
	case len(messages) == 0:
		s.answer(t, []loop.Item{reply(wire.Line{}.NoHistory())})
	default:
		items := make([]loop.Item, len(messages))
		for i, m := range messages {
			items[i] = h.newDelivery(m)
		}
		s.answer(t, items)
	}
}

// answer sends a long answer, as fast as the client reads.
func (s *session) answer(t turn, items []loop.Item) {
	t.pull(inTurn(items))
	s.reply(nil)
}
