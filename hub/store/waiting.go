package store

import (
	"slices"
	"time"

	"wschat/hub/chat"
)

// inbox has what waits for one user, by conversation.
type inbox struct {
	of   map[*Conversation]unwritten
	left int64 // what the user has missed is newer, in ns since 1970
}

// unwritten says which messages of one conversation wait for one user: those to that user
// from first to last. newest is the time of the last.
type unwritten struct {
	first, last uint64
	newest      int64
	missed      missed // unless newest is older than inbox.left
}

// missed counts the messages that were sent to a user who was away, since the user was last
// here.
type missed struct {
	number uint32
	bytes  uint32 // of their bodies
}

// inboxOf returns the inbox of the user called name.
func (s *Memory) inboxOf(name string) inbox {
	in, ok := s.waiting[name]
	if !ok {
		in.of = make(map[*Conversation]unwritten, 1)
		s.waiting[name] = in
	}
	return in
}

// missedBy returns what the user called name has missed in c, which may be nil.
func (s *Memory) missedBy(name string, c *Conversation) missed {
	in := s.waiting[name]
	if u := in.of[c]; u.newest >= in.left {
		return u.missed
	}
	return missed{}
}

// mayMiss reports whether m may be sent to its recipient, who is away.
func (s *Memory) mayMiss(m *chat.Message, c *Conversation) bool {
	u := s.missedBy(m.To, c)
	return u.number < chat.MaxWaiting && int(u.bytes)+len(m.Body) <= chat.MaxWaitingBytes
}

// miss counts a message in c with a body of size bytes to the user called name, who is away.
func (s *Memory) miss(name string, c *Conversation, at int64, size int) {
	in := s.inboxOf(name)
	u := in.of[c]
	if u.newest < in.left {
		u.missed = missed{}
	}
	u.newest = at
	u.missed.number++
	u.missed.bytes += uint32(size)
	in.of[c] = u
}

// unmiss takes that back.
func (s *Memory) unmiss(name string, c *Conversation, size int) {
	u := s.missedBy(name, c)
	if u.number == 0 {
		return
	}
	u.number--
	u.bytes -= uint32(size)
	of := s.waiting[name].of
	in := of[c]
	if in.missed = u; u.number == 0 && in.last == 0 {
		s.settle(name, c)
	} else {
		of[c] = in
	}
}

// isAwaited reports whether a message of c, up to seq, waits for a user who is away.
func (s *Memory) isAwaited(c *Conversation, seq uint64) bool {
	for _, user := range membersOf(c.name) {
		if s.missedBy(user, c).number > 0 && s.waiting[user].of[c].first <= seq {
			return true
		}
	}
	return false
}

// Left implements chat.Store.
func (s *Memory) Left(user string) (talks bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left(user, s.newest+1)
	return s.pairs[user] != nil
}

// LeftAt repeats what Left did before the start. The time is in ns since 1970.
func (s *Memory) LeftAt(user string, at int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left(user, at)
}

func (s *Memory) left(user string, at int64) {
	if in, ok := s.waiting[user]; ok {
		in.left = at
		s.waiting[user] = in
	}
}

// Talks reports whether a user is in a private conversation.
func (s *Memory) Talks(user string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pairs[user] != nil
}

// wait notes that a message waits for the user called name.
func (s *Memory) wait(name string, c *Conversation, seq uint64, at int64) {
	in := s.inboxOf(name)
	u := in.of[c]
	if u.last == 0 {
		u.first = seq
	}
	u.last, u.newest = seq, at
	in.of[c] = u
}

// settle notes that nothing in c waits for the user called name.
func (s *Memory) settle(name string, c *Conversation) {
	of := s.waiting[name].of
	if delete(of, c); len(of) == 0 {
		delete(s.waiting, name)
	}
}

// Waiting implements chat.Store. It never fails.
func (s *Memory) Waiting(user string, since time.Time) ([]*chat.Message, error) {
	s.mu.Lock()
	of := s.waiting[user].of
	unread := make([]excerpt, 0, len(of))
	for c, u := range of {
		unread = append(unread, c.excerpt(max(u.first, c.first()), u.last))
	}
	s.mu.Unlock()
	var waiting []*chat.Message
	after := nanoseconds(since)
	for _, e := range unread {
		waiting = append(waiting, e.messages(user, after)...)
	}
	slices.SortStableFunc(waiting, func(a, b *chat.Message) int { return a.Time.Compare(b.Time) })
	return waiting, nil
}

// Written implements chat.Store.
func (s *Memory) Written(m *chat.Message) { s.SetWritten(m.To, m.Conversation, m.Seq) }

// SetWritten notes that the messages to user in a conversation, up to seq, no longer wait,
// and reports whether any of them did.
func (s *Memory) SetWritten(user, conversation string, seq uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, of := s.conversations[conversation], s.waiting[user].of
	u := of[c]
	switch {
	case u.last == 0 || seq < u.first:
		return false
	case seq < u.last:
		u.first = seq + 1
		of[c] = u
	default:
		s.settle(user, c)
	}
	return true
}

// maxExpired bounds the messages that Expire looks at with the lock held.
const maxExpired = 1024

// Expire implements chat.Store. It looks at all that waits, so it gives way to others
// now and then.
func (s *Memory) Expire(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, left := nanoseconds(t), maxExpired
	for name, in := range s.waiting {
		for c, u := range in.of {
			if u.newest < before {
				s.settle(name, c)
			}
			if left--; left == 0 {
				left = maxExpired
				s.mu.Unlock()
				s.mu.Lock()
			}
		}
	}
}

// nanoseconds returns t in ns since 1970; 0 for an earlier time.
func nanoseconds(t time.Time) int64 {
	if t.Before(time.Unix(0, 0)) {
		return 0 // UnixNano is undefined for the zero time
	}
	return t.UnixNano()
}
