package redis

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"wschat/hub/chat"
)

// conversation is what this node follows of one. The channel alone tells what happens, in
// order. After a gap, and at the beginning, the node asks how things stand: it tells the
// messages that it has not told yet, and then who has come or gone.
type conversation struct {
	store *Store
	name  string
	key   string

	refs int       // users here who take part; guarded by Store.mu, with the next
	idle time.Time // since when there is none

	mu      sync.Mutex // held while the node is told
	seq     uint64     // of the last message that the node was told of
	run     run        // which that message ends
	spoken  time.Time  // when that was sent; zero: before this node followed the conversation
	empty   bool       // nothing of what was said is kept
	topic   string     // of a group: who set it, a blank, and the text; "": it never had one
	topical bool       // topic is known
	known   bool       // seq is
	from    time.Time  // while it is not: messages since then are told; zero: none
	mark    string     // that Redis has on it: with another one the data were lost
	members map[string]uint64
	roster  []string // of {c:all}: the names of members, sorted
	changes uint64   // of the roster
	open    bool     // the channel brings what comes behind that
	syncing bool
	again   bool
	paused  bool    // see pause
	pending []entry // what the channel has brought since Redis was asked
	bytes   int     // of the messages in it
	missed  bool    // it has brought more than that
	acks    []ack   // in the order of seq
	waiters []*waiter
	opened  chan struct{} // closed when it is open for the first time
	ended   bool          // it is not followed any more
}

// ack waits until the node has been told of a message.
type ack struct {
	seq   uint64
	since time.Time
	then  func()
}

// waiter waits for something else.
type waiter struct {
	holds func() bool // with the lock held
	then  func()      // likewise
	done  chan struct{}
}

const (
	// maxEntries and maxBytes bound what is pending.
	maxEntries = 4096
	maxBytes   = 1 << 20
	// longWait is how long an answer waits for the channel at most.
	longWait = time.Second
)

// tracks reports whether the node is told who is in the conversation.
func (c *conversation) tracks() bool {
	return chat.IsGroup(c.name) || c.name == chat.Everyone && c.store.config.Presence == chat.ToAll
}

// heard takes what the channel brings.
func (c *conversation) heard(e entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case e.kind == 'y':
		c.store.node.Typing(e.user, c.name)
	case !c.open:
		c.keep(e)
	case e.kind == 'm' && e.m.Seq > c.seq+1: // the slot moves: some were published elsewhere
		c.sync()
	default:
		c.tell(e)
		c.answer()
	}
}

// keep has e wait until Redis has answered. If that is too much, Redis is asked once more.
// The lock is held, here and below.
func (c *conversation) keep(e entry) {
	if e.kind == 'm' {
		c.bytes += len(e.m.Body)
	}
	if len(c.pending) >= maxEntries || c.bytes > maxBytes {
		c.pending, c.bytes, c.missed = nil, 0, true
		return
	}
	c.pending = append(c.pending, e)
}

// tell tells the node of e.
func (c *conversation) tell(e entry) {
	switch e.kind {
	case 'm':
		if e.m.Seq > c.seq {
			c.run = c.run.with(e.m, c.seq)
			c.seq, c.spoken, c.empty = e.m.Seq, e.m.Time, false
			c.store.readOwn(c.name, c.run, c.seq)
			c.store.node.Deliver(asItCame(e.m), nil)
		}
	case 'e':
		c.empty = true
	case 't':
		c.retopic(e.user + " " + e.text)
	case 'j', 'l':
		c.change(e.user, e.number, e.kind == 'j')
	case '+', '-':
		if _, is := c.members[e.user]; is || c.name == chat.Everyone {
			c.change(e.user, e.number, e.kind == '+' || c.name != chat.Everyone)
		}
	}
}

// asItCame returns m, which may have been read after a gap, without what amendments have made of
// it: they are told behind it. A text that was edited or deleted is nowhere any more.
func asItCame(m *chat.Message) *chat.Message {
	if m.Now == nil || m.Now.Deleted {
		return m
	}
	live := *m
	live.Now = nil
	return &live
}

