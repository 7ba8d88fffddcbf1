package journal

import (
	"sync"

	"wschat/hub/chat"
	"wschat/hub/store"
)

const (
	// maxPending is the default of Config.MaxPending. More is refused: the senders must
	// wait, since an event loop cannot.
	maxPending = 64 << 20
	// maxBatch bounds what is written at once, in bytes; a single message may be larger.
	maxBatch = 4 << 20
)

// pending is a message, or another record, that is to be stored.
type pending struct {
	m      *chat.Message // nil: the others
	kind   kind
	body   []byte
	apply  func(*state) // what the record says; nil for a message and a topic
	topic  *chat.Topic  // nil: the others
	stored func(error)

	// What the committer knows.
	conversation *store.Conversation
	disk         int   // what its record takes, in bytes
	left         bool  // it has no record: it is refused, or changes nothing
	refused      error // why; nil: it is not
}

// author returns who sent the message p; "": p is not a message.
func (p *pending) author() string {
	if p.m == nil {
		return ""
	}
	return p.m.From
}

// size is roughly what p costs in memory while it waits, in bytes.
func (p *pending) size() int {
	if p.m == nil {
		return 256 + len(p.body)
	}
	return 256 + len(p.m.Body)
}

// queue is what waits for the committer. An author may add something only if as many bytes
// stay free as he has waiting: so one author alone gets half of the queue at most, and
// several get less each. Safe for concurrent use.
type queue struct {
	most int // bytes

	mu     sync.Mutex
	items  []pending
	bytes  int
	of     map[string]int // bytes by author
	full   bool           // something was refused that no author could have added, and nothing has been taken since
	closed bool
}

// add fails with ErrBacklog, ErrLarge or ErrClosed.
func (q *queue) add(p pending) error {
	if p.size() > maxRecord/2 {
		return ErrLarge
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return ErrClosed
	case len(q.items) > 0 && q.bytes+q.of[p.author()]+p.size() > q.most:
		q.full = q.full || q.bytes+p.size() > q.most
		return ErrBacklog
	}
	q.items = append(q.items, p)
	q.count(&p, p.size())
	return nil
}

// count counts bytes of p, or takes them back.
func (q *queue) count(p *pending, bytes int) {
	q.bytes += bytes
	author := p.author()
	if author == "" {
		return
	}
	if q.of == nil {
		q.of = make(map[string]int)
	}
	if q.of[author] += bytes; q.of[author] == 0 {
		delete(q.of, author)
	}
}

// take appends to batch what has waited longest, one batch of it.
func (q *queue) take(batch []pending) []pending {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, bytes := 0, 0
	for n < len(q.items) && (n == 0 || bytes+q.items[n].size() <= maxBatch) {
		bytes += q.items[n].size()
		q.count(&q.items[n], -q.items[n].size())
		n++
	}
	batch = append(batch, q.items[:n]...)
	rest := copy(q.items, q.items[n:])
	clear(q.items[rest:])
	q.items = q.items[:rest]
	q.full = false
	return batch
}

// refuses reports whether a message was refused, and would be still.
func (q *queue) refuses() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.full
}

// held returns how many bytes wait.
func (q *queue) held() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return int64(q.bytes)
}

// length returns how many wait.
func (q *queue) length() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}

// close refuses what comes from now on.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}

func (q *queue) isClosed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

// done reports whether nothing waits, nor ever will.
func (q *queue) done() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed && len(q.items) == 0
}
