package chat

import (
	"slices"
	"time"
)

// Present is what the amendments of a message add up to. It is immutable.
type Present struct {
	Deleted   bool
	Edited    time.Time      // when it was edited last; the zero time: never
	Text      []byte         // of the last edit
	Reactions []UserReaction // one of each user, the earliest first
	Last      uint64         // the Seq of the newest amendment
}

// UserReaction is what a user feels about a message.
type UserReaction struct{ User, Text string }

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
	if i := p.indexOf(user); i >= 0 {
		return p.Reactions[i].Text
	}
	return ""
}

func (p *Present) indexOf(user string) int {
	if p == nil {
		return -1
	}
	return slices.IndexFunc(p.Reactions, func(r UserReaction) bool { return r.User == user })
}

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
		next.Reactions = make([]UserReaction, 0, len(next.Reactions)+1)
		if p != nil {
			i := p.indexOf(m.From)
			next.Reactions = append(next.Reactions, p.Reactions[:max(i, 0)]...)
			next.Reactions = append(next.Reactions, p.Reactions[i+1:]...)
		}
		if len(m.Body) > 0 {
			next.Reactions = append(next.Reactions, UserReaction{m.From, string(m.Body)})
		}
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

// Tallies counts the reactions, the earliest first.
func (p *Present) Tallies() (tallies []Tally) {
	at := make(map[string]int)
	for _, r := range p.Reactions {
		i, ok := at[r.Text]
		if !ok {
			if i = len(tallies); i == MaxTallies {
				continue
			}
			at[r.Text] = i
			tallies = append(tallies, Tally{Text: r.Text})
		}
		t := &tallies[i]
		if t.Count++; len(t.Users) < MaxTallyUsers {
			t.Users = append(t.Users, r.User)
		}
	}
	return tallies
}

// Size is what p takes in memory, in bytes, roughly.
func (p *Present) Size() int {
	size := 128 + len(p.Text)
	for _, r := range p.Reactions {
		size += 40 + len(r.User) + len(r.Text)
	}
	return size
}
