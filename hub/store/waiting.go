package store

import (
	"slices"
	"time"

	"wschat/hub/chat"
	"wschat/hub/share"
)

// unread says which messages of a conversation wait for one of its users: those to that user
// from first to last.
type unread struct {
	conversation *Conversation
	side         *side
	first, last  uint64 // 0: the first of them is on its way
	newest       int64  // the time of the last, in ns since 1970
	ofUser       share.Links[unread]
	ofAll        share.Links[unread]

	// How many were sent while the user was away, and the bytes of their bodies; of no
	// account if the user has been here since newest.
	missed      uint32
	missedBytes uint32
}

func unreadOfUser(u *unread) *share.Links[unread] { return &u.ofUser }
func unreadOfAll(u *unread) *share.Links[unread]  { return &u.ofAll }

// missed returns what the user of s, which may be nil, has missed since the last exit; nil:
// nothing.
func (s *side) missed() *unread {
	if s == nil || s.unread == nil || s.unread.missed == 0 || s.unread.newest < s.user.left {
		return nil
	}
	return s.unread
}

// mayMiss reports whether m may be sent in c, which may be nil, to its recipient, who is away.
func (s *Memory) mayMiss(m *chat.Message, c *Conversation) bool {
	number, bytes := 1, len(m.Body)
	if m.Kind == chat.Edit {
		number, bytes = s.missing(m, c, c.becoming(m.About))
	}
	if u := s.sideOf(m.To, c).missed(); u != nil {
		number, bytes = number+int(u.missed), bytes+int(u.missedBytes)
	}
	if c != nil && c.pending != nil {
		number, bytes = number+c.pending.missed, bytes+c.pending.missedBytes
	}
	return number <= chat.MaxWaiting && bytes <= chat.MaxWaitingBytes
}

// missing returns by how many messages and bytes m, an edit or a deletion, changes what its
// recipient, who is away, has missed: an edit takes the place of a text that was missed, and a
// deletion takes it away. p is what the message that it is about has become.
func (s *Memory) missing(m *chat.Message, c *Conversation, p *chat.Present) (number, bytes int) {
	if m.Kind == chat.Edit {
		number, bytes = 1, len(m.Body)
	}
	side := s.sideOf(m.To, c)
	target, ok := c.target(m.About)
	if side == nil || !ok {
		return number, bytes
	}
	text, newest := target.Body, target.Time.UnixNano()
	if p != nil && len(p.Text) > 0 {
		text = p.Text
		if p.Edited.IsZero() { // it is on its way to the disk
			newest = side.user.left
		} else {
			newest = max(newest, p.Edited.UnixNano())
		}
	}
	if newest >= side.user.left {
		number, bytes = number-1, bytes-len(text)
	}
	return number, bytes
}

// unreadIn returns what waits for the user called name in c, to which something is added;
// nil: it is none of the user's.
func (s *Memory) unreadIn(c *Conversation, name string) *unread {
	side := s.sideOf(name, c)
	if side == nil {
		return nil
	}
	if side.unread == nil {
		side.unread = &unread{conversation: c, side: side}
		side.user.unread.Push(side.unread, unreadOfUser)
	}
	return side.unread
}

// miss adds to the number and the bytes of the messages that the user called name misses in c.
// Both may be negative.
func (s *Memory) miss(name string, c *Conversation, at int64, number, bytes int) {
	u := s.sideOf(name, c).missed()
	if number > 0 {
		if next := s.unreadIn(c, name); u == nil && next != nil {
			u, next.missed, next.missedBytes = next, 0, 0
		}
	}
	if u == nil {
		return
	}
	if number > 0 {
		u.newest = at
	}
	u.missed = uint32(max(int(u.missed)+number, 0))
	u.missedBytes = uint32(max(int(u.missedBytes)+bytes, 0))
	if u.missed == 0 && u.last == 0 {
		s.settle(u)
	}
}

// wait notes that a message in c waits for the user called name.
func (s *Memory) wait(name string, c *Conversation, seq uint64, at int64) {
	u := s.unreadIn(c, name)
	if u == nil {
		return
	}
	if u.last == 0 {
		u.first = seq
	}
	u.last, u.newest = seq, at
	s.unread.Push(u, unreadOfAll)
}

