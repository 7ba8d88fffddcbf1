package hub

import (
	"errors"
	"time"

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

	allows  func(group string) bool // see Access
	expires time.Time
	expiry  *time.Timer // since Open, if expires is set

	// Private messages wait until those from before the login are sent; see
	// catch_up.go. Guarded by Hub.mu.
	catchingUp bool
	held       []*Message
	heldBytes  int
	tooSlow    bool // is being closed for what it let wait
}

// Access is who a new connection belongs to, and what it may do.
type Access struct {
	User    string                  // a valid user id; "": the hub gives one, and says so
	Allows  func(group string) bool // limits the groups it may have to do with; nil: no limit
	Expires time.Time               // when it is closed with 4001; zero: never
}

// Session returns the handler for a new connection.
func (h *Hub) Session(a Access) loop.Handler {
	return &session{hub: h, name: a.User, allows: a.Allows, expires: a.Expires}
}

// Open logs the user in.
func (s *session) Open(c *loop.Conn) {
	s.conn = c
	s.catchingUp = true
	if !s.expires.IsZero() {
		s.expiry = time.AfterFunc(time.Until(s.expires), func() {
			c.Close(frame.TokenExpired, "token has expired")
		})
	}
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
	if s.expiry != nil {
		s.expiry.Stop()
	}
	if s.user != nil {
		s.hub.logout(s)
	}
}

// may reports whether the connection may have to do with a group.
func (s *session) may(group string) bool { return s.allows == nil || s.allows(group) }

// fail tells the client what could not be done.
func (s *session) fail(err error) {
	var e *Error
	if !errors.As(err, &e) {
		e = ErrUnavailable
	}
	s.conn.Send(lineText(e.lineText()))
}
