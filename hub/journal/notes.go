package journal

import (
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

	forgotten map[string]uint64 // conversations, with their last seq
}

// inbox is what one user gets in one conversation.
type inbox struct{ user, conversation string }

func (n *notes) count() int { return len(n.users) + len(n.written) + len(n.forgotten) }

// note takes a note, and sees to it that it is written. The lock is held.
func (s *Store) note(how func(*notes)) {
	if s.notes.users == nil {
		s.notes = notes{make(map[string]struct{}), make(map[inbox]uint64), make(map[string]uint64)}
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
		b = appendRecord(b, kindUser, appendUser(nil, name, s.state.users[name]), salt)
	}
	for name, seq := range taken.forgotten {
		b = appendRecord(b, kindForgotten, appendForgotten(nil, forgotten{name, seq}), salt)
	}
	for to, seq := range taken.written {
		b = appendRecord(b, kindWritten, appendWritten(nil, written{to.user, to.conversation, seq}), salt)
	}
	return b, taken
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
			for name, seq := range n.forgotten {
				newer.forgotten[name] = max(newer.forgotten[name], seq)
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

// Written implements chat.Store. A crash before the note is on disk makes m wait
// again; see Seen.
func (s *Store) Written(m *chat.Message) {
	if !s.memory.SetWritten(m.To, m.Conversation, m.Seq) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(func(n *notes) {
		to := inbox{m.To, m.Conversation}
		n.written[to] = max(n.written[to], m.Seq)
	})
}

// noteForgotten notes that a conversation has been forgotten. A crash before the note
// is on disk brings it back; a compaction writes the same.
func (s *Store) noteForgotten(conversation string, last uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(func(n *notes) { n.forgotten[conversation] = last })
}
