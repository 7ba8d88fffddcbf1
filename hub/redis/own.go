package redis

import (
	"maps"
	"slices"
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// What a user says, the user has read, if that is so of all before it. Each node where the
// user is finds that out by itself as it is told of the message. The one that the message came
// from tells Redis later, of many messages at once. Should it die before, other nodes find it in
// what was said last: it is all of that user.

// run is the messages at the end of a conversation that are of one user.
type run struct {
	author string
	since  uint64 // the seq of the first of them, or a later one
}

// with returns what a run that seq ends becomes by a message.
func (r run) with(m *chat.Message, seq uint64) run {
	if m.Seq == seq+1 && m.From == r.author {
		return r
	}
	return run{m.From, m.Seq}
}

// readOwn moves up to where the author of a run, which seq ends, has read, if the author is
// here, and reports whether it does. The conversation's lock may be held.
func (s *Store) readOwn(conversation string, r run, seq uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[r.author]
	if u == nil || u.marks.of == nil {
		return false
	}
	old, is := u.marks.of[conversation]
	if old.Read+1 < r.since || old.Read >= seq || !is && len(u.marks.of) >= chat.MaxMarks {
		return false
	}
	old.Read = seq
	u.marks.of[conversation] = old
	return true
}

// readOwnRuns does that for a user whose marks have just been read, in all conversations that are
// followed for the user, and notes that Redis is to be told.
func (s *Store) readOwnRuns(u *user) {
	s.mu.Lock()
	follows := slices.Collect(maps.Values(u.conversations))
	s.mu.Unlock()
	for _, c := range follows {
		c.mu.Lock()
		last, seq := c.run, c.seq
		c.mu.Unlock()
		if last.author == u.name && s.readOwn(c.name, last, seq) {
			s.oweRead(u.name, c.name, seq)
		}
	}
}

// oweRead notes that Redis is to be told of what the author of a message has read by it. The
// node has been told of it.
func (s *Store) oweRead(author, conversation string, seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[author]
	if u == nil || u.marks.of[conversation].Read != seq {
		return
	}
	if len(u.marks.owed) == 0 {
		u.marks.owed, u.marks.since = make(map[string]bool), time.Now()
		s.owing[u] = true
	}
	u.marks.owed[conversation] = true
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
