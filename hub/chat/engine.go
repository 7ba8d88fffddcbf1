package chat

import (
	"errors"
	"time"
)

// Engine is what a hub stands on. It numbers and keeps messages, and knows which users are
// known, which are online, and which groups they are in: on one node (hub/local), or on
// all nodes of a chat (hub/redis). It tells the hub, in one order, everything that concerns
// the hub's sessions, even what they asked for themselves. The hub decides none of it.
//
// All methods are safe for concurrent use. Those that return an error may block if
// MayBlock says so; the others do not. An error is ErrUnavailable unless the method names
// another one.
type Engine interface {
	// Attach sets the hub that is told. It is called once, before any other method, and
	// returns the sends that were acknowledged before the start, oldest first.
	Attach(Node) []KnownRequest
	// MayBlock reports whether methods may wait for another process.
	MayBlock() bool

	// Enter counts a new connection of user. Once it has returned, Node is told of
	// everything that concerns the user, until Exit has been called as often as Enter.
	// With fresh, it fails with ErrTaken if somebody is known by that name. It fails with
	// ErrBanned if Kick has banned the user. With online, the connection will ask Welcome
	// who is online.
	Enter(user string, fresh, online bool) (Entry, error)
	// Exit ends a connection that Enter has counted. If it was the user's last one, the
	// user counts for the address that it came from; see Shares. "": it is not known.
	Exit(user, address string)
	// Welcome returns what a new connection of a user here needs to know, limited to the
	// groups that may allows. To tell who is online it needs the Online of the
	// connection's Entry. It does not block.
	Welcome(user string, online *Online, may func(group string) bool) (*Welcome, error)

	// IsMember reports whether a user who is connected here is a member of a group.
	IsMember(user, group string) bool
	// SetMember makes a user who is connected here a member of a group, or ends that.
	// held is called when the change holds, under the rules of Node's methods and in one
	// order with them. done is called after it, with nil, or instead of it, with
	// ErrManyGroups or ErrNotMember, say. done may publish to the group, but must call
	// nothing else of the engine. SetMember may block like Enter.
	SetMember(user, group string, member bool, held func(), done func(error))

	// Publish numbers and keeps m. When m is as safe as the engine makes it,
	// Node.Deliver is called, on this node with origin. Then done is called; away tells
	// that the recipient is not online. The error is ErrNotOnline if m is private and
	// nobody by that name is known, and may be ErrFull. An engine of many nodes keeps a
	// message whose ID its sender has used on another one only once; m then gets the Seq
	// of the first. An amendment goes to whoever would get a message like the one that it is
	// about, even if nobody by that name is known any more: that is away, then, too. Store.Append
	// has the errors of amendments. One that changes nothing gets no Seq, and is not delivered.
	// done may be called before Publish returns, and with a lock held: it must not call the
	// engine. Publish does not block.
	Publish(m *Message, origin any, done func(away bool, err error))

	// History returns messages of a conversation as they read now, oldest first, and whether
	// there are more in the direction of the query.
	History(conversation string, q Query) (messages []*Message, more bool, err error)
	// Waiting returns the private messages to user that have not been written to any
	// line connection and are not too old, oldest first: next brings page after page, and
	// none at the end. It may block like Enter.
	Waiting(user string) (next func() ([]*Message, error))
	// Written notes that m has been written to a line connection of its recipient. Only
	// Conversation, To and Seq of it are set.
	Written(m *Message)

	// Mark changes the marks of a user who is connected here. Read is cut to the last Seq of the
	// conversation. Node.Marked is told of what that changes, on all nodes where the user is,
	// on this one with origin. done is called when it is safe, under the rules of Publish.
	// A user's own message moves Read by itself if it was at the one before; nobody is told.
	Mark(user, conversation string, c MarkChange, origin any, done func(error))
	// Typing tells the nodes of those who take part that a user writes to a group or another
	// user. It does not block, and may fail without a word.
	Typing(user, to string)
	// SetTopic sets the topic of a group that its User is in. When that is safe, Node.Topic is
	// told, if the topic is another one, and done is called, under the rules of Publish.
	SetTopic(t Topic, done func(error))

	// Who returns who is online, in a group unless that is "": the first MaxNames by
	// name, which must not be changed, and how many there are.
	Who(group string) (names []string, count int, err error)
	// MembersAway returns the members of a group who are not online: the first MaxNames by name.
	// looked is how many members it has looked at for that.
	MembersAway(group string) (names []string, looked int, err error)
	// Directory returns groups with members that begin with prefix, are allowed by may, and
	// are behind after by name: the first ones, limit at most, and whether there are more.
	Directory(prefix, after string, limit int, may func(group string) bool) (groups []GroupInfo, more bool, err error)
	// Users and Groups are what an operator can see: the first MaxNames by name, and how
	// many there are.
	Users() (users []UserInfo, count int, err error)
	Groups() (groups []GroupInfo, count int, err error)
	// Counts returns how many users are online here, and how many groups have members.
	Counts() (users, groups int)
	// Kick ends the connections of a user, and returns how many there are. With ban, Enter
	// fails with ErrBanned for so long, on all nodes; a later ban takes the place of an
	// earlier one. It may block until the ban is safe.
	Kick(user string, ban time.Duration) (connections int, err error)
	// Banned reports whether Enter would fail with ErrBanned. It may block like Enter.
	Banned(user string) (bool, error)

	// Err says why Publish refuses everybody's messages; nil: it does not.
	Err() error
}

