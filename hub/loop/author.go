package loop

import (
	"bytes"
	"slices"
	"sync"
	"time"

	"wschat/frame"
)

// A user's long messages go out one after the other, over however many connections they
// come. The next one waits until all recipients have taken the one before, or else a user
// who sends faster than others read would have them closed as too slow. It waits in the
// memory of its connection, which is not read from meanwhile. A reader that takes nothing
// does not hold an author up for longer than the message takes at heldRate.

// heldRate is how many bytes a second authors may send at least, whoever reads.
const heldRate = 256 << 10

// authors are the users whose long messages are under way. Safe for concurrent use.
type authors struct {
	mu     sync.Mutex
	byName map[string]*author
}

// author is one of them. Guarded by authors.mu.
type author struct {
	unanswered int                // messages that a handler has taken
	pending    []*Pending         // messages that others have yet to take
	next       map[*Conn]struct{} // have a message that waits; looked after soon in any case
}

// InTurn reports whether a message of so many bytes may be carried out now. A long one may
// not while an earlier one of the same author is under way: Message must return, and is
// called with it again. Only from inside Handler.Message, which must promise an answer.
func (c *Conn) InTurn(author string, size int) bool {
	if size < largeMessage {
		return true
	}
	w := c.waiting()
	if c.loop.loops.authors.begin(author, c) {
		w.turn = author
		return true
	}
	w.early = true
	c.slow()
	return false
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

// retry hands the message that waits for its turn to the handler again.
func (c *Conn) retry() {
	if c.state == open && c.isPostponed() {
		m := *c.out.postponed
		c.out.postponed = nil
		c.tell(m)
	}
}

// endTurn follows when a long message is answered.
func (c *Conn) endTurn() {
	c.loop.loops.authors.answered(c.out.turn)
	c.out.turn = ""
	c.loop.touch(c)
}

// begin reports whether it is a long message's turn. If not, c is told when it is.
func (as *authors) begin(name string, c *Conn) bool {
	as.mu.Lock()
	defer as.mu.Unlock()
	a := as.get(name)
	a.pending = slices.DeleteFunc(a.pending, (*Pending).isOverdue)
	if a.unanswered > 0 || len(a.pending) > 0 {
		if a.next == nil {
			a.next = make(map[*Conn]struct{})
		}
		a.next[c] = struct{}{}
		return false
	}
	a.unanswered++
	return true
}

// isOverdue reports whether the author need not wait any longer.
func (p *Pending) isOverdue() bool {
	return time.Since(p.began) >= time.Duration(p.size.Load())*time.Second/heldRate
}

// answered says that a message that has begun has been delivered, or refused.
func (as *authors) answered(name string) {
	as.mu.Lock()
	defer as.mu.Unlock()
	a := as.get(name)
	a.unanswered--
	as.rest(name, a)
}

// pend has an author wait for the recipients of a message.
func (as *authors) pend(p *Pending) {
	as.mu.Lock()
	defer as.mu.Unlock()
	a := as.get(p.author)
	a.pending = append(a.pending, p)
}

// taken follows when all have taken a message.
func (as *authors) taken(p *Pending) {
	as.mu.Lock()
	defer as.mu.Unlock()
	a := as.get(p.author)
	if i := slices.Index(a.pending, p); i >= 0 {
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

// rest forgets an author of whom nothing is under way, and tells one who waits.
func (as *authors) rest(name string, a *author) {
	if a.unanswered > 0 || len(a.pending) > 0 {
		return
	}
	delete(as.byName, name)
	for c := range a.next {
		c.loop.mail.call(func() { c.loop.touch(c) })
		return
	}
}
