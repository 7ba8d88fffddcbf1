package redis

import (
	"sync"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// untold is what Redis could not be told of private messages that have been
// written.
type untold struct {
	mu   sync.Mutex
	upTo map[inbox]uint64 // seq
}

type inbox struct{ user, conversation string }

// Written implements chat.Engine. Redis is told at once, and of each message, as the
// user may be connected elsewhere a moment later.
func (s *Store) Written(m *chat.Message) { s.tellWritten(inbox{m.To, m.Conversation}, m.Seq) }

func (s *Store) tellWritten(in inbox, seq uint64) {
	key := conversationKey(in.conversation)
	s.do(key, func(_ resp.Reply, err error) {
		if err == nil {
			return
		}
		s.untold.mu.Lock()
		defer s.untold.mu.Unlock()
		if s.untold.upTo == nil {
			s.untold.upTo = make(map[inbox]uint64)
		}
		s.untold.upTo[in] = max(s.untold.upTo[in], seq)
	}, writtenScript, in.user, seq)
}

// tellUntold tells Redis what it could not be told before.
func (s *Store) tellUntold() {
	s.untold.mu.Lock()
	upTo := s.untold.upTo
	s.untold.upTo = nil
	s.untold.mu.Unlock()
	for in, seq := range upTo {
		s.tellWritten(in, seq)
	}
}
