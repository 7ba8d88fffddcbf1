package chat

import (
	"cmp"
	"strings"
	"time"
)

// Message is one entry of a conversation. It is immutable once a store has reported it
// as stored.
type Message struct {
	Conversation string    // see ConversationOf
	Seq          uint64    // its number in the conversation, from 1, without holes; given by the store
	From         string    // user id
	Address      string    // that of the sender's connection, for Shares; "" if it is not known, and in what a store returns
	To           string    // "all", a group, or a user id
	Kind         Kind      // what it is to the message that it is about
	About        uint64    // the Seq of that; 0 if Kind is Plain
	Was          string    // of a Reaction: the one that it takes the place of; given by the store
	Moderator    bool      // its sender may delete the messages of others in groups and "all"
	Binary       bool      // Body is opaque; otherwise it is UTF-8
	Away         bool      // it is private, and its recipient was away when it was sent
	ID           string    // the sender's id for it, which a retry repeats; "": none
	Body         []byte    // not empty, but that of a Deletion, of a Reaction that takes one back, and where there is a File
	File         string    // the JSON text of a file that comes with it, or that a Deletion takes away, which the store gives; see File.Text; "": none
	Time         time.Time // given by the store
	Upto         uint64    // in what Waiting returns: once m is written, nothing up to it waits any more; 0: up to Seq
	Now          *Present  // in what a store returns: what amendments have made of it; nil: nothing
}

// Kind says what a message is to another one of its conversation.
type Kind uint8

// The values of Kind. The last three are amendments: they change how the other reads.
const (
	Plain    Kind = iota // nothing
	Reply                // an answer
	Edit                 // its text from now on
	Deletion             // its end
	Reaction             // what its sender feels about it
)

// Amends reports whether a message of this kind is an amendment.
func (k Kind) Amends() bool { return k >= Edit }

// OwnFile returns the file that comes with m itself: a Deletion only takes another's away.
func (m *Message) OwnFile() string {
	if m.Kind.Amends() {
		return ""
	}
	return m.File
}

// OtherOf returns how a user calls a conversation: a private one by the name of the other.
func OtherOf(conversation, user string) string {
	a, b, _ := strings.Cut(conversation, ",")
	switch user {
	case a:
		return cmp.Or(b, a)
	case b:
		return a
	}
	return conversation
}

// PairOf names the conversation between two users, whoever writes to whom. User ids hold
// no comma, so it cannot be the name of a group, or Everyone.
func PairOf(a, b string) string {
	if b < a {
		a, b = b, a
	}
	return a + "," + b
}

// Private reports whether the message is meant for one user alone.
func (m *Message) Private() bool { return m.To != Everyone && !IsGroup(m.To) }

// Readable reports whether m is to be read by itself: it is neither an amendment nor deleted.
func (m *Message) Readable() bool { return !m.Kind.Amends() && (m.Now == nil || !m.Now.Deleted) }

// ConversationOf names the conversation of a message from a user to a destination: that of
// Everyone or a group has the same name, that of two users the name that PairOf gives it.
func ConversationOf(from, to string) string {
	if to == Everyone || IsGroup(to) {
		return to
	}
	return PairOf(from, to)
}
