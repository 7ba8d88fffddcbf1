package store

import (
	"fmt"

	"wschat/hub/chat"
)

// What follows is for a store that makes messages safe before they are seen. One
// goroutine alone opens conversations, gives numbers, adds and cancels.

// Open returns the conversation called name for another message, nil if there is no
// room for one. forgot is told of each conversation that is forgotten for that, with
// the lock held.
func (s *Memory) Open(name string, forgot func(name string, last uint64)) *Conversation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open(name, forgot)
}

// Number gives the next number of c. Each is followed by Add, or all of them by
// Cancel.
func (c *Conversation) Number() uint64 {
	c.given++
	return c.given
}

// Cancel takes back the numbers that have been given since the last Add.
func (s *Memory) Cancel(c *Conversation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.given = c.last; c.count == 0 && s.conversations[c.name] == c {
		s.unlist(c)
	}
}

// Add keeps a message that is safe now, and whose record is record, and calls
// stored as chat.Store.Append does.
func (s *Memory) Add(c *Conversation, m *chat.Message, record []byte, stored func(error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep(c, m, record)
	stored(nil)
}

// Load keeps a message that was safe before the start. It must be the next of its
// conversation; the first may have any number if older ones have been left out.
func (s *Memory) Load(record []byte, leftOut bool) (Record, error) {
	r, err := ParseRecord(record)
	if err != nil {
		return Record{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.conversations[string(r.Conversation)]
	if c == nil {
		c = s.begin(string(r.Conversation))
	}
	if r.Seq != c.last+1 && !(leftOut && c.count == 0) {
		if c.count == 0 {
			s.unlist(c)
		}
		return Record{}, fmt.Errorf("message %d of %s behind %d", r.Seq, c.name, c.last)
	}
	s.add(c, r.Seq, r.Time, record)
	if r.Private() && r.Flags&FlagSettled == 0 {
		s.wait(string(r.To), c, r.Seq, r.Time)
	}
	return r, nil
}

// Forget does again what Open has done: the conversation called name was forgotten
// with this last number, unless it has gone on.
func (s *Memory) Forget(name string, last uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.conversations[name]
	switch {
	case c == nil:
		s.setNumber(name, last)
	case c.last <= last:
		s.forget(c)
		s.setNumber(name, last)
	}
}

// Cut returns the oldest number that is kept of a conversation, and whether it is
// forgotten, or about to begin anew: then first is one more than its last.
func (s *Memory) Cut(name []byte) (first uint64, forgotten bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.conversations[string(name)]; c != nil && c.count > 0 {
		return c.first(), false
	}
	return s.numbers.of(string(name)) + 1, true
}

// Waits reports whether message seq of a conversation waits for user.
func (s *Memory) Waits(user, conversation []byte, seq uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.waiting[string(user)][s.conversations[string(conversation)]]
	return ok && u.first <= seq && seq <= u.last
}

// Newest returns the time of the newest message, in ns since 1970; 0: there is none.
func (s *Memory) Newest() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newest
}

// Disk returns roughly what all that is kept takes on disk, in bytes.
func (s *Memory) Disk() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.disk
}

// Len returns how many conversations there are.
func (s *Memory) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conversations)
}
