package loop

import (
	"bytes"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"wschat/frame"
)

// An author who sends faster than others read would have them closed as too slow. So all that
// an author says, over however many connections, has bounds together:
//
//   - A long message goes out when all recipients have taken the one before. A reader that takes
//     nothing does not hold it up for longer than the message takes at heldRate.
//   - Short ones, from shortMessage bytes on, are mostUnanswered at a time until they are
//     answered, and wait in the outboxes of readers or have been taken.
//   - Once a reader is behind, the author may send heldRate, however short the messages are,
//     until no reader is: as much as one connection may by default.
//
// What has to wait is kept by its connection, which is not read from meanwhile. Short messages of
// connections that are not metered do not wait.

const (
	// heldRate is how many bytes a second authors may send at least, whoever reads.
	heldRate = 256 << 10
	// heldFor is how long an author is held after one of the readers was last behind.
	heldFor = time.Second
	// mostUnanswered is how many bytes of short messages of one author are under way.
	mostUnanswered = 64 << 10
	// shortMessage is below how many bytes a message is not counted as under way: a
	// connection's rate allows for few of these.
	shortMessage = 256
)

// authors are the users whose messages are under way. Safe for concurrent use.
type authors struct {
	mu     sync.Mutex
	byName map[string]*author
	held   atomic.Int32 // how many are
}

// author is one of them. Guarded by authors.mu.
type author struct {
	unanswered int        // bytes of messages that a handler has taken
	underWay   int        // bytes of short messages that have yet to get to outboxes
	pending    []*Pending // long messages that others have yet to take
	next       []*Conn    // have a message that waits, the longest first; some may have ended

	until time.Time // the author is held so long; zero: is not held
	due   time.Time // when what was said since is paid for at heldRate
}

// InTurn reports whether a message of some size may be carried out now. If not, Message
// must return, and is called with it again. Only from inside Handler.Message, which must promise
// an answer.
func (c *Conn) InTurn(author string, size int) bool {
	as := &c.loop.loops.authors
	if size < largeMessage && (!c.metered || size < shortMessage && as.held.Load() == 0) {
		return true
	}
	w := c.waiting()
	if as.begin(author, size, c) {
		if size >= shortMessage {
			w.turn = author
			w.unanswered += size
		}
		return true
	}
	w.early, w.asked = true, message{author, size}
	c.slow()
	return false
}

// message is one as InTurn is asked about it.
type message struct {
	author string
	size   int
}

// tell hands a message to the handler, which may have it wait for its turn.
func (c *Conn) tell(m frame.Message) {
	c.handler.Message(c, m.Opcode, m.Payload)
	if w := c.out; w != nil && w.early {
		w.early = false
		w.postponed = &m
	}
}

// postpone makes a message that waits for its turn the connection's own.
func (c *Conn) postpone() {
	if w := c.out; w != nil && w.postponed != nil {
		w.postponed.Payload = bytes.Clone(w.postponed.Payload)
	}
}

// isPostponed reports whether a message waits for its turn.
func (c *Conn) isPostponed() bool { return c.out != nil && c.out.postponed != nil }

// retry hands the message that waits to the handler again if it is its turn: what the handler
// does to find out about it may take its time.
func (c *Conn) retry() {
	if c.state != open || !c.isPostponed() {
		return
	}
	if c.loop.loops.authors.mustWait(c.out.asked, c) {
		c.slow()
		return
	}
	m := *c.out.postponed
	c.out.postponed = nil
	c.tell(m)
}

// takeTurn has the message that waits carried out, or passes the turn on if it does not wait
// any more.
func (c *Conn) takeTurn(author string) {
	c.retry()
	c.loop.touch(c)
	if c.state == open && c.isPostponed() {
		return
	}
	as := &c.loop.loops.authors
	as.mu.Lock()
	defer as.mu.Unlock()
	a := as.get(author)
	a.leave(c)
	as.rest(author, a)
}

// endTurn follows when all that was said is answered.
func (c *Conn) endTurn() {
	c.loop.loops.authors.answered(c.out.turn, c.out.unanswered)
	c.out.turn, c.out.unanswered = "", 0
	c.loop.touch(c)
}

