package journal

import (
	"slices"
	"time"

	"wschat/hub/chat"
)

// noteDelay is how long notes may wait for messages that go to the disk anyway.
const noteDelay = 100 * time.Millisecond

// notes is what is to be written of what has changed in the state, but for
// messages. A later note replaces an earlier one about the same, so that the
// state bounds them. Guarded by Store.mu.
type notes struct {
	users   map[string]struct{}
	written map[inbox]uint64 // up to which seq
}

// inbox is what one user gets in one conversation.
type inbox struct{ user, conversation string }

func (n *notes) count() int { return len(n.users) + len(n.written) }

// note takes a note, and sees to it that it is written. The lock is held.
func (s *Store) note(how func(*notes)) {
	if s.notes.users == nil {
		s.notes = notes{make(map[string]struct{}), make(map[inbox]uint64)}
	}
	if s.notes.count() == 0 {
		s.later.Reset(noteDelay)
	}
	how(&s.notes)
}

// noted reports whether there are notes to be written.
func (s *Store) noted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.notes.count() > 0
}

// appendNotes takes the notes, and appends their records.
func (s *Store) appendNotes(b []byte, salt uint32) ([]byte, notes) {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.notes
	s.notes = notes{}
	for name := range taken.users {
		b = appendUserRecord(b, name, s.state.users[name], salt)
	}
	for to, seq := range taken.written {
		start := len(b)
		b = appendWritten(beginRecord(b, kindWritten), written{to.user, to.conversation, seq})
		endRecord(b[start:], salt)
	}
	return b, taken
}

func appendUserRecord(b []byte, name string, u *user, salt uint32) []byte {
	start := len(b)
	b = appendUser(beginRecord(b, kindUser), name, u)
	endRecord(b[start:], salt)
	return b
}

// restoreNotes puts notes back that could not be written, for another attempt
// later.
func (s *Store) restoreNotes(n notes) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n.count() > 0 {
		s.note(func(newer *notes) {
			for name := range n.users {
				newer.users[name] = struct{}{}
			}
			for to, seq := range n.written {
				newer.written[to] = max(newer.written[to], seq)
			}
		})
	}
	if s.notes.count() > 0 {
		s.later.Reset(s.config.repairPause)
	}
}

// Waiting implements chat.Store. It never fails.
func (s *Store) Waiting(user string, since time.Time) ([]*chat.Message, error) {
	type part struct {
		name   string
		pieces []piece
		lo, hi uint64
	}
	s.mu.Lock()
	parts := make([]part, 0, len(s.state.waiting[user]))
	for c, u := range s.state.waiting[user] {
		lo := max(u.first, c.first())
		parts = append(parts, part{c.name, c.slice(lo, u.last), lo, u.last})
	}
	s.mu.Unlock()
	var waiting []*chat.Message
	for _, p := range parts {
		each(p.pieces, p.lo, p.hi, func(_ uint64, body []byte) {
			if m := hubMessage(p.name, body); m.To == user && m.Time.After(since) {
				waiting = append(waiting, m)
			}
		})
	}
	slices.SortFunc(waiting, func(a, b *chat.Message) int { return a.Time.Compare(b.Time) })
	return waiting, nil
}

// Written implements chat.Store. A crash before the note is on disk makes m wait
// again; see Seen.
func (s *Store) Written(m *chat.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.state.conversations[m.Conversation]
	if c == nil || !s.state.setWritten(m.To, c, m.Seq) {
		return
	}
	s.note(func(n *notes) {
		to := inbox{m.To, c.name}
		n.written[to] = max(n.written[to], m.Seq)
	})
}

// Expire implements chat.Store. It is not written down: the next Open does the
// same by Config.MaxAge.
func (s *Store) Expire(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.expire(t)
}
