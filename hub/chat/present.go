package chat

import "time"

// Present is what the amendments of a message add up to. It is immutable.
type Present struct {
	Deleted   bool
	Edited    time.Time // when it was edited last; the zero time: never
	Text      []byte    // of the last edit
	Last      uint64    // the Seq of the newest amendment
	reactions reactions // one of each user
}

// Allows says why m cannot be about a message that its conversation keeps, or was kept, in
// the kind and with the sender that target has; nil: it can. p is what that has become. It
// is ErrNotFound, ErrNotYours or ErrBadField.
func (p *Present) Allows(m, target *Message) error {
	switch own := target.From == m.From; {
	case target.Kind.Amends() || p != nil && p.Deleted:
		return ErrNotFound
	case m.Kind == Edit && !own:
		return ErrNotYours
	case m.Kind == Edit && target.Binary:
		return ErrNoText
	case m.Kind == Deletion && !own && !m.deletesOthers(target):
		return ErrNotYours
	}
	return nil
}

// deletesOthers reports whether m, a deletion, may delete a message of somebody else: it is the
// operator's, who has no name, or a moderator's.
func (m *Message) deletesOthers(target *Message) bool {
	return m.From == "" || m.Moderator && !target.Private()
}

// Changes reports whether m, which is allowed, changes anything: who has that very reaction
// already, or takes back none, does not.
func (p *Present) Changes(m *Message) bool {
	return m.Kind != Reaction || p.ReactionOf(m.From) != string(m.Body)
}

// ReactionOf returns that of a user; "": there is none. p may be nil.
func (p *Present) ReactionOf(user string) string {
	if p == nil {
		return ""
	}
	return p.reactions.of(user).Text
}

// Reactions returns all of them, the earliest first.
func (p *Present) Reactions() []UserReaction { return p.reactions.all() }

// With returns what p becomes by one more amendment. p may be nil. m's Body must not be
// changed any more.
func (p *Present) With(m *Message) *Present {
	var next Present
	if p != nil {
		next = *p
	}
	next.Last = m.Seq
	switch {
	case next.Deleted:
	case m.Kind == Deletion:
		next = Present{Deleted: true, Last: m.Seq}
	case m.Kind == Edit:
		next.Edited, next.Text = m.Time, m.Body
	case m.Kind == Reaction:
		next.reactions = next.reactions.with(UserReaction{m.From, string(m.Body), m.Seq})
	}
	return &next
}

// Show makes m, as it was sent, read as it does now. p is what the amendments of m add up to,
// or, if m is one, those of the message that it is about; nil: there are none.
func (m *Message) Show(p *Present) {
	switch {
	case p == nil:
	case m.Kind == Edit:
		m.Body = p.Text
	case m.Kind == Reaction:
		m.Body = []byte(p.ReactionOf(m.From))
	case m.Kind == Deletion:
	default:
		m.Now = p
		if p.Deleted {
			m.Body, m.File = nil, ""
		} else if !p.Edited.IsZero() {
			m.Body = p.Text
		}
	}
}

// Tally is how many feel the same about a message.
type Tally struct {
	Text  string
	Count int
	Users []string // the first MaxTallyUsers
}

// Bounds on what is told of the reactions to a message.
const (
	MaxTallies    = 100 // different ones
	MaxTallyUsers = 20  // names of those who share one
)

// Tallies returns the reactions as they are told, the earliest first.
func (p *Present) Tallies() []Tally { return p.reactions.tallies }

// WithTallies returns p with reactions that were counted elsewhere: it knows of none of them by its
// user.
func (p *Present) WithTallies(tallies []Tally) *Present {
	next := *p
	next.reactions = reactions{tallies: tallies}
	return &next
}

// Size is what p takes in memory, in bytes, roughly.
func (p *Present) Size() int {
	return 128 + len(p.Text) + 64*p.reactions.count + p.reactions.bytes
}
