package chat

import "errors"

// Engine is what a hub stands on. It numbers and keeps messages, and knows who is
// known, who is online, and who is a member of what: on this node alone (hub/local), or
// on all nodes of a chat (hub/redis). What concerns the sessions of its hub it tells
// that in one order, the hub's own requests included; a hub decides none of it.
//
// All methods are safe for concurrent use. Those that return an error may block if
// MayBlock says so; the others do not. Errors are ErrUnavailable where nothing else is
// said.
type Engine interface {
	// Attach names the hub that is to be told. It is called once, before all else, and
	// returns the sends that were acknowledged before the start, oldest first.
	Attach(Node) []KnownRequest
	// MayBlock reports whether answers may have to come from elsewhere.
	MayBlock() bool

	// Enter counts a new connection of user. When it returns, Node is told of
	// everything that concerns the user, until Exit has been called as often. With
	// fresh, nobody may be known by that name: ErrTaken. With online, Welcome will be
	// asked who is.
	Enter(user string, fresh, online bool) (*Entry, error)
	// Exit takes a connection back.
	Exit(user string)
	// Welcome returns what a user who is connected here needs to know at its start, of
	// the groups that it may have to do with. Who is online it can only tell with the
	// Online of the connection's Entry. It does not block.
	Welcome(user string, online *Online, may func(group string) bool) (*Welcome, error)

	// IsMember reports whether a user who is connected here is a member of a group.
	IsMember(user, group string) bool
	// SetMember makes a user who is connected here a member of a group, or ends that.
	// held is called once that is so, in the order of what the group is told and with
	// a lock held, like Node's methods. done is called once, after it, without a lock;
	// with ErrManyGroups or ErrNotMember instead. It may block like Enter.
	SetMember(user, group string, member bool, held func(), done func(error))

	// Publish numbers and keeps m. done is called once, when m is as safe as the
	// engine makes it and Node.Deliver has brought it to whom it is for, with origin
	// if that is known to have been given to this engine; or with ErrNotOnline if m is
	// private and its user is not known. away tells that its user is not here now. A
	// message whose ID its sender has used before is not kept again if the engine
	// remembers that; m then gets the Seq of the first. done may be called before
	// Publish returns, and with a lock held: it must not call the engine.
	Publish(m *Message, origin any, done func(away bool, err error))

	// History returns messages of a conversation, oldest first, and whether there are
	// more in the direction of the query.
	History(conversation string, q Query) (messages []*Message, more bool, err error)
	// Waiting returns the private messages to user that have not been written to any
	// line connection and are not too old, oldest first.
	Waiting(user string) ([]*Message, error)
	// Written notes that m has been written to a line connection of its recipient.
	Written(m *Message)

	// Who returns who is online, or online in a group: the first MaxNames by name, and
	// how many they are.
	Who(group string) (names []string, count int, err error)
	// Users and Groups are what an operator can see: the first MaxNames by name, and how
	// many there are.
	Users() (users []UserInfo, count int, err error)
	Groups() (groups []GroupInfo, count int, err error)
	// Counts returns how many users are online here, and how many groups have members.
	Counts() (users, groups int)
	// Kick ends the connections of a user, and returns how many there are.
	Kick(user string) (connections int, err error)

	// Err says why Publish refuses everybody's messages; nil: it does not.
	Err() error
}

const (
	// MaxGroups bounds the groups of one user.
	MaxGroups = 1000
	// MaxNames bounds the names in an answer.
	MaxNames = 1000
)

// ErrTaken is what Enter says of a name that somebody has.
var ErrTaken = errors.New("chat: the name is taken")

// Entry is a connection that an engine has counted.
type Entry struct {
	Serial uint64   // of the user's connections, in the order of their coming
	Groups []string // whose member the user is
	Online *Online  // if that was asked for, and the engine needs it for Welcome
}

// Online is who was online at some time.
type Online struct {
	Names   []string // the first MaxNames, sorted
	Count   int
	Version uint64 // for the engine
}

// Welcome is what the client of a user needs to know at its start.
type Welcome struct {
	Epoch  string            // names the numbering: where it differs, Seq began anew
	Groups []string          // whose member the user is, sorted
	Last   map[string]uint64 // the newest Seq of each conversation, private ones by the other's name
	Online []string          // the first MaxNames, sorted
	Count  int               // of all who are
}

// Node is the hub, as an engine tells it what happens. The calls about one conversation
// come one after the other, in its order, and with a lock held: they do not block, and
// must not call the engine.
type Node interface {
	// Deliver brings a message of a conversation that somebody here takes part in.
	Deliver(m *Message, origin any)
	// Member tells of a user, here or elsewhere, who has joined or left a group.
	Member(user, group string, member bool)
	// Present tells of a user's login or exit to all, or to a group, as the engine's
	// setting of presence has it. The same login or exit has the same number in each
	// group.
	Present(user, where string, number uint64, online bool)
	// Idle tells that nobody here is in a group any more, for now.
	Idle(group string)
	// Replace ends the user's connections here with a Serial below serial. No lock is
	// held.
	Replace(user string, serial uint64)
	// Kick ends all of them. No lock is held.
	Kick(user string)
	// Renumber tells that the engine had lost its data, and that all users are put
	// back: there is a new Epoch, of whose messages nothing has been told yet. No lock
	// is held, and it may block.
	Renumber() error
}
