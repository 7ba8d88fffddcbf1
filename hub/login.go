package hub

import (
	"errors"
	"time"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/wire"
)

// Before the engine counts a session (Enter), the session is chained to the others of its
// user, so that it misses nothing that the engine tells of the user. From Open on it is on
// the lists (open). It is on neither once it has ended (exit) or been given up (Abandon).

var errNoFreeName = errors.New("hub: no free user id")

// Access says whose a new connection is, and what it may do.
type Access struct {
	Protocol string                  // wire.LineProtocol, or "", or wire.JSONProtocol
	User     string                  // a valid user id; "": the hub assigns one and tells the client
	Allows   func(group string) bool // reports whether it may join and read a group; nil: any
	Expires  time.Time               // when it is closed with 4001; zero: never
	// Moderator is whether it may delete the messages of others, and kick them.
	Moderator bool
	// Valid reports whether the user is still let in like this. It is asked when the
	// connection opens, as Revoke has no connection to close before; nil: yes. It must not
	// block.
	Valid func() bool
}

// startup is the state that a session needs only until its client is up to date.
type startup struct {
	entry   chat.Entry  // since Enter
	named   bool        // the client does not know its name yet
	expires time.Time   // see Access
	valid   func() bool // see Access

	// What has happened between Enter and Open. Guarded by Hub.mu.
	changes  map[string]bool // joins and leaves, by group
	heard    int             // how many were told of the login
	replaced uint64          // a session with a smaller serial has been replaced already
	kicked   bool

	held *heldBack // see catch_up.go; nil: nothing
}

// Enter returns the handler for a new connection once the engine has counted it. The error
// is chat.ErrUnavailable if the engine cannot, or chat.ErrBanned. Enter may
// block if the engine may. A handler that it has returned must be opened, or given up by
// Abandon.
func (h *Hub) Enter(a Access) (loop.Handler, error) {
	s := &session{hub: h, name: a.User, json: a.Protocol == wire.JSONProtocol, start: &startup{expires: a.Expires, valid: a.Valid}}
	if a.Allows != nil || !a.Expires.IsZero() || a.Moderator || h.engine.MayBlock() {
		s.extra = &extra{allows: a.Allows, moderator: a.Moderator}
	}
	if s.name != "" {
		return s, h.enter(s, false)
	}
	s.start.named = true
	for range maxTries {
		s.name = h.numbers.next()
		err := error(chat.ErrTaken)
		if reserved := h.config.Reserved; reserved == nil || !reserved(s.name) {
			err = h.enter(s, true)
		}
		taken := errors.Is(err, chat.ErrTaken)
		h.numbers.tried(taken)
		if !taken {
			return s, err
		}
	}
	return nil, errNoFreeName
}

func (h *Hub) enter(s *session, fresh bool) error {
	h.mu.Lock()
	s.next = h.sessions[s.name]
	h.sessions[s.name] = s
	h.mu.Unlock()
	entry, err := h.engine.Enter(s.name, fresh, s.json)
	if err != nil {
		h.remove(s)
		return err
	}
	s.serial, s.start.entry = uint32(entry.Serial), entry
	return nil
}

// Abandon gives up a connection that has never been opened.
func (h *Hub) Abandon(handler loop.Handler) {
	if s, ok := handler.(*session); ok {
		h.exit(s)
	}
}

// open puts a session on the lists, and reports whether it did: it may have been kicked or
// replaced meanwhile. From then on messages are delivered to it.
func (h *Hub) open(s *session) bool {
	h.mu.Lock()
	cost := loop.Work{Logins: 1, Joins: 1 + len(s.start.entry.Groups), Notices: 2 * s.start.heard} // its exit is heard, too
	kicked, replaced := s.start.kicked, s.start.replaced > 0 && s.isOlder(s.start.replaced)
	revoked := s.start.valid != nil && !s.start.valid()
	ends := kicked || replaced || revoked
	if !ends {
		s.open = true
		h.all.Join(s.conn)
		changes := s.start.changes
		for _, name := range s.start.entry.Groups {
			if _, changed := changes[name]; !changed && s.may(name) {
				h.group(name).add(s)
			}
		}
		for name, member := range changes {
			if member && s.may(name) {
				h.group(name).add(s)
			}
		}
		s.start.changes = nil
	}
	h.mu.Unlock()
	s.conn.ChargeLogin(cost)
	switch {
	case kicked:
		s.conn.Close(frame.PolicyViolation, kickedReason)
		h.exit(s)
	case replaced:
		s.conn.Close(frame.Replaced, replacedReason)
		h.exit(s)
	case revoked:
		s.conn.Close(frame.TokenExpired, revokedReason)
		h.exit(s)
	}
	return !ends
}

// isOlder reports whether a session came before the one with that serial: by its last 32
// bits, of which two connections of a user never are half the range apart.
func (s *session) isOlder(serial uint64) bool { return int32(s.serial-uint32(serial)) < 0 }

const (
	kickedReason   = "closed by the operator"
	replacedReason = "replaced by a newer connection"
	revokedReason  = "the account has changed"
)

// exit ends a session, unless a newer one has replaced it.
func (h *Hub) exit(s *session) {
	if h.remove(s) {
		h.engine.Exit(s.name, s.address())
	}
}

// remove takes a session off the chain of its user, and reports whether it was there. The
// loops take it off the lists when its connection ends.
func (h *Hub) remove(s *session) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.unchain(s)
}

// unchain is remove with the lock held.
func (h *Hub) unchain(s *session) bool {
	s.open = false
	first := h.sessions[s.name]
	if first == s {
		if s.next == nil {
			delete(h.sessions, s.name)
		} else {
			h.sessions[s.name] = s.next
		}
		s.next = nil
		return true
	}
	for before := first; before != nil; before = before.next {
		if before.next == s {
			before.next, s.next = s.next, nil
			return true
		}
	}
	return false
}
