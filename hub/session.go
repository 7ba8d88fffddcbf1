package hub

import (
	"errors"

	"wschat/frame"
	"wschat/hub/loop"
)

// session is one connection of a user. It is the loop.Handler of that
// connection.
type session struct {
	hub  *Hub
	name string     // the user id; "" until login, for who has none
	user *user      // since login
	conn *loop.Conn // since Open

	// Private messages wait until those from before the login are sent; see
	// catch_up.go. Guarded by Hub.mu.
	catchingUp bool
	held       []*Message
	heldBytes  int
	tooSlow    bool // is being closed for what it let wait
}

// Session returns the handler for a new connection of user, a valid user id, or
// "" for one that the hub is to give: the user then is told.
func (h *Hub) Session(user string) loop.Handler { return &session{hub: h, name: user} }

// Open logs the user in.
func (s *session) Open(c *loop.Conn) {
	s.conn = c
	s.catchingUp = true
	named := s.name != ""
	if err := s.hub.login(s); err != nil {
		c.Close(frame.InternalError, err.Error())
		return
	}
	if !named {
		c.Write(frame.Text, []byte("系统:你的用户编号是 "+s.name)) // ahead of all else
	}
	s.catchUp()
}

// Message does what the client asks for.
func (s *session) Message(_ *loop.Conn, op frame.Opcode, payload []byte) {
	if s.user == nil { // not logged in, and about to be closed
		return
	}
	request, err := ParseLine(op, payload)
	if err == nil {
		err = s.hub.handle(s, request)
	}
	if err != nil {
		s.fail(err)
	}
}

// Closed logs the user out.
func (s *session) Closed(*loop.Conn, frame.CloseCode) {
	if s.user != nil {
		s.hub.logout(s)
	}
}

// fail tells the client what could not be done.
func (s *session) fail(err error) {
	var e *Error
	if !errors.As(err, &e) {
		e = ErrUnavailable
	}
	s.conn.Send(lineText(e.lineText()))
}