const (
	// MaxGroups bounds the groups of one user.
	MaxGroups = 1000
	// MaxNames bounds the names in an answer.
	MaxNames = 1000
	// MaxConversations bounds the conversations in a Welcome.
	MaxConversations = 1000
)

// ErrTaken is the error of Enter for a fresh name that somebody has.
var ErrTaken = errors.New("chat: the name is taken")

// ErrBanned is the error of Enter for a user whom an operator keeps out.
var ErrBanned = errors.New("chat: the user is banned")

// Entry is a connection that an engine has counted.
type Entry struct {
	Serial uint64   // of the user's connections, in the order of their coming
	Groups []string // whose member the user is
	Online *Online  // if that was asked for, and the engine needs it for Welcome
}

// Online is who was online at some time.
type Online struct {
	Names []string // the first MaxNames, sorted
	Count int
}

// Welcome is what the client of a user needs to know at its start.
type Welcome struct {
	Epoch  string            // names the numbering: where it differs, Seq began anew
	Groups []string          // whose member the user is, sorted
	Last   map[string]uint64 // the newest Seq of each conversation, private ones by the other's name
	More   bool              // those that have been silent longest are left out of Last
	Marks  map[string]Marks  // of each conversation that has any, private ones by the other's name
	Topics map[string]string // of those of Groups that have one
	Online []string          // the first MaxNames, sorted; not to be changed
	Count  int               // of all who are
	// Version is the number of the last login or exit of Everyone that Online has; 0: not known.
	Version uint64
}

// Node is the hub, as an engine tells it what happens. The calls about one conversation
// come one after the other, in its order, and with a lock held: they do not block, and
// must not call the engine.
type Node interface {
	// Deliver brings a message of a conversation that somebody here takes part in.
	Deliver(m *Message, origin any)
	// Member tells of a user, here or elsewhere, who has joined or left a group.
	Member(user, group string, member bool)
	// Presence tells of a user's login or exit to all, or to a group, as the engine's
	// setting of presence has it. The same login or exit has the same number in each
	// group; those that are told to all are numbered in their order.
	Presence(user, where string, number uint64, online bool)
	// Marked tells of what a user has changed of the marks of a conversation. origin is that of
	// Engine.Mark, nil on other nodes.
	Marked(user, conversation string, c MarkChange, origin any)
	// Typing tells that a user writes to a group, or to a user.
	Typing(user, to string)
	// Topic tells of the new topic of a group, which user has set.
	Topic(group, text, user string)
	// Idle tells that nobody here is in a group any more, for now.
	Idle(group string)
	// Replace ends the user's connections here with a Serial below serial. No lock is
	// held.
	Replace(user string, serial uint64)
	// Kick ends all of them. No lock is held.
	Kick(user string)
	// Behind reports whether the hub has yet to pass on much of what it was told. An engine
	// that is told by others brings it no more meanwhile. It may be called with no lock held,
	// or with any.
	Behind() bool
	// Renumber tells that the engine had lost its data, and that all users are put
	// back: there is a new Epoch, of whose messages nothing has been told yet. No lock
	// is held, and it may block.
	Renumber() error
}

// UserInfo is a user who is online.
type UserInfo struct {
	User        string `json:"user"`
	Connections int    `json:"connections"`
}

// GroupInfo is a group with members.
type GroupInfo struct {
	Group   string `json:"group"`
	Members int    `json:"members"`
	Online  int    `json:"online"` // members who are
	Topic   string `json:"topic,omitempty"`
}

// Presence says who is told of a user's login and exit.
type Presence uint8

// The values of Presence.
const (
	ToAll   Presence = iota // every other user
	ToGroup                 // who shares a group with the user
	ToNone                  // nobody
)
