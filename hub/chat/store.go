package chat

import (
	"errors"
	"time"
)

// Store keeps conversations: it numbers their messages, remembers the last ones,
// and knows which private messages have not been written to their user yet. All
// methods are safe for concurrent use.
type Store interface {
	// Attend sets the function that knows whether anybody is in a conversation: one that
	// nobody is in is the first to be forgotten to make room for another. inhabited is called
	// with the store's lock held, and must not call the store. Attend is called once, before
	// all else.
	Attend(inhabited func(conversation string) bool)

	// Append gives m its Seq and Time, keeps it, and calls stored once: with nil
	// when m is as safe as the store makes it, or with an error, and then the message
	// does not exist. The calls for one conversation come in the
	// order of Seq, under the lock that also makes m visible to History and
	// Waiting; so a message is in what those return if and only if stored has
	// been called or is being called. stored may be called before Append returns.
	//
	// What m is about must be kept, and is changed in the same step. If it is not, or m may
	// not be about it (see Present.Allows), the error says so; if m changes nothing, stored is
	// called with nil, and m has no Seq: it does not exist either. The operator's deletion,
	// which has no From, gets the To of the message that it deletes. Once a deletion is stored,
	// nothing of the text, nor of its edits, can be had from the store.
	Append(m *Message, stored func(error))

	// History returns messages of a conversation as they read now, oldest first, and whether
	// there are more in the direction of the query. It fails only if the store is out
	// of reach.
	History(conversation string, q Query) (messages []*Message, more bool, err error)

	// Last returns the newest Seq of each conversation in names, and of each
	// private conversation of user, which is listed by the name of the other. Those
	// without messages are left out; of more than MaxConversations, those that have
	// been silent longest. The map is never nil, and is the caller's.
	Last(user string, names []string) (last map[string]uint64, more bool, err error)

	// Epoch names the numbering: where it differs, Seq began anew.
	Epoch() string

	// Waiting returns the private messages to user since a point in time that
	// have not been written to any line connection, oldest first, as they read now: without
	// deletions, reactions, what is deleted, and edits of what waits, too.
	Waiting(user string, since time.Time) ([]*Message, error)

	// Written notes that m, a private message, has been written to a line
	// connection of its recipient. Only its Conversation, To and Seq count. It does not
	// block.
	Written(m *Message)

	// SetTopic sets the topic of a group, which lives as long as its messages. stored is called
	// like that of Append. Topics returns those that groups have.
	SetTopic(t *Topic, stored func(error))
	Topics(groups []string) map[string]string

	// Left notes that a user has left, for now, and reports whether he is in a private
	// conversation. What is sent to him from now on counts for MaxWaiting anew.
	Left(user string) (talks bool)

	// Err says why Append refuses everybody's messages; nil: it does not. It is ErrFull if a
	// bound leaves no room for any. It must recover without another Append: a balancer that
	// watches it may have turned all senders away.
	Err() error

	// Expire forgets that messages from before t wait. It is called now and then, to
	// free memory; Waiting leaves out messages that are too old in any case.
	Expire(t time.Time)
}

// Query selects messages of a conversation.
type Query struct {
	Direction Direction
	Seq       uint64 // where Before and After begin
	Limit     int    // most messages
}

// Direction says which messages of a conversation a Query means.
type Direction uint8

// The values of Direction.
const (
	Newest Direction = iota
	Before           // the newest ones before Seq
	After            // the oldest ones after Seq
	Around           // as many before Seq as after it, and that one
)

// Bounds on what a search returns, in messages: without a limit, and at most.
const UsualFound, MaxFound = 20, 50

// Bounds on what one user may send another who is away; see Shares in the package's doc.
const (
	MaxWaiting      = 1000    // messages
	MaxWaitingBytes = 1 << 20 // of their bodies
)

// ErrFull is the error of Append for a message whose author has reached his share of what
// is bounded; see Shares in the package's doc.
var ErrFull = errors.New("chat: no room left")
