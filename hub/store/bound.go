package store

import (
	"cmp"
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
	// ForgetAfter is how long a conversation that nobody is in must have been silent before
	// anybody's new one may take its place when MaxConversations is reached; 0: none ever
	// gives way for its silence. Its last number stays, in some 40 bytes.
	ForgetAfter time.Duration
}

// maxAsked bounds how many conversations are looked at to make room for one message, since
// the lock is held meanwhile.
const maxAsked = 64

// smallest is how many bytes a message takes that nobody can make smaller.
var smallest = int64(pieceHead + keptSize(&chat.Message{From: "A", Body: []byte("x")}))

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
	case m.Away && waits(m.Kind) && !s.mayMiss(m, c):
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

// makeRoom makes room for a conversation that somebody begins, by forgetting others if it
// may, and reports whether there is room. forgot, if not nil, is called for each that is
// forgotten.
func (s *Memory) makeRoom(by, from uint64, forgot func(name string, last uint64)) bool {
	for s.MaxConversations > 0 && len(s.conversations) >= s.MaxConversations {
		c := s.forgettable(by, from)
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

// forgettable returns a conversation that may be forgotten for one that somebody begins;
// nil: it has found none.
func (s *Memory) forgettable(by, from uint64) *Conversation {
	greatest := s.beginners.greatest()
	c := s.leastMissed(greatest)
	if c != nil && s.isAbandoned(c) {
		return c
	}
	if other := s.abandoned(); other != nil {
		return other
	}
	if s.beginners.isLess(by, from, greatest) {
		return c
	}
	return nil
}

// leastMissed returns the longest silent of the conversations that somebody has begun: of
// those that nobody is in, else of those in which no message waits for a user who is away,
// else of all.
func (s *Memory) leastMissed(by *beginner) *Conversation {
	var read, silent *Conversation
	c := by.order.Oldest()
	for n := 0; c != nil && n < maxAsked; n++ {
		if canGo(c) {
			if s.isDeserted(c) {
				return c
			}
			if read == nil && !c.isAwaited(c.last) {
				read = c
			}
			silent = cmp.Or(silent, c)
		}
		c = begunLinks(c).Newer()
	}
	return cmp.Or(read, silent)
}

// abandoned returns a conversation of anybody that is abandoned. The search goes on where
// the last one ended.
func (s *Memory) abandoned() *Conversation {
	for range maxAsked {
		c := s.asked
		if c == nil || !s.isSilent(c) {
			if c = s.order.Oldest(); c == nil || !s.isSilent(c) {
				return nil
			}
		}
		s.asked = orderLinks(c).Newer()
		if canGo(c) && s.isAbandoned(c) {
			return c
		}
	}
	return nil
}

// canGo reports whether a conversation can be forgotten at all: "all" never is, nor one
// whose next message is on its way.
func canGo(c *Conversation) bool { return c.given == c.last && c.name != chat.Everyone }

// isDeserted reports whether nobody is in c.
func (s *Memory) isDeserted(c *Conversation) bool { return s.inhabited != nil && !s.inhabited(c.name) }

// isSilent reports whether nothing has been said in c for ForgetAfter.
func (s *Memory) isSilent(c *Conversation) bool {
	return s.ForgetAfter > 0 && c.spoken <= time.Now().Add(-s.ForgetAfter).UnixNano()
}

func (s *Memory) isAbandoned(c *Conversation) bool { return s.isSilent(c) && s.isDeserted(c) }

// forget forgets a conversation, except its last number.
func (s *Memory) forget(c *Conversation) {
	for len(c.pieces) > 0 {
		s.drop(c)
	}
	s.unlist(c)
	s.setNumber(c.name, c.last)
}
