package hub

import (
	"errors"
	"sync"
	"time"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/wire"
)

// session is one connection of a user, and the loop.Handler of that connection. Only the
// connection's loop may use a field that names no other guard.
type session struct {
	hub    *Hub
	name   string // the user id
	conn   *loop.Conn
	start  *startup // nil once the client is up to date
	extra  *extra   // nil: it has nothing of that
	next   *session // another one of the same user. Guarded by Hub.mu
	serial uint32   // of chat.Entry, modulo 2³²
	heard  uint64   // the last login or exit that the welcome had; see chat.Welcome
	open   bool     // it is on the lists. Guarded by Hub.mu
	json   bool     // what the client speaks
	live   bool     // from Open on, until it is refused
}

// extra is what few sessions have, or those of an engine that may block.
type extra struct {
	allows    func(group string) bool // see Access
	moderator bool
	expiry    *time.Timer     // since Open, if Access.Expires is set
	sends     sync.WaitGroup  // those that are under way, if the engine may block
	told      *presenceChange // the last login or exit that it was told by way of a group
	typed     typed

	searches searches
}

// more returns what few sessions have. Only the loop may call it, without the lock: others
// read the pointer with that held.
func (s *session) more() *extra {
	if s.extra == nil {
		s.hub.mu.Lock()
		defer s.hub.mu.Unlock()
		s.extra = new(extra)
	}
	return s.extra
}

// Open begins the session. What the client must know first comes ahead of everything
// that is delivered, so it is queued before the session is on the lists.
func (s *session) Open(c *loop.Conn) {
	s.conn, s.live = c, true
	if expires := s.start.expires; !expires.IsZero() {
		s.extra.expiry = time.AfterFunc(time.Until(expires), func() {
			c.Close(frame.TokenExpired, "token has expired")
		})
	}
	if s.json {
		s.welcome()
		s.hub.open(s)
		return
	}
	if s.start.named {
		c.Write(frame.Text, wire.Line{}.Named(s.name))
	}
	since := s.hub.deletions.now()
	if s.hub.open(s) {
		s.catchUp(since)
	}
}

// Message does what the client asks for.
func (s *session) Message(_ *loop.Conn, op frame.Opcode, payload []byte) {
	size := longest(s.json || op == frame.Binary, payload) // in JSON it is escaped already
	if !s.live || !s.conn.InTurn(s.name, size) {           // about to be closed, or comes again
		return
	}
	s.conn.Promise() // each request is answered once, by reply
	request, err := s.protocol().Parse(op, payload)
	if err != nil {
		s.fail(request.ID, err)
		return
	}
	s.hub.do(s, request)
}

// Closed ends the session.
func (s *session) Closed(*loop.Conn, frame.CloseCode) {
	if s.extra != nil && s.extra.expiry != nil {
		s.extra.expiry.Stop()
	}
	if s.extra != nil && s.extra.searches.stop != nil {
		s.extra.searches.stop()
	}
	if s.live {
		s.hub.exit(s)
	}
}

// refuse ends a session whose client cannot be told what it must know first. Nothing is
// delivered to it, and its requests are not carried out.
func (s *session) refuse() {
	s.hub.exit(s)
	s.live = false
	s.conn.Close(frame.InternalError, "the store is out of reach")
}

// reply answers one request; nil: there is nothing to say. Each request is answered
// exactly once, since the end of a connection waits for the answers.
func (s *session) reply(text []byte) {
	if text == nil {
		s.conn.Answer(nil)
		return
	}
	s.conn.Answer(reply(text))
}

// fail tells the client what could not be done.
func (s *session) fail(id string, err error) { s.reply(s.protocol().Failed(id, asError(err))) }

func (s *session) protocol() wire.Protocol {
	if s.json {
		return wire.JSON{}
	}
	return wire.Line{}
}

// may reports whether the token allows the session this group.
func (s *session) may(group string) bool {
	return s.extra == nil || s.extra.allows == nil || s.extra.allows(group)
}

// isModerator reports whether the session may delete the messages of others, and kick them.
func (s *session) isModerator() bool { return s.extra != nil && s.extra.moderator }

// address returns that of the connection, for the shares of the engine.
func (s *session) address() string {
	if s.conn == nil { // it has never been opened
		return ""
	}
	return s.conn.Address()
}

// deflates returns the window, as the exponent of a power of two, for which a text of n
// bytes is to be compressed; 0: it is sent uncompressed. Safe for concurrent use.
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

// inTurn returns a source that yields the given items.
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

// asError returns err as a client may read it: the particulars of other errors are not
// for clients.
func asError(err error) *chat.Error {
	var e *chat.Error
	if !errors.As(err, &e) {
		e = chat.ErrUnavailable
	}
	return e
}
