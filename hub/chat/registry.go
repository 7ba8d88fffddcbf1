package chat

import "time"

// Registry is a Store that also remembers, for the next start, who is known and in which
// groups. Only SaveBans blocks. Seen, SetMember and Forget are called in the order of the
// events that they report.
type Registry interface {
	Store
	// Load returns what was known before the start. It is asked once, before
	// anything else.
	Load() Known
	// Seen notes when a user was last here; the zero time: the user is here now.
	Seen(user string, t time.Time)
	// SetMember makes a user a member of a group, or ends that. stored is called
	// as that of Append is, and in one order with it: what is appended before is
	// stored before.
	SetMember(user, group string, member bool, stored func(error))
	// Answered keeps the answer to the sender of m, which has an ID, if that differs
	// from m.Away. stored is called as that of Append is.
	Answered(m *Message, away bool, stored func(error))
	// SetMarks keeps a user's marks of a conversation, in place of what it has kept before; the
	// zero value: there are none. It writes those of one user and conversation once a second at
	// most. stored, which may be nil, is called when they are safe, or with an error.
	SetMarks(user, conversation string, m Marks, stored func(error))
	// Forget notes that a user is no longer known, nor a member of any group.
	Forget(user string)
	// SaveBans keeps until when users are banned, in place of what it has kept before. It
	// blocks until that is safe.
	SaveBans(bans map[string]time.Time) error
}

// Known is what a Registry knew at its start.
type Known struct {
	Users    []KnownUser
	Requests []KnownRequest // oldest first
	Bans     map[string]time.Time
}

// KnownUser is somebody who is known, and a member of groups.
type KnownUser struct {
	Name   string
	Seen   time.Time // when last here; the time of the start, if the user was here at the end
	Groups []string
	Marks  []KnownMarks // by when they were changed last, the oldest first
	Talks  bool         // is in a private conversation
}

// KnownMarks is a user's marks of a conversation.
type KnownMarks struct {
	Conversation string
	Marks
}

// KnownRequest is a send that was acknowledged and had an ID.
type KnownRequest struct {
	User, ID string
	Seq      uint64
	Away     bool // the answer said that the recipient is away
	Time     time.Time
}
