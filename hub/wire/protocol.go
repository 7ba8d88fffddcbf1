package wire

import (
	"wschat/frame"
	"wschat/hub/chat"
)

// The protocols, by their subprotocol (RFC 6455 §1.9).
const (
	LineProtocol = "wschat.v1.line"
	JSONProtocol = "wschat.v1.json"
)

// Protocol is what a client speaks: Line or JSON. Its methods return the payload of a
// text frame; nil: there is nothing to say. They keep nothing of their arguments but
// the body of a Request, which may be a part of the payload.
type Protocol interface {
	// Parse reads a request. With an error it still returns the ID, if there is a valid
	// one, so that the answer can name it. Errors are *chat.Error.
	Parse(op frame.Opcode, payload []byte) (Request, error)
	// Changed answers a join or a leave, or another change without a number.
	Changed(r Request) []byte
	// Acked answers a send that is stored; away says that the recipient is.
	Acked(r Request, seq uint64, away bool) []byte
	// Members answers who is online: the first names in order, and how many there are.
	// away, of a group, is nil if Request.Away is not set.
	Members(r Request, names []string, count int, away []string) []byte
	// Failed says why the request with this ID could not be done.
	Failed(id string, e *chat.Error) []byte
}
