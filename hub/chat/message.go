package chat

import "time"

// Message is one message of a conversation. It is immutable once a store has reported it
// as stored.
type Message struct {
	Conversation string    // see ConversationOf
	Seq          uint64    // its number in the conversation, from 1, without holes; given by the store
	From         string    // user id
	Address      string    // that of the sender's connection, for Shares; "" if it is not known, and in what a store returns
	To           string    // "all", a group, or a user id
	Binary       bool      // Body is opaque; otherwise it is UTF-8
	Away         bool      // it is private, and its recipient was away when it was sent
	ID           string    // the sender's id for it, which a retry repeats; "": none
	Body         []byte    // not empty
	Time         time.Time // given by the store
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

// ConversationOf names the conversation of a message from a user to a destination: that of
// Everyone or a group has the same name, that of two users the name that PairOf gives it.
func ConversationOf(from, to string) string {
	if to == Everyone || IsGroup(to) {
		return to
	}
	return PairOf(from, to)
}
