package chat

import "errors"

// Shared is a Store that hubs of several nodes use at the same time, and which
// makes one chat of them: it knows who is connected anywhere, who is a member of
// what, and tells each hub what concerns its sessions. A hub with such a store
// does not decide these things; it keeps only the users who are connected to it,
// and the lists for delivering to them.
//
// Methods with an error may block for a round trip or several, and are called from
// goroutines that may wait; History, Last and Waiting are among them then. Errors
// are ErrUnavailable where nothing else is said.
type Shared interface {
	Store

	// Attach names the hub that is to be told. It is called once, before all else.
	Attach(Node)

	// Enter counts a new connection of user. When it returns, Node is told of
	// everything that concerns the user, until Exit has been called as often.
	// With fresh, nobody may be known by that name: ErrTaken. With online, the
	// Entry says who is.
	Enter(user string, fresh, online bool) (*Entry, error)
	// Exit takes a connection back. It does not block.
	Exit(user string)

	// Say is Append for what a user says. said is called once, with ErrNotOnline
	// if m is private and its user is not known, and tells whether that user is
	// away. What was sent before by the same user with the same ID is not kept
	// again; m then gets the Seq of the first. Node.Deliver brings m to who is to
	// get it, this hub's own sessions included, mostly before said is called. It
	// does not block.
	Say(m *Message, said func(offline bool, err error))

	// Join makes a user who is connected here a member of a group; ErrManyGroups.
	// done is called in the order of what the group is told.
	Join(user, group string, done func()) error
	Leave(user, group string, done func()) error

	// Who returns who is online, or online in a group: the first 1,000 by name, and
	// how many they are.
	Who(group string) (names []string, count int, err error)
	// Welcome returns the newest Seq of the conversations of a user who is
	// connected here, and who is online now, given who was at the time of the
	// Entry. It does not block.
	Welcome(e *Entry, groups []string) (last map[string]uint64, online []string, count int)

	// What an operator asks for; see Hub.Users, Groups and Kick.
	Users() ([]UserInfo, int, error)
	Groups() ([]GroupInfo, int, error)
	Kick(user string) (connections int, err error)
}

// ErrTaken is what Shared.Enter says of a name that somebody has.
var ErrTaken = errors.New("chat: the name is taken")

// Entry is a connection that a Shared store has counted.
type Entry struct {
	User   string
	Serial uint64   // of the user's connections, in the order of their coming
	Groups []string // whose member the user is
	Online Roster
}

// Roster is who was online at some time.
type Roster struct {
	Names   []string // the first 1,000, sorted
	Count   int
	Version uint64 // for the store
}

// Node is what a Shared store tells a hub. The calls for one conversation come
// one after the other, in its order, and with a lock held: they do not block, and
// must not call the store.
type Node interface {
	// Deliver brings a message of a conversation that somebody here takes part in.
	Deliver(m *Message)
	// Member tells of a user, here or elsewhere, who has joined or left a group.
	Member(user, group string, member bool)
	// Present tells of a user's login or exit; where is Everyone or a group, as
	// the store's own setting of presence has it. The same login or exit has the
	// same number in each group.
	Present(user, where string, number uint64, online bool)
	// Replace ends the user's connections here with a Serial below serial.
	Replace(user string, serial uint64)
	// Kick ends all of them.
	Kick(user string)
	// Renumber tells that all users are put back after the store had lost its data:
	// there is a new Epoch, of whose messages nothing has been told yet. It has no
	// lock held, and may block.
	Renumber() error
}
