package wire

import "wschat/hub/chat"

// Op is what a request asks for.
type Op uint8

// The values of Op.
const (
	Nothing Op = iota // a greeting
	Send
	Join
	Leave
	Who
	History
)

// Request is what a client asks for, whatever protocol it speaks.
type Request struct {
	Op     Op
	ID     string     // the client's name for the request, repeated in the answer; "": none
	Target string     // the destination of Send; the group, user or "all" that others are about; "" for all in Who
	Binary bool       // Send: Body is opaque
	Body   []byte     // Send: may be a part of the payload it was parsed from
	Query  chat.Query // History
}
