package redis

import (
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// What a user says, the user has read, if that is so of all before it. Each node where the
// user is finds that out by itself as it is told of the message. The one that the message came
// from tells Redis later, of many messages at once.

// readOwn moves up to where the author of a message has read, if the author is here. The
// conversation's lock is held.
func (s *Store) readOwn(m *chat.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[m.From]
	if u == nil || u.marks.of == nil {
		return
	}
	old, is := u.marks.of[m.Conversation]
	if old.Read+1 == m.Seq && (is || len(u.marks.of) < chat.MaxMarks) {
		old.Read = m.Seq
		u.marks.of[m.Conversation] = old
	}
}

// oweRead notes that Redis is to be told of that. The node has been told of m.
func (s *Store) oweRead(m *chat.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[m.From]
	if u == nil || u.marks.of[m.Conversation].Read != m.Seq {
		return
	}
	if len(u.marks.owed) == 0 {
		u.marks.owed, u.marks.since = make(map[string]bool), time.Now()
		s.owing[u] = true
	}
	u.marks.owed[m.Conversation] = true
}

// payReads tells Redis of what is owed for long enough, or of all.
func (s *Store) payReads(now time.Time, all bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for u := range s.owing {
		if all || now.Sub(u.marks.since) >= oweTime {
			s.pay(u)
		}
	}
}

// pay does that for one user. Store.mu is held.
func (s *Store) pay(u *user) {
	owed := u.marks.owed
	u.marks.owed = nil
	delete(s.owing, u)
	if len(owed) == 0 {
		return
	}
	args := []any{markScript, s.id, 0, s.epoch, chat.MaxMarks, 0}
	for conversation := range owed {
		args = append(args, conversation, u.marks.of[conversation].Read, 0, 0)
	}
	s.do(userKey(u.name), func(_ resp.Reply, err error) {
		if err != nil {
			s.oweAgain(u, owed)
		}
	}, args...)
}

// oweAgain notes that Redis could not be told.
func (s *Store) oweAgain(u *user, owed map[string]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users[u.name] != u {
		return
	}
	if len(u.marks.owed) == 0 {
		u.marks.owed, u.marks.since = owed, time.Now()
		s.owing[u] = true
		return
	}
	for conversation := range owed {
		u.marks.owed[conversation] = true
	}
}
