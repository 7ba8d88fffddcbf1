package store

import (
	"math"
	"time"

	"wschat/hub/chat"
)

// Limits bounds what is kept. 0: no bound. How bounds are shared says hub/chat.
type Limits struct {
	// Keep is how many messages of each conversation are kept at least, and at most
	// twice as many.
	Keep int
	// MaxConversations bounds the conversations, and MaxBytes what their messages
	// take, in bytes of memory.
	MaxConversations int
	MaxBytes         int64
	// ForgetAfter is how long a conversation must have been silent before it may be
	// forgotten, to make room for another one when MaxConversations is reached; 0: none
	// is ever forgotten. Its last number stays, in some 40 bytes.
	ForgetAfter time.Duration
}

// maxAsked bounds how many conversations are looked at to make room for one message, since
// the lock is held meanwhile.
const maxAsked = 64

// Stats says how much is kept, and what did not fit.
type Stats struct {
	Bytes         int64 // memory that the messages take
	Pending       int64 // likewise, of those that wait for the disk
	Conversations int
	Numbers       int    // of forgotten conversations
	Dropped       uint64 // messages, to make room for others
	Forgotten     uint64 // conversations, likewise
	Refused       Refused
}

// Refused counts the messages that were refused, by the bound that their author reached.
type Refused struct{ Bytes, Waiting, Conversations uint64 }

// Held returns how many bytes of memory messages take.
func (s Stats) Held() int64 { return s.Bytes + s.Pending }

// Stats returns how much is kept.
func (s *Memory) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.stats
	stats.Bytes, stats.Conversations, stats.Numbers = s.bytes, len(s.conversations), len(s.numbers.last)
	return stats
}

// fits reports whether m may be kept at all, in c, if that is not nil.
func (s *Memory) fits(m *chat.Message, c *Conversation) bool {
	switch {
	case s.MaxBytes > 0 && int64(pieceHead+keptSize(m)) > s.MaxBytes:
		s.stats.Refused.Bytes++
		return false
	case m.Away && !s.mayMiss(m, c):
		s.stats.Refused.Waiting++
		return false
	}
	return true
}

// shrink drops messages until there is room for a piece for size bytes.
func (s *Memory) shrink(size int) {
	for s.MaxBytes > 0 && s.bytes+int64(size+pieceHead) > s.MaxBytes && s.bytes > 0 {
		c := s.loser()
		s.stats.Dropped += uint64(c.oldest().count)
		s.drop(c)
	}
}

// makeRoom makes room for a conversation that an author begins, by forgetting others if it
// may, and reports whether there is room. forgot, if not nil, is called for each that is
// forgotten.
func (s *Memory) makeRoom(author uint64, forgot func(name string, last uint64)) bool {
	for s.MaxConversations > 0 && len(s.conversations) >= s.MaxConversations {
		c := s.forgettable(author)
		if c == nil {
			s.stats.Refused.Conversations++
			return false
		}
		s.forget(c)
		s.stats.Forgotten++
		if forgot != nil {
			forgot(c.name, c.last)
		}
	}
	return true
}

// forgettable returns a conversation that may be forgotten for one that an author begins;
// nil: it has found none. The search goes on where the last one ended.
func (s *Memory) forgettable(author uint64) *Conversation {
	all := &s.authors.byBegun
	if s.ForgetAfter <= 0 || s.inhabited == nil || all.Len() == 0 {
		return nil
	}
	left, most := maxAsked, all.At(0)
	before := time.Now().Add(-s.ForgetAfter).UnixNano()
	if c := s.abandoned(&most.order, before, &left); c != nil {
		return c
	}
	for asked := &s.authors.asked; left > 0; left-- {
		*asked = (*asked + 1) % all.Len()
		if c := s.abandoned(&all.At(*asked).order, before, &left); c != nil {
			return c
		}
	}
	if by := s.authors.byKey[author]; by == nil || by.begun.Held()+1 < most.begun.Held() {
		left = maxAsked
		return s.abandoned(&most.order, math.MaxInt64, &left)
	}
	return nil
}

// abandoned returns a conversation that nobody is in, and that has been silent since before
// a point in time, in ns since 1970. It looks at as many as left says, from the longest
// silent on, and begins anew, once, behind the last.
func (s *Memory) abandoned(o *order, before int64, left *int) *Conversation {
	for again := false; *left > 0; *left-- {
		if o.asked == nil || o.asked.spoken > before {
			if again || o.first == nil || o.first.spoken > before {
				return nil
			}
			o.asked, again = o.first, true
		}
		c := o.asked
		if c.given == c.last && !s.inhabited(c.name) {
			return c
		}
		o.asked = c.newer
	}
	return nil
}

// forget forgets a conversation, except its last number.
func (s *Memory) forget(c *Conversation) {
	for len(c.pieces) > 0 {
		s.drop(c)
	}
	s.unlist(c)
	for _, user := range membersOf(c.name) {
		s.settle(user, c)
	}
	s.setNumber(c.name, c.last)
}
