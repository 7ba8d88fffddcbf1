package loop

import "wschat/frame"

// When the server ends a connection, for whatever reason, the client first gets the
// answers to the messages that were accepted from it. A message is accepted when it has
// been handed to the Handler: it is carried out, and the answer to a request is promised
// (Conn.Promise) or is being pulled (Conn.Pull). Bytes that have been read but not handed
// over, because a message is not whole yet or the client is ahead of its rate, and those
// in the kernel's buffer, are not accepted: they are dropped without an answer.
//
// From the call of Close on, nothing more is accepted. The close frame follows the
// last answer, or goes out after answerTimeout. It waits for no answer if the client is
// too slow a reader.

// answerTimeout is how long the answers may take. It is long enough for the error of a
// store that is out of reach.
const answerTimeout = closeTimeout

// parting is what a connection is to be closed with, and the state that follows.
type parting struct {
	code   frame.CloseCode
	reason string
	next   state
}

// isParting reports whether the close frame waits for answers.
func (c *Conn) isParting() bool { return c.out != nil && c.out.parting != nil }

// owes reports whether answers are still to come.
func (c *Conn) owes() bool { return c.promised > 0 || c.out != nil && len(c.out.sources) > 0 }

// answered notes that a promised answer is here.
func (c *Conn) answered() {
	c.promised--
	if w := c.out; w != nil && w.turn != "" && c.promised == 0 {
		c.endTurn()
	}
	if c.isParting() {
		c.loop.touch(c)
	}
}

// closeOnceAnswered closes an open connection as p says, after the answers that it owes.
func (c *Conn) closeOnceAnswered(p parting) {
	w := c.waiting()
	w.parting, w.postponed = &p, nil
	if p.code == frame.TooSlow || !c.owes() {
		c.closeNow()
		return
	}
	l := c.loop
	l.answersDue.add(c, l.ticks+l.loops.ticksOf(answerTimeout))
	l.touch(c)
}

// closeIfAnswered sends the close frame if no answer is owed any more.
func (c *Conn) closeIfAnswered() {
	if !c.owes() {
		c.closeNow()
	}
}

// closeNow sends the close frame that has waited, if that has not been done.
func (c *Conn) closeNow() {
	if c.state == open && c.isParting() {
		p := *c.out.parting
		c.sendClose(p.code, p.reason)
		c.startClosing(p.next, p.code)
		if c.state == failing { // the client may have sent its close frame before ours
			c.seekAnswer(nil)
		}
	}
}
