package redis

import (
	"slices"
	"sync"
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// conversation is what this node follows of one: everything that happens to it has
// a position, 1, 2, 3, …, and the node is told of it in that order, whichever way
// it is heard of: on the channel, in the reply to a command of our own, or from the
// stream, after the channel had been out of reach.
type conversation struct {
	store *Store
	name  string
	key   string

	refs int       // users here who take part; guarded by Store.mu, with the next
	idle time.Time // since when there is none

	mu      sync.Mutex // held while the node is told
	seq     uint64     // of the last message that the node was told of
	spoken  time.Time  // when that was sent; zero: before this node followed the conversation
	p       uint64     // the position of the last thing
	mark    string     // that Redis has on it: with another one the data were lost
	known   bool       // seq and p are
	open    bool       // the channel brings what comes behind p
	syncing bool
	again   bool
	paused  bool    // see pause
	pending []entry // that come behind something that is missing, in order
	waiters []waiter
	opened  chan struct{} // closed when it is open for the first time
}

// waiter waits until the node has been told of everything up to a position.
type waiter struct {
	p     uint64
	since time.Time
	then  func()
}

const (
	// syncLimit is how many messages are asked for at once.
	syncLimit = 100
	// maxEntries bounds those that are pending.
	maxEntries = 4096
	// longWait is how long an answer waits for what comes before it at most.
	longWait = time.Second
)

// heard takes what the channel brings. The channel is in order and has no holes, so
// what is missing before e was missed.
func (c *conversation) heard(e entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if missing := c.take(e); missing && c.open {
		c.sync()
	}
}

// replied takes what we have done ourselves, which the channel brings as well. then
// is called when the node has been told of it; what is missing before it is on its
// way.
func (c *conversation) replied(p uint64, e *entry, then func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e != nil {
		c.take(*e)
	}
	if c.open && c.p >= p {
		then()
		return
	}
	c.waiters = append(c.waiters, waiter{p, time.Now(), then})
	c.store.waits.Add(1)
}

// take tells the node of e if it is the next; if it comes too early, it waits and
// something is missing. The lock is held, here and below.
func (c *conversation) take(e entry) (missing bool) {
	switch {
	case c.open && e.p <= c.p:
	case c.open && e.p == c.p+1:
		c.tell(e)
		c.advance()
	default:
		c.keep(e)
		return true
	}
	return false
}

// tell tells the node of e. The position comes first, as others look at it to know
// what the node has been told of.
func (c *conversation) tell(e entry) {
	c.p = e.p
	switch e.kind {
	case 'm':
		c.seq, c.spoken = e.m.Seq, e.m.Time
		c.store.node.Deliver(e.m, nil)
	case 'j', 'l':
		c.store.setMember(e.user, c.name, e.kind == 'j', e.p)
		c.store.node.Member(e.user, c.name, e.kind == 'j')
	case '+', '-':
		if c.name == chat.Everyone {
			c.store.recent.add(e)
		}
		c.store.node.Present(e.user, c.name, e.number, e.kind == '+')
	}
}

// keep puts e among those that are pending.
func (c *conversation) keep(e entry) {
	i, found := slices.BinarySearchFunc(c.pending, e, func(a, b entry) int { return int(int64(a.p - b.p)) })
	switch {
	case found:
	case len(c.pending) >= maxEntries:
		c.pending, c.again = nil, true // the stream has them
	default:
		c.pending = slices.Insert(c.pending, i, e)
	}
}

// advance goes on with what has been pending, and answers who has waited.
func (c *conversation) advance() {
	n := 0
	for n < len(c.pending) && c.pending[n].p <= c.p+1 {
		if c.pending[n].p == c.p+1 {
			c.tell(c.pending[n])
		}
		n++
	}
	c.pending = slices.Delete(c.pending, 0, n)
	if len(c.pending) == 0 {
		c.pending = nil
	}
	if len(c.waiters) > 0 {
		c.answer(func(w waiter) bool { return w.p <= c.p })
	}
}

// answer calls those who wait and are meant, in the order of their positions.
func (c *conversation) answer(meant func(waiter) bool) {
	slices.SortStableFunc(c.waiters, func(a, b waiter) int { return int(int64(a.p - b.p)) })
	var rest []waiter
	for _, w := range c.waiters {
		if meant(w) {
			w.then()
			c.store.waits.Add(-1)
		} else {
			rest = append(rest, w)
		}
	}
	c.waiters = rest
}

// answerLate calls those who have waited for too long: what they have done is done,
// though the node may hear late of what others did before.
func (c *conversation) answerLate(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiters) > 0 {
		c.answer(func(w waiter) bool { return now.Sub(w.since) > longWait })
	}
}

// resync is called when the channel brings what comes from now on, though not what
// came before.
func (c *conversation) resync() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sync()
}

// pause is called when data are lost somewhere: until resume the node is told of
// nothing.
func (c *conversation) pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open, c.paused = false, true
	c.answer(func(waiter) bool { return true })
}

// compare finds out whether this conversation has lost its data: where it is and
// its mark say what is left. If it is another one by the same name, the node
// is told of it from the beginning; if only its end is lost, as after a failover,
// it goes on from what is left.
func (c *conversation) compare(at place) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.lost(at) && at.mark != c.mark:
		c.seq, c.p, c.mark = 0, 0, at.mark
	case c.lost(at):
		c.seq, c.p = min(c.seq, at.seq), at.p
	}
	c.known, c.pending = true, nil
}

// lost reports whether something is missing that the node was told of.
func (c *conversation) lost(at place) bool {
	return c.known && (c.mark != "" && at.mark != c.mark || at.p < c.p || at.seq < c.seq)
}

func (c *conversation) resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused = false
	c.sync()
}

func (c *conversation) sync() {
	c.open = false
	switch {
	case c.paused:
	case c.syncing:
		c.again = true
	default:
		c.syncing, c.again = true, false
		c.ask()
	}
}

func (c *conversation) ask() {
	after := any("-")
	if c.known {
		after = c.seq
	}
	c.store.do(c.key, c.synced, syncScript, after, syncLimit, flag(chat.IsGroup(c.name)))
}

func (c *conversation) synced(r resp.Reply, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		err = c.catchUp(r)
	}
	if err != nil {
		c.syncing = false
		c.store.failed(err)
		c.store.syncLater(c)
	}
}

// catchUp takes the reply to syncScript.
func (c *conversation) catchUp(r resp.Reply) error {
	if c.paused {
		c.syncing = false
		return nil
	}
	if c.again { // this may be from before what it is to be asked again for
		c.again = false
		c.ask()
		return nil
	}
	at, list, err := parsePlace(r)
	if err != nil {
		return err
	}
	if c.lost(at) && c.store.concerns(c) {
		c.syncing = false
		c.store.lost()
		return nil
	}
	messages, err := streamMessages(c.name, list)
	if err != nil {
		return err
	}
	c.mark = at.mark
	for _, m := range messages {
		if m.Seq > c.seq {
			c.seq, c.spoken = m.Seq, m.Time
			c.store.node.Deliver(m, nil)
		}
	}
	if len(messages) == syncLimit {
		c.ask()
		return nil
	}
	c.seq, c.p, c.known, c.open, c.syncing = at.seq, at.p, true, true, false
	select {
	case <-c.opened:
	default:
		close(c.opened)
	}
	c.advance()
	return nil
}
