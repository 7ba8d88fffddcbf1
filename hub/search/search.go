package search

import (
	"cmp"
	"context"
	"time"

	"wschat/hub/chat"
)

// maxFound is about how many bytes of messages a search returns at most.
const maxFound = 256 << 10

const (
	// maxLooked is how far a search looks, in bytes of messages; then it says where to go on.
	maxLooked = 4 << 20
	// messageCost is what a message costs besides its text.
	messageCost = 64
	// maxRunning bounds the searches that run at a time.
	maxRunning = 2
	// maxTime bounds how long a search waits and runs.
	maxTime = 10 * time.Second
	// DefaultRate is the default of Config.Rate.
	DefaultRate = 16 << 20
)

// Config says what searches may do.
type Config struct {
	// Rate is how many bytes of messages all searches together look at in a second; 0:
	// DefaultRate. A core manages some 100 MB of any script, and more of most.
	Rate int
}

// Searcher runs the searches of a node, few at a time and slowly, so that whoever chats
// meanwhile does not notice. Safe for concurrent use.
type Searcher struct {
	turns turns
	pace  pace
}

// New returns a Searcher.
func New(config Config) *Searcher {
	s := &Searcher{turns: turns{lines: make(map[string]*line)}, pace: pace{rate: cmp.Or(config.Rate, DefaultRate)}}
	for range maxRunning {
		s.turns.free = append(s.turns.free, new(scratch))
	}
	return s
}

// Query says what is searched for.
type Query struct {
	By     string // the address that asks; all have their turns, whatever names they go by
	Words  *Words
	Before uint64 // only what has a lower Seq; 0: all. It needs a single conversation.
	Limit  int    // most messages; 0: chat.UsualFound, at most chat.MaxFound
}

// Result is what a search has found.
type Result struct {
	Messages []*chat.Message // the newest first
	More     bool            // there is more that has not been looked at
	Before   uint64          // down to which Seq it has looked, in a single conversation
}

// Search looks for messages with all words in conversations, the newest first. It waits
// until few enough others run, and may look at part of what there is. Its errors are those of
// history and of ctx, and what says that too many wait, or have waited for too long.
func (s *Searcher) Search(ctx context.Context, q Query, conversations []string, history History) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	room, err := s.turns.enter(ctx, q.By)
	if err != nil {
		return Result{}, err
	}
	defer s.turns.leave(room)
	if err := s.pace.wait(ctx); err != nil {
		return Result{}, err
	}
	e := &effort{ctx: ctx, pace: &s.pace, left: maxLooked}
	defer e.settle()
	n := &newest{history: history, effort: e}
	if err := n.open(conversations, q.Before); err != nil {
		return Result{}, err
	}
	result, err := q.look(n, room)
	if err != nil {
		return Result{}, err
	}
	if len(conversations) != 1 {
		result.Before = 0
	}
	return result, nil
}

// look looks at messages until enough are found, or it must not go on.
func (q *Query) look(n *newest, room *scratch) (result Result, err error) {
	limit, found := min(cmp.Or(q.Limit, chat.UsualFound), chat.MaxFound), 0
	result.Before = q.Before
	for len(result.Messages) < limit && found < maxFound && n.effort.left > 0 {
		m, err := n.next()
		if m == nil {
			return result, err
		}
		result.Before = m.Seq
		if q.finds(m, room) {
			result.Messages = append(result.Messages, m)
			found += len(m.Body)
		}
		if err := n.effort.spend(messageCost + len(m.Body)); err != nil {
			return result, err
		}
	}
	result.More = n.hasMore()
	return result, nil
}

// finds reports whether m, as it reads now, is a text that has the words.
func (q *Query) finds(m *chat.Message, room *scratch) bool {
	return !m.Kind.Amends() && !m.Binary && (m.Now == nil || !m.Now.Deleted) && q.Words.in(m.Body, room)
}