// begin reports whether a message may be carried out. If not, c is told when it is its turn.
func (as *authors) begin(name string, size int, c *Conn) bool {
	as.mu.Lock()
	defer as.mu.Unlock()
	a := as.get(name)
	if a.mustWait(size, c.metered) {
		if !slices.Contains(a.next, c) {
			a.next = append(a.next, c)
		}
		return false
	}
	a.leave(c)
	if size >= shortMessage {
		a.unanswered += size
	}
	if now := time.Now(); now.Before(a.until) {
		if a.due.Before(now) {
			a.due = now
		}
		a.due = a.due.Add(atHeldRate(size))
	}
	as.rest(name, a)
	return true
}

// mustWait reports whether it is not the turn of a message of c.
func (as *authors) mustWait(m message, c *Conn) bool {
	as.mu.Lock()
	defer as.mu.Unlock()
	a := as.byName[m.author]
	return a != nil && a.mustWait(m.size, c.metered)
}

// mustWait reports that, with the lock held.
func (a *author) mustWait(size int, metered bool) bool {
	if metered && time.Now().Before(a.until) && time.Until(a.due) > atHeldRate(mostUnanswered) {
		return true
	}
	if size < largeMessage {
		busy := max(a.unanswered, a.underWay)
		return size >= shortMessage && busy > 0 && busy+size > mostUnanswered
	}
	a.pending = slices.DeleteFunc(a.pending, (*Pending).isOverdue)
	return a.unanswered > 0 || len(a.pending) > 0
}

// atHeldRate is how long size bytes take.
func atHeldRate(size int) time.Duration { return time.Duration(size) * time.Second / heldRate }

// hold follows when a reader is behind with what an author has said.
func (as *authors) hold(name string) {
	as.mu.Lock()
	defer as.mu.Unlock()
	a := as.get(name)
	if a.until.IsZero() {
		as.held.Add(1)
	}
	a.until = time.Now().Add(heldFor)
}

// release lets go of the authors that are not held any more. It is called with every tick.
func (as *authors) release() {
	if as.held.Load() == 0 {
		return
	}
	as.mu.Lock()
	defer as.mu.Unlock()
	for name, a := range as.byName {
		if !a.until.IsZero() && !time.Now().Before(a.until) {
			a.until = time.Time{}
			as.held.Add(-1)
			as.rest(name, a)
		}
	}
}

// isOverdue reports whether the author need not wait any longer.
func (p *Pending) isOverdue() bool {
	return time.Since(p.began) >= atHeldRate(int(p.size.Load()))
}

// answered says that size bytes that have begun have been delivered, or refused.
func (as *authors) answered(name string, size int) {
	as.mu.Lock()
	defer as.mu.Unlock()
	a := as.get(name)
	a.unanswered -= size
	as.rest(name, a)
}

// pend has an author wait for a message to get to the loops, or its recipients.
func (as *authors) pend(p *Pending) {
	as.mu.Lock()
	defer as.mu.Unlock()
	a := as.get(p.author)
	if p.long {
		a.pending = append(a.pending, p)
	} else {
		a.underWay += int(p.size.Load())
	}
}

// taken follows when all have taken a message.
func (as *authors) taken(p *Pending) {
	as.mu.Lock()
	defer as.mu.Unlock()
	a := as.get(p.author)
	if !p.long {
		a.underWay -= int(p.size.Load())
	} else if i := slices.Index(a.pending, p); i >= 0 {
		a.pending = slices.Delete(a.pending, i, i+1)
	}
	as.rest(p.author, a)
}

// The lock is held in the functions below.

func (as *authors) get(name string) *author {
	a := as.byName[name]
	if a == nil {
		if as.byName == nil {
			as.byName = make(map[string]*author)
		}
		a = new(author)
		as.byName[name] = a
	}
	return a
}

// rest follows when less is under way. If nothing is, it is the turn of the connection that
// has waited longest, or the author is forgotten.
func (as *authors) rest(name string, a *author) {
	switch {
	case a.unanswered > 0 || a.underWay > 0 || len(a.pending) > 0:
	case len(a.next) > 0:
		c := a.next[0]
		c.loop.mail.call(func() { c.takeTurn(name) })
	case a.until.IsZero():
		delete(as.byName, name)
	}
}

func (a *author) leave(c *Conn) {
	if i := slices.Index(a.next, c); i >= 0 {
		a.next = slices.Delete(a.next, i, i+1)
	}
}
