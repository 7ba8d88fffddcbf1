package journal

import (
	"time"

	"wschat/hub/chat"
)

// noteDelay is how long notes may wait for a message to go to the disk with.
const noteDelay = 100 * time.Millisecond

// note names a part of the state that has changed, and of which a record is to be written.
type note struct {
	kind               kind // kindUser, kindWritten, kindForgotten or kindMarks
	user, conversation string
}

// notes are the parts of the state that have changed, each with its seq; 0 if it has none. A
// later note replaces an earlier one about the same part, so the state bounds them. Guarded
// by Store.mu.
type notes map[note]uint64

// note takes a note, and sees to it that it is written. The lock is held.
func (s *Store) note(n note, seq uint64) {
	if len(s.notes) == 0 {
		s.notes = make(notes)
		s.later.Reset(noteDelay)
	}
	s.notes[n] = max(s.notes[n], seq)
}

// noted reports whether there are notes to be written.
func (s *Store) noted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.notes) > 0
}

// appendNotes takes the notes, and appends their records.
func (s *Store) appendNotes(b []byte, salt uint32) ([]byte, notes) {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.notes
	s.notes = nil
	var body []byte
	for n, seq := range taken {
		switch n.kind {
		case kindUser:
			body = appendUser(body[:0], n.user, s.state.users[n.user])
		case kindWritten:
			body = appendWritten(body[:0], written{n.user, n.conversation, seq})
		case kindForgotten:
			body = appendForgotten(body[:0], forgotten{n.conversation, seq})
		case kindMarks:
			continue
		}
		b = appendRecord(b, n.kind, body, salt)
	}
	for n := range taken { // behind their users
		if n.kind == kindMarks {
			b = s.appendMarksNote(b, n, salt)
		}
	}
	return b, taken
}

// restoreNotes puts back notes that could not be written, to try again later.
func (s *Store) restoreNotes(taken notes, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.marking.failed(err)
	for n, seq := range taken {
		s.note(n, seq)
	}
	if len(s.notes) > 0 {
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
	s.note(note{kind: kindWritten, user: m.To, conversation: m.Conversation}, m.Seq)
}

// noteForgotten notes what a batch has forgotten that could not be written: it stays
// forgotten. A crash before the notes are on disk brings it back; a compaction writes the same.
func (s *Store) noteForgotten() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.commit.forgot {
		s.note(note{kind: kindForgotten, conversation: f.conversation}, f.seq)
	}
}
