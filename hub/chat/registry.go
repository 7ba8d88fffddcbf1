package chat

import "time"

// Registry is a Store that also remembers, for the next start, who is known and in which
// groups. Its methods do not block. Seen, SetMember and Forget are called in the order in
// which things happened.
type Registry interface {
	Store
	// Load returns what was known before the start. It is asked once, before
	// anything else.
	Load() Known
	// Seen notes when a user was last here; the zero time: is here now.
	Seen(user string, t time.Time)
	// SetMember makes a user a member of a group, or ends that. stored is called
	// as that of Append is, and in one order with it: what is appended before is
	// stored before.
	SetMember(user, group string, member bool, stored func(error))
	// Answered keeps what the sender of m was told, whose ID is not empty, where
	// that is not what Away says. stored is called likewise.
	Answered(m *Message, away bool, stored func(error))
	// Forget notes that a user is known no more, and a member of nothing.
	Forget(user string)
}

// Known is what a Registry knew at its start.
type Known struct {
	Users    []KnownUser
	Requests []KnownRequest // oldest first
}

// KnownUser is somebody who is known, and a member of groups.
type KnownUser struct {
	Name   string
	Seen   time.Time // when last here; the time of the start, for who was then
	Groups []string
}

// KnownRequest is a send that was acknowledged and had an ID.
type KnownRequest struct {
	User, ID string
	Seq      uint64
	Away     bool // what it was answered with: its user is away
	Time     time.Time
}
