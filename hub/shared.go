package hub

import (
	"bytes"
	"errors"

	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/wire"
)

// whenAble does what s asks for, on a goroutine of its own if that may block; the
// client is not listened to meanwhile.
func (h *Hub) whenAble(s *session, r wire.Request) {
	if !h.mayBlock(s, r) {
		s.answer(r, s.conn.Pull)
		return
	}
	r.Body = bytes.Clone(r.Body) // the payload is the connection's
	begin := s.conn.PullLater()
	h.ended.Go(func() {
		s.entered.saying.Wait() // it must find done what was asked for before
		pulled := func() loop.Item { return nil }
		s.answer(r, func(next func() loop.Item) { pulled = next })
		begin(pulled)
	})
}

// mayBlock reports whether a request may have to wait for a Shared store. To send
// does not, as long as it is not to join as well.
func (h *Hub) mayBlock(s *session, r wire.Request) bool {
	switch {
	case h.shared == nil, r.Op == wire.Nothing:
		return false
	case r.Op != wire.Send:
		return true
	case !chat.IsGroup(r.Target):
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return s.user.membership(r.Target) == nil
}

// sayError makes the *Error of what Shared.Say says about m.
func sayError(m *chat.Message, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, chat.ErrNotOnline):
		return chat.ErrNotOnline.About(m.To)
	}
	return chat.ErrUnavailable
}
