package journal

import (
	"encoding/binary"
	"time"

	"wschat/hub/chat"
	"wschat/hub/share"
)

const (
	// marksPause is the least time between two records of a user's marks of a conversation.
	marksPause = time.Second
	// maxMarkers bounds the calls of SetMarks that wait for the disk.
	maxMarkers = 100_000
)

// userMarks is a user's marks of a conversation; the zero value of Marks: there are none.
type userMarks struct {
	user, conversation string
	chat.Marks
}

func appendMarks(b []byte, m userMarks) []byte {
	b = appendName(appendName(append(b, byte(m.Flags)), m.user), m.conversation)
	return binary.AppendUvarint(b, m.Read)
}

func parseMarks(b []byte) (userMarks, error) {
	c := cursor{rest: b}
	m := userMarks{Marks: chat.Marks{Flags: chat.MarkFlags(c.byte())}}
	m.user, m.conversation, m.Read = string(c.name()), string(c.name()), c.uvarint()
	return m, c.end()
}

// marks are those of one user.
type marks struct {
	of    map[string]*mark // by conversation
	order share.List[mark] // those unchanged longest first
	names int              // bytes of the names of conversations
}

type mark struct {
	conversation string
	chat.Marks
	links share.Links[mark]
}

func markLinks(m *mark) *share.Links[mark] { return &m.links }

// get returns those of a conversation. m may be nil.
func (m *marks) get(conversation string) chat.Marks {
	if m == nil || m.of[conversation] == nil {
		return chat.Marks{}
	}
	return m.of[conversation].Marks
}

// all returns all of them, those unchanged longest first. m may be nil.
func (m *marks) all() (all []chat.KnownMarks) {
	if m == nil {
		return nil
	}
	for at := m.order.Oldest(); at != nil; at = markLinks(at).Newer() {
		all = append(all, chat.KnownMarks{Conversation: at.conversation, Marks: at.Marks})
	}
	return all
}

// set replaces those of a conversation.
func (m *marks) set(conversation string, to chat.Marks) {
	at := m.of[conversation]
	switch {
	case to == chat.Marks{}:
		if at != nil {
			m.remove(at)
		}
		return
	case at == nil:
		at = &mark{conversation: conversation}
		m.of[conversation] = at
		m.names += len(conversation)
	}
	at.Marks = to
	m.order.Push(at, markLinks)
	if len(m.of) > chat.MaxMarks {
		m.remove(m.order.Oldest())
	}
}

func (m *marks) remove(at *mark) {
	m.order.Remove(at, markLinks)
	delete(m.of, at.conversation)
	m.names -= len(at.conversation)
}

// size returns what they take on disk, roughly, in bytes. m may be nil.
func (m *marks) size(user string) int64 {
	if m == nil {
		return 0
	}
	return int64(m.names + len(m.of)*(headSize+8+len(user)))
}

// setMarks replaces a user's marks of a conversation. The user is known.
func (s *state) setMarks(m userMarks) {
	s.edit(m.user, func(u *user) {
		if u.marks == nil {
			u.marks = &marks{of: make(map[string]*mark)}
		}
		u.marks.set(m.conversation, m.Marks)
	})
}

// readOwn moves what the author of a message has read to it, if that was at the one before: the
// record of that comes up to marksPause later, and perhaps never.
func (s *state) readOwn(m *message) {
	u := s.users[string(m.from)]
	if u == nil {
		return
	}
	var now chat.Marks
	if u.marks != nil {
		if at := u.marks.of[string(m.conversation)]; at != nil {
			now = at.Marks
		}
	}
	if now.Read+1 == m.seq {
		now.Read = m.seq
		s.setMarks(userMarks{string(m.from), string(m.conversation), now})
	}
}

// withOwn returns marks from before the start with what the user had said by then behind what
// they say is read: they may be older than the records of that.
func (s *state) withOwn(m userMarks) userMarks {
	if m.Marks != (chat.Marks{}) {
		m.Read = s.memory.OwnBehind(m.user, m.conversation, m.Read)
	}
	return m
}

// marking is what of marks is on its way to the disk. The lock of the Store guards it.
type marking struct {
	stored  map[note][]func(error) // who waits for a note
	writing map[note][]func(error) // likewise, of those that are being written
	waiting int                    // in stored
	paused  map[note]bool          // those written in the last marksPause; whether there is more
	order   []pause                // of these, by their time
	timer   *time.Timer            // until the first is over
}

// pause is that after a note was written.
type pause struct {
	note
	over time.Time
}

// SetMarks implements chat.Registry. It makes the user known. Like notes it does not block,
// and goes to the disk with the next message, or after noteDelay. Later ones within marksPause
// wait until that is over, and then take one record. stored is called with a lock held, as by
// SetMember. Safe for concurrent use.
func (s *Store) SetMarks(name, conversation string, m chat.Marks, stored func(error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := &s.marking
	var refused error
	switch {
	case s.queue.isClosed():
		refused = ErrClosed
	case k.waiting >= maxMarkers:
		refused = ErrBacklog
	}
	if refused != nil {
		if stored != nil {
			stored(refused)
		}
		return
	}
	if s.state.users[name] == nil {
		s.note(note{kind: kindUser, user: name}, 0)
	}
	s.state.setMarks(userMarks{name, conversation, m})
	n := note{kind: kindMarks, user: name, conversation: conversation}
	if stored != nil {
		k.stored[n] = append(k.stored[n], stored)
		k.waiting++
	}
	if _, ok := k.paused[n]; ok {
		k.paused[n] = true
		return
	}
	s.note(n, 0)
}

// appendMarksNote appends the record of a note about marks. The lock is held.
func (s *Store) appendMarksNote(b []byte, n note, salt uint32) []byte {
	k := &s.marking
	if stored := k.stored[n]; stored != nil {
		k.writing[n] = stored
		delete(k.stored, n)
		k.waiting -= len(stored)
	}
	u := s.state.users[n.user]
	if u == nil { // forgotten since, and the marks with him
		return b
	}
	m := userMarks{n.user, n.conversation, u.marks.get(n.conversation)}
	return appendRecord(b, kindMarks, appendMarks(nil, m), salt)
}

// marksSafe tells who has waited for notes that are on disk now.
func (s *Store) marksSafe(taken notes) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, over := &s.marking, time.Now().Add(marksPause)
	for n := range taken {
		if n.kind != kindMarks {
			continue
		}
		_, more := s.notes[n]
		delete(s.notes, n)
		k.paused[n] = more
		if k.order = append(k.order, pause{n, over}); len(k.order) == 1 {
			k.timer.Reset(marksPause)
		}
	}
	k.told(nil)
}

// told tells who has waited for what was written.
func (k *marking) told(err error) {
	for n, stored := range k.writing {
		delete(k.writing, n)
		for _, f := range stored {
			f(err)
		}
	}
}

// failed tells all who wait that a batch could not be written. The notes stay.
func (k *marking) failed(err error) {
	k.told(err)
	k.writing, k.stored, k.waiting = k.stored, k.writing, 0
	k.told(err)
}

// releaseMarks takes the notes whose pause is over.
func (s *Store) releaseMarks(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := &s.marking
	for len(k.order) > 0 && !now.Before(k.order[0].over) {
		n := k.order[0].note
		k.order = k.order[1:]
		more := k.paused[n]
		delete(k.paused, n)
		if more {
			s.note(n, 0)
		}
	}
	if len(k.order) > 0 {
		k.timer.Reset(k.order[0].over.Sub(now))
	} else {
		k.order = nil
	}
}

// endMarks tells all who still wait that there will be no more records.
func (s *Store) endMarks(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.marking.failed(err)
}
