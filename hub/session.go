package hub

import (
	"errors"
	"time"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/wire"
)

// session is one connection of a user. It is the loop.Handler of that
// connection.
type session struct {
	hub      *Hub
	protocol wire.Protocol
	name     string     // the user id; "" until login, for who has none
	user     *user      // since login; nil again if the session is refused
	conn     *loop.Conn // since Open

	entered *entered // with a Shared store, since Enter; else nil
	permit  *permit  // nil: it may do everything, and for good

	// Private messages wait until those from before the login are sent; see
	// catch_up.go. nil: that is done. Guarded by Hub.mu.
	held *heldBack
}

// permit limits what a session may do.
type permit struct {
	allows  func(group string) bool // see Access
	expires time.Time
	expiry  *time.Timer // since Open, if expires is set
}

// Access is who a new connection belongs to, and what it may do.
type Access struct {
	Protocol string                  // wire.LineProtocol, or "", or wire.JSONProtocol
	User     string                  // a valid user id; "": the hub gives one, and says so
	Allows   func(group string) bool // limits the groups it may have to do with; nil: no limit
	Expires  time.Time               // when it is closed with 4001; zero: never
}

// Enter returns the handler for a new connection. It may block for as long as it
// takes a Shared store to answer, and fails with ErrUnavailable if that is out of
// reach. The connection must be opened then, or given up by Abandon.
func (h *Hub) Enter(a Access) (loop.Handler, error) {
	s := &session{hub: h, protocol: wire.Line{}, name: a.User}
	if a.Allows != nil || !a.Expires.IsZero() {
		s.permit = &permit{allows: a.Allows, expires: a.Expires}
	}
	if a.Protocol == wire.JSONProtocol {
		s.protocol = wire.JSON{}
	}
	if h.shared != nil {
		return s, h.enter(s)
	}
	return s, nil
}

// IsShared reports whether Enter may block.
func (h *Hub) IsShared() bool { return h.shared != nil }

// Abandon gives up a connection that has never been opened.
func (h *Hub) Abandon(handler loop.Handler) {
	if s, ok := handler.(*session); ok && s.entered != nil {
		h.arrived(s.entered.user)
		h.shared.Exit(s.entered.user)
	}
}

// json reports whether the client speaks JSON.
func (s *session) json() bool { return s.protocol == wire.JSON{} }

// Open logs the user in.
func (s *session) Open(c *loop.Conn) {
	s.conn = c
	if !s.json() {
		s.held = new(heldBack)
	}
	if p := s.permit; p != nil && !p.expires.IsZero() {
		p.expiry = time.AfterFunc(time.Until(p.expires), func() {
			c.Close(frame.TokenExpired, "token has expired")
		})
	}
	if s.json() {
		s.greet()
	}
	named := s.name != ""
	if err := s.hub.login(s); err != nil {
		c.Close(frame.InternalError, err.Error())
		return
	}
	if s.json() {
		return
	}
	if !named {
		s.conn.Write(frame.Text, wire.Line{}.Named(s.name)) // ahead of all else
	}
	s.catchUp()
}

// refuse ends a session that could not be greeted. Nothing is delivered to it,
// and what its client sends is not done.
func (s *session) refuse(reason string) {
	s.hub.logout(s)
	s.user = nil
	s.conn.Close(frame.InternalError, reason)
}

// Message does what the client asks for.
func (s *session) Message(_ *loop.Conn, op frame.Opcode, payload []byte) {
	if s.user == nil { // about to be closed
		return
	}
	s.conn.Promise() // each request is answered once, by reply
	request, err := s.protocol.Parse(op, payload)
	if err != nil {
		s.fail(request.ID, err)
		return
	}
	s.hub.whenAble(s, request)
}

// answer does what the client asks for; pull sends it what is long.
func (s *session) answer(r wire.Request, pull func(next func() loop.Item)) {
	items, err := s.hub.handle(s, r)
	switch {
	case err != nil:
		s.fail(r.ID, err)
	case items != nil:
		pull(inTurn(items))
		s.conn.Answer(nil)
	case r.Op == wire.Nothing:
		s.conn.Answer(nil)
	}
}

// Closed logs the user out.
func (s *session) Closed(*loop.Conn, frame.CloseCode) {
	if s.permit != nil && s.permit.expiry != nil {
		s.permit.expiry.Stop()
	}
	if s.user != nil {
		s.hub.logout(s)
	}
}

// may reports whether the connection may have to do with a group.
func (s *session) may(group string) bool {
	return s.permit == nil || s.permit.allows == nil || s.permit.allows(group)
}

// deflates returns the window, as a power of two, to compress a text of n bytes
// for; 0: it goes uncompressed. Only for the connection's loop.
func (s *session) deflates(n int) int {
	if s.hub.config.Deflater == nil {
		return 0
	}
	bits := s.conn.WindowBits()
	if bits == 0 || !frame.WorthDeflating(n, bits) {
		return 0
	}
	return bits
}

// reply answers one request; nil: there is nothing to say. Each is answered once, by
// whoever has done it, as the end of a connection waits for that.
func (s *session) reply(text []byte) {
	if text == nil {
		s.conn.Answer(nil)
		return
	}
	s.conn.Answer(reply(text))
}

// fail tells the client what could not be done.
func (s *session) fail(id string, err error) {
	var e *chat.Error
	if !errors.As(err, &e) {
		e = chat.ErrUnavailable
	}
	s.reply(s.protocol.Failed(id, e))
}
