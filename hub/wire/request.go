package wire

import (
	"time"

	"wschat/hub/chat"
)

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
	Mark
	Typing
	Search
	Groups
	Topic
	Kick
)

// Request is what a client asks for, whatever protocol it speaks.
type Request struct {
	Op     Op
	ID     string          // the client's name for the request, repeated in the answer; "": none
	Target string          // the destination of Send; the group, user or "all" that others are about; "" for all in Who and Search
	Binary bool            // Send: Body is opaque
	Body   []byte          // of Send; the text of Search and Topic. It may be a part of the payload it was parsed from
	File   string          // Send: the id of the file that comes with it; "": none
	Kind   chat.Kind       // Send
	About  uint64          // Send: the Seq of the message that this one is about, if Kind says so
	Query  chat.Query      // History; Before and Limit of Search
	Marks  chat.MarkChange // Mark
	Away   bool            // Who: those who are away, too
	Prefix string          // Groups: of their names
	After  string          // Groups: the names behind this one. Query has the Limit
	User   string          // Kick
	Ban    time.Duration   // Kick: for how long the user is kept out; 0: not at all
}