// change notes who is in the conversation, with the number of the last login or exit, or
// is not. The node is told of it if that is news to it.
func (c *conversation) change(user string, number uint64, here bool) {
	if !c.tracks() {
		return
	}
	old, was := c.members[user]
	if here {
		c.members[user] = number
	} else {
		delete(c.members, user)
	}
	node := c.store.node
	switch {
	case c.name == chat.Everyone && here != was:
		c.changes++
		if i, _ := slices.BinarySearch(c.roster, user); here {
			c.roster = slices.Insert(c.roster, i, user)
		} else {
			c.roster = slices.Delete(c.roster, i, i+1)
		}
		node.Presence(user, c.name, c.changes, here)
	case c.name == chat.Everyone:
	case here != was:
		c.store.takesPart(user, c.name, here)
		node.Member(user, c.name, here)
	case number%2 != old%2 && c.store.config.Presence == chat.ToGroup:
		node.Presence(user, c.name, number, number%2 == 1)
	}
}

// reconcile tells the node of the difference between who it was told is in the conversation
// and who is. At first that is nothing, but where users are connected here. That one of these
// is offline, as others say who took this node for dead, is not told.
func (c *conversation) reconcile(members map[string]uint64) {
	if !c.tracks() {
		return
	}
	if c.members == nil {
		c.members = members
		if c.name == chat.Everyone {
			c.roster = slices.Sorted(maps.Keys(members))
			return
		}
		for _, user := range c.store.takers(c) {
			c.store.node.Member(user, c.name, true)
		}
		return
	}
	for user := range c.members {
		if _, is := members[user]; !is && (c.name != chat.Everyone || !c.store.isHere(user)) {
			c.change(user, 0, false)
		}
	}
	for user, number := range members {
		if number%2 == 0 && c.store.isHere(user) { // Redis is told soon
			number++
		}
		c.change(user, number, true)
	}
}

// acknowledge calls then when the node has been told of a message.
func (c *conversation) acknowledge(seq uint64, then func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seq >= seq || c.ended {
		then()
		return
	}
	c.acks = append(c.acks, ack{seq, time.Now(), then})
	c.store.waits.Add(1)
}

// end ends the following, unless something is under way. It may be called with any lock held.
func (c *conversation) end() bool {
	if !c.mu.TryLock() {
		return false
	}
	defer c.mu.Unlock()
	c.ended = len(c.acks) == 0 && len(c.waiters) == 0
	return c.ended
}

// until waits until something holds of what the node was told, and calls then.
func (c *conversation) until(ctx context.Context, holds func() bool, then func()) error {
	w := &waiter{holds, then, make(chan struct{})}
	c.mu.Lock()
	c.waiters = append(c.waiters, w)
	c.answer()
	c.mu.Unlock()
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.waiters, w); i >= 0 {
		c.waiters = slices.Delete(c.waiters, i, i+1)
		return chat.ErrUnavailable
	}
	return nil
}

// answer calls those who have waited for what holds now.
func (c *conversation) answer() {
	for len(c.acks) > 0 && (c.acks[0].seq <= c.seq || c.paused) {
		c.acks[0].then()
		c.acks = c.acks[1:]
		c.store.waits.Add(-1)
	}
	if len(c.waiters) == 0 {
		return
	}
	c.waiters = slices.DeleteFunc(c.waiters, func(w *waiter) bool {
		if !c.open || !w.holds() {
			return false
		}
		w.then()
		close(w.done)
		return true
	})
}

// answerLate asks for what the channel should have brought long ago. What was done is done,
// and is answered.
func (c *conversation) answerLate(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	late := false
	for len(c.acks) > 0 && now.Sub(c.acks[0].since) > longWait {
		c.acks[0].then()
		c.acks, late = c.acks[1:], true
		c.store.waits.Add(-1)
	}
	if late {
		c.sync()
	}
}

// has reports whether the node was told that a user is in the conversation.
func (c *conversation) has(user string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, is := c.members[user]
	return is
}
