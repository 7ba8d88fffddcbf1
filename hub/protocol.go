package hub

import (
	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
)

// protocol is how a session's client speaks: the line protocol or JSON. What the
// hub has to say to one client goes through it; nil means nothing to say.
type protocol interface {
	// parse reads a request. It returns its ID, if it can, even with an error.
	parse(op frame.Opcode, payload []byte) (Request, error)
	// greet is called ahead of the login: what it pulls comes before all that is
	// delivered.
	greet(s *session)
	// begin is called behind the login. named tells whether the client knows its
	// name already.
	begin(s *session, named bool)
	// done answers a join or a leave.
	done(r Request) loop.Item
	// sent answers a send with the message's number.
	sent(r Request, seq uint64, offline bool) loop.Item
	members(r Request, names []string, count int) loop.Item
	history(h *Hub, r Request, messages []*chat.Message, more bool) []loop.Item
	failed(id string, e *chat.Error) loop.Item
}

// The protocols, by their subprotocol (RFC 6455 §1.9).
const (
	LineProtocol = "wschat.v1.line"
	JSONProtocol = "wschat.v1.json"
)
