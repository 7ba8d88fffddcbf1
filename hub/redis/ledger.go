package redis

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// ledger is what this node has kept for authors, and Redis has not been told of yet. The
// ledger in Redis is approximate: it has the authors who hold most. Nothing is counted with
// each message, but pieces of some KiB. What a node could not tell is lost, and what a
// conversation has dropped since, beyond the messages that it keeps, is estimated. Whoever
// makes room looks first whether it is so (room.go). Safe for concurrent use.
type ledger struct {
	piece int64 // bytes

	mu      sync.Mutex
	changes map[holding]change

	balancing sync.Mutex // guards the rest
	told      time.Time
	chosen    bool              // this node makes room
	blind     bool              // without knowing how much memory Redis has
	cursors   map[string]string // of the search for what the ledger does not know, by master
}

// holding is what an author has in a conversation; "" for that: in any.
type holding struct{ author, conversation string }

// change says that a holding is more, or less. The conversation's last seq was then seq, and
// the first that it has first, unless that is 0.
type change struct {
	bytes      int64
	seq, first uint64
}

const (
	// messageBytes and conversationBytes are what these take in Redis beside what
	// is said.
	messageBytes      = 48
	conversationBytes = 1536
	reactionBytes     = 200 // what is known of it by its user; trimScript has the same
	// maxPiece is the most bytes that count as one.
	maxPiece = 4096
	// ledgerTime is how long the ledger remembers who says nothing.
	ledgerTime = 30 * 24 * time.Hour
	// maxAuthors and maxHoldings of each bound what it has; both are the greatest.
	maxAuthors  = 4096
	maxHoldings = 8192
	// chosenTime is how long a node that is not heard of is the one who makes room.
	chosenTime = 3 * time.Second
)

// bounds says how much is kept, and what did not fit. Safe for concurrent use.
type bounds struct {
	held                 atomic.Int64  // bytes of all, as the ledger has it
	away                 atomic.Int64  // users, as last counted
	dropped              atomic.Uint64 // messages, by this node
	tooLarge, missedMany atomic.Uint64 // messages that this node refused
}

func newLedger(bytes int64) ledger {
	piece := int64(maxPiece)
	if bytes > 0 {
		piece = max(1, min(piece, bytes/1024))
	}
	return ledger{piece: piece, changes: make(map[holding]change), cursors: make(map[string]string)}
}

// sizeOf is roughly what a message takes in Redis; trimScript has the same.
func sizeOf(m *chat.Message) int64 {
	size := encodedLen(m) + messageBytes
	if m.Kind == chat.Reaction {
		size += reactionBytes
	}
	return int64(size)
}

// keep counts a message. One that is smaller than a piece counts as one, or not at all, by
// chance, so that the sum is right and what is told of has some size.
func (l *ledger) keep(m *chat.Message) {
	size := sizeOf(m)
	if m.Seq == 1 {
		size += conversationBytes
	}
	if size = l.pieces(size); size > 0 {
		l.change(holding{m.From, m.Conversation}, change{bytes: size, seq: m.Seq})
	}
}

// free takes off what an author had, and m, an edit or a deletion, has done away with.
func (l *ledger) free(author string, m *chat.Message, size int64) {
	if size = l.pieces(size); size > 0 {
		l.change(holding{author, m.Conversation}, change{bytes: -size, seq: m.Seq})
	}
}

// pieces returns as how many bytes some count: fewer than a piece as one or none, by chance.
func (l *ledger) pieces(size int64) int64 {
	switch {
	case size >= l.piece:
		return size
	case rand.Int64N(l.piece) < size:
		return l.piece
	}
	return 0
}

func (l *ledger) change(h holding, by change) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.changes[h]
	l.changes[h] = change{c.bytes + by.bytes, max(c.seq, by.seq), max(c.first, by.first)}
}

// take returns up to most changes, which are then told.
func (l *ledger) take(most int) (args []any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for h, c := range l.changes {
		if most--; most < 0 {
			break
		}
		args = append(args, h.author, h.conversation, c.seq, c.first, c.bytes)
		delete(l.changes, h)
	}
	return args
}

// window is how many messages a conversation has at most; 0: any number.
func (s *Store) window() int {
	if s.config.Keep > 1<<30 {
		return 0
	}
	return s.config.Keep + s.config.Keep/4
}

// account tells the ledger in Redis of what this node has kept. It reports whether this
// node makes room, and how many bytes all hold; ledger.balancing is held.
func (s *Store) account(ctx context.Context) (chosen bool, sum int64, err error) {
	l := &s.ledger
	for {
		changes := l.take(batch)
		if len(changes) == 0 && !l.chosen && time.Since(l.told) < chosenTime/3 {
			return false, 0, nil
		}
		args := []any{ledgerScript}
		for i := 0; i < len(changes); i += 5 {
			args = append(args, resp.Key(ledgerKey+":of:"+changes[i].(string)))
		}
		args = append(args, s.id, chosenTime.Milliseconds(), s.window(), int(ledgerTime.Seconds()), maxAuthors, maxHoldings)
		r, err := s.call(ctx, ledgerKey, append(args, changes...)...)
		var forgotten []string
		if err == nil {
			err = r.Scan(&l.chosen, &sum, &forgotten)
		}
		if err != nil {
			return false, 0, err
		}
		for _, author := range forgotten {
			s.do(ledgerKey, ignore, "DEL", ledgerKey+":of:"+author)
		}
		l.told = time.Now()
		s.bounds.held.Store(sum)
		if len(changes) < 5*batch {
			return l.chosen, sum, nil
		}
	}
}
