package store

import (
	"container/list"
	"crypto/rand"
	"slices"
	"sync"
	"time"

	"wschat/hub/chat"
)

// DefaultConversations is how many conversations a Memory keeps if it is not told.
// Each takes 0.6 to 1.2 KiB with its first message, the text of it left out.
const DefaultConversations = 1 << 20

// Memory is the store that forgets everything when the process ends. It keeps at
// least the last keep messages of each conversation, and at most twice as many.
type Memory struct {
	// MaxConversations bounds the conversations, and MaxBytes what the messages
	// take, in bytes of memory; 0: no bound. Beyond MaxBytes, conversations keep
	// fewer messages, those silent longest first, but always the newest. They must
	// not change while the store is in use.
	MaxConversations int
	MaxBytes         int64

	keep  int // 0: all
	epoch string

	mu            sync.Mutex
	conversations map[string]*conversation
	peers         map[string]map[string]*conversation // by user, by the other
	waiting       map[string]map[string]unwritten     // by user, by conversation
	silent        list.List                           // of *conversation: the longest silent first
	bytes         int64                               // what the messages take
}

type conversation struct {
	last     uint64          // the newest Seq
	messages []*chat.Message // without holes, up to last
	silent   *list.Element   // in Memory.silent, if it has more than one message
}

// unwritten is what waits for one user in one conversation.
type unwritten struct{ first, last uint64 }

// New returns an empty store that keeps the last keep messages of each
// conversation; 0: all of them. It has room for DefaultConversations.
func New(keep int) *Memory {
	return &Memory{
		MaxConversations: DefaultConversations,
		keep:             keep,
		epoch:            rand.Text()[:10],
		conversations:    make(map[string]*conversation),
		peers:            make(map[string]map[string]*conversation),
		waiting:          make(map[string]map[string]unwritten),
	}
}

// Append implements Store. It calls stored before it returns, with ErrFull if the
// conversation would be one too many.
func (s *Memory) Append(m *chat.Message, stored func(error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.conversations[m.Conversation]
	if !s.room(c) {
		stored(chat.ErrFull)
		return
	}
	if c == nil {
		c = new(conversation)
		s.conversations[m.Conversation] = c
		if m.Private() {
			s.meet(m.From, m.To, c)
			s.meet(m.To, m.From, c)
		}
	}
	c.last++
	m.Seq, m.Time = c.last, time.Now()
	c.messages = append(c.messages, m)
	s.bytes += memory(m)
	if n := len(c.messages); s.keep > 0 && n-s.keep > s.keep {
		s.keepLast(c, s.keep, n)
	}
	s.spoke(c)
	s.shrink()
	if m.Private() {
		s.wait(m)
	}
	stored(nil)
}

// meet notes that user has a conversation with another.
func (s *Memory) meet(user, other string, c *conversation) {
	if s.peers[user] == nil {
		s.peers[user] = make(map[string]*conversation, 1)
	}
	s.peers[user][other] = c
}

func (s *Memory) wait(m *chat.Message) {
	inbox := s.waiting[m.To]
	if inbox == nil {
		inbox = make(map[string]unwritten, 1)
		s.waiting[m.To] = inbox
	}
	u, ok := inbox[m.Conversation]
	if !ok {
		u.first = m.Seq
	}
	u.last = m.Seq
	inbox[m.Conversation] = u
}

// History implements Store.
func (s *Memory) History(name string, q chat.Query) (messages []*chat.Message, more bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.conversations[name]
	if c == nil {
		return nil, false, nil
	}
	if q.Direction == chat.After {
		rest := c.after(q.Seq)
		n := min(q.Limit, len(rest))
		return slices.Clone(rest[:n]), n < len(rest), nil
	}
	older := c.messages
	if q.Direction == chat.Before {
		older = older[:len(older)-len(c.after(max(q.Seq, 1)-1))]
	}
	n := min(q.Limit, len(older))
	return slices.Clone(older[len(older)-n:]), n < len(older), nil
}

// Last implements Store.
func (s *Memory) Last(user string, names []string) (map[string]uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := make(map[string]uint64, len(names)+len(s.peers[user]))
	for _, name := range names {
		if c := s.conversations[name]; c != nil {
			last[name] = c.last
		}
	}
	for other, c := range s.peers[user] {
		last[other] = c.last
	}
	return last, nil
}

// Err implements Store: ErrFull while there is no room for anybody's message.
func (s *Memory) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full() {
		return chat.ErrFull
	}
	return nil
}

// Epoch implements Store: it is another one with each store.
func (s *Memory) Epoch() string { return s.epoch }

// after returns the messages behind seq that are kept.
func (c *conversation) after(seq uint64) []*chat.Message {
	if seq >= c.last {
		return nil
	}
	n := min(c.last-seq, uint64(len(c.messages)))
	return c.messages[len(c.messages)-int(n):]
}

// Waiting implements Store.
func (s *Memory) Waiting(user string, since time.Time) ([]*chat.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var waiting []*chat.Message
	for name, u := range s.waiting[user] {
		for _, m := range s.conversations[name].after(u.first - 1) {
			if m.To == user && m.Time.After(since) {
				waiting = append(waiting, m)
			}
		}
	}
	// Stable, for messages of one conversation that have the same time.
	slices.SortStableFunc(waiting, func(a, b *chat.Message) int { return a.Time.Compare(b.Time) })
	return waiting, nil
}

// Written implements Store.
func (s *Memory) Written(m *chat.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	inbox := s.waiting[m.To]
	u, ok := inbox[m.Conversation]
	switch {
	case !ok || m.Seq < u.first:
	case m.Seq < u.last:
		inbox[m.Conversation] = unwritten{m.Seq + 1, u.last}
	default:
		delete(inbox, m.Conversation)
		if len(inbox) == 0 {
			delete(s.waiting, m.To)
		}
	}
}

// Expire implements Store.
func (s *Memory) Expire(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for user, inbox := range s.waiting {
		for name, u := range inbox {
			newest := s.conversations[name].after(u.last - 1)
			if len(newest) == 0 || newest[0].Time.Before(t) {
				delete(inbox, name)
			}
		}
		if len(inbox) == 0 {
			delete(s.waiting, user)
		}
	}
}
