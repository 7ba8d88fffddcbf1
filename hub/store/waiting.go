package store

import (
	"slices"
	"time"

	"wschat/hub/chat"
)

// unwritten says which messages of one conversation wait for one user: those to that user
// from first to last. newest is the time of the last.
type unwritten struct {
	first, last uint64
	newest      int64
}

// wait notes that a message waits for the user called name.
func (s *Memory) wait(name string, c *Conversation, seq uint64, at int64) {
	inbox := s.waiting[name]
	if inbox == nil {
		inbox = make(map[*Conversation]unwritten, 1)
		s.waiting[name] = inbox
	}
	u, ok := inbox[c]
	if !ok {
		u.first = seq
	}
	u.last, u.newest = seq, at
	inbox[c] = u
}

// drop notes that nothing in c waits for the user called name.
func (s *Memory) drop(name string, c *Conversation) {
	delete(s.waiting[name], c)
	if len(s.waiting[name]) == 0 {
		delete(s.waiting, name)
	}
}

// Waiting implements chat.Store. It never fails.
func (s *Memory) Waiting(user string, since time.Time) ([]*chat.Message, error) {
	s.mu.Lock()
	unread := make([]excerpt, 0, len(s.waiting[user]))
	for c, u := range s.waiting[user] {
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
	c := s.conversations[conversation]
	inbox := s.waiting[user]
	u, ok := inbox[c]
	switch {
	case !ok || seq < u.first:
		return false
	case seq < u.last:
		u.first = seq + 1
		inbox[c] = u
	default:
		s.drop(user, c)
	}
	return true
}

// Expire implements chat.Store.
func (s *Memory) Expire(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, inbox := range s.waiting {
		for c, u := range inbox {
			if time.Unix(0, u.newest).Before(t) {
				s.drop(name, c)
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