// settle notes that what waited does not wait any more.
func (s *Memory) settle(u *unread) {
	u.side.user.unread.Remove(u, unreadOfUser)
	s.unread.Remove(u, unreadOfAll)
	u.side.unread = nil
}

// isAwaited reports whether a message of c, up to seq, waits for a user who is away.
func (c *Conversation) isAwaited(seq uint64) bool {
	for i := range c.sides() {
		if u := c.pair[i].missed(); u != nil && u.first <= seq {
			return true
		}
	}
	return false
}

// Left implements chat.Store.
func (s *Memory) Left(user string) (talks bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[user]
	if u == nil {
		return false
	}
	u.left = s.newest + 1
	return true
}

// LeftAt repeats what Left did before the start. The time is in ns since 1970.
func (s *Memory) LeftAt(user string, at int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.users[user]; u != nil {
		u.left = at
	}
}

// Talks reports whether a user is in a private conversation.
func (s *Memory) Talks(user string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.users[user] != nil
}

// Waiting implements chat.Store. It never fails.
func (s *Memory) Waiting(user string, since time.Time) ([]*chat.Message, error) {
	var excerpts []excerpt
	s.mu.Lock()
	if of := s.users[user]; of != nil {
		for u := of.unread.Oldest(); u != nil; u = u.ofUser.Newer() {
			c := u.conversation
			excerpts = append(excerpts, c.excerpt(max(u.first, c.first()), u.last))
		}
	}
	s.mu.Unlock()
	var waiting []*chat.Message
	after := nanoseconds(since)
	for _, e := range excerpts {
		messages := e.messages(user, after)
		if e.presents != nil {
			messages = unwritten(messages)
		}
		if len(messages) > 0 {
			messages[len(messages)-1].Upto = e.hi
		}
		waiting = append(waiting, messages...)
	}
	slices.SortStableFunc(waiting, func(a, b *chat.Message) int { return a.Time.Compare(b.Time) })
	return waiting, nil
}

// waits reports whether a message of a kind waits for its recipient.
func waits(kind chat.Kind) bool { return kind <= chat.Edit }

// unwritten leaves out of the messages of a conversation to somebody, oldest first, what is not
// to be written to a connection any more: what is deleted, and edits of messages that are
// there, too, or of which there is a later one.
func unwritten(messages []*chat.Message) []*chat.Message {
	told := make(map[uint64]bool) // of which messages the text is
	for _, m := range messages {
		told[m.Seq] = m.Kind != chat.Edit
	}
	for i, m := range slices.Backward(messages) {
		gone := !waits(m.Kind) || m.Now != nil && m.Now.Deleted || m.Kind == chat.Edit && (len(m.Body) == 0 || told[m.About])
		if m.Kind == chat.Edit {
			told[m.About] = true
		}
		if gone {
			messages[i] = nil
		}
	}
	return slices.DeleteFunc(messages, func(m *chat.Message) bool { return m == nil })
}

// Written implements chat.Store.
func (s *Memory) Written(m *chat.Message) { s.SetWritten(m.To, m.Conversation, m.Seq) }

// SetWritten notes that the messages to user in a conversation, up to seq, no longer wait,
// and reports whether any of them did.
func (s *Memory) SetWritten(user, conversation string, seq uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	of := s.sideOf(user, s.conversations[conversation])
	if of == nil || of.unread == nil || of.unread.last == 0 || seq < of.unread.first {
		return false
	}
	if u := of.unread; seq < u.last {
		u.first = seq + 1
	} else {
		s.settle(u)
	}
	return true
}

// maxExpired bounds the conversations in which messages expire with the lock held.
const maxExpired = 1024

// Expire implements chat.Store.
func (s *Memory) Expire(t time.Time) {
	for before := nanoseconds(t); s.expireSome(before); {
	}
}

// expireSome reports whether there may be more.
func (s *Memory) expireSome(before int64) (more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range maxExpired {
		u := s.unread.Oldest()
		if u == nil || u.newest >= before {
			return false
		}
		s.settle(u)
	}
	return true
}

// nanoseconds returns t in ns since 1970; 0 for an earlier time.
func nanoseconds(t time.Time) int64 {
	if t.Before(time.Unix(0, 0)) {
		return 0 // UnixNano is undefined for the zero time
	}
	return t.UnixNano()
}
