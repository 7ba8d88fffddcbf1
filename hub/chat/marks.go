package chat

// Marks are one user's own notes about a conversation.
type Marks struct {
	Read  uint64 // up to which Seq the user has read; 0: nothing
	Flags MarkFlags
}

// MarkFlags is a set of what a conversation can be marked as.
type MarkFlags uint8

// The members of MarkFlags.
const (
	Mute MarkFlags = 1 << iota
	Hide
	Pin
)

// MarkChange is what a user changes of the marks of a conversation.
type MarkChange struct {
	Read       uint64    // 0: stays
	Set, Clear MarkFlags // others stay
}

// IsZero reports whether c changes nothing.
func (c MarkChange) IsZero() bool { return c == MarkChange{} }

// With returns what the marks become, and what of c has changed anything: Read only goes
// forward, up to last, the newest Seq.
func (m Marks) With(c MarkChange, last uint64) (Marks, MarkChange) {
	c.Read = min(c.Read, last)
	if c.Read <= m.Read {
		c.Read = 0
	}
	c.Set &^= m.Flags
	c.Clear &= m.Flags
	m.Read = max(m.Read, c.Read)
	m.Flags = m.Flags&^c.Clear | c.Set
	return m, c
}

// Topic is what a group is about.
type Topic struct {
	Group, Text string // without a text there is none any more
	User        string // who sets it
	Address     string // that of the user's connection, for Shares; "" if it is not known
	Was         string // the text that it takes the place of; given by the store
}

const (
	// MaxMarks bounds the conversations that a user has marked. Beyond it, the one that has
	// been unchanged longest is dropped.
	MaxMarks = 10_000
	// MaxTopic bounds the topic of a group, in bytes.
	MaxTopic = 256
	// MaxReaction bounds a reaction, in bytes.
	MaxReaction = 32
)
