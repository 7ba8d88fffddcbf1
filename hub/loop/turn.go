package loop

import (
	"bytes"
	"time"
)

// Bytes that have been read and not handled yet are handled in turns: because the client
// had to wait, or because they are compressed, and a few of them can take as long as very
// many others. Each connection handles one message that makes it wait again, or one piece;
// then it goes behind the others. After turnTime the loop first does what is new.
//
// Clients that are ahead of their allowance have turns of their own, behind all others: so
// who says little waits for some milliseconds at most, however many use all that they may.

const (
	// turnTime is how long a turn of the loop goes on with what was put off.
	turnTime = time.Millisecond
	// inflateAtOnce is how many compressed bytes are inflated before others have their
	// turn. If 1,032 come out of each, a message is whole by then, or longer than the usual
	// MaxMessage: otherwise each of many clients could have us hold a part of one. That
	// takes some 2 ms.
	inflateAtOnce = 1200
	// readCompressed is how many compressed bytes are read at a time. Over TLS it is a
	// record at least, since what is left of one would be in no socket.
	readCompressed = 8 << 10
)

// receive handles what has been read, or puts it off.
func (c *Conn) receive(b []byte) {
	if c.windowBits == 0 && !c.isHeavy() {
		b = c.feed(b)
	}
	c.keep(bytes.Clone(b))
}

// hasUnread reports whether something has been read and not handled yet.
func (c *Conn) hasUnread() bool { return c.state <= closing && c.out != nil && len(c.out.unread) > 0 }

// deferUnread has c go on in its turn, if it has something to go on with and may.
func (c *Conn) deferUnread() {
	if c.deferred || !c.hasUnread() || c.state == open && c.held() {
		return
	}
	c.deferred = true
	if c.isHeavy() {
		c.loop.heavy = append(c.loop.heavy, c)
	} else {
		c.loop.deferred = append(c.loop.deferred, c)
	}
}

// mustYield reports whether a client has had its turn, with a message left.
func (c *Conn) mustYield() bool {
	if ends := c.loop.turnEnds; ends > 0 {
		return c.metered && c.loop.clock.exact() >= ends
	}
	return c.isHeavy()
}

// goOn handles what was put off.
func (l *Loop) goOn() {
	l.turn(&l.deferred)
	l.turn(&l.heavy)
}

// turn does that for each connection of a list once at most, for turnTime, and not during a
// congestion.
func (l *Loop) turn(list *[]*Conn) {
	if len(*list) == 0 || l.congested() {
		return
	}
	l.turnEnds = l.clock.exact() + int64(turnTime)
	n := 0
	for last := len(*list); n < last; n++ {
		c := (*list)[n]
		c.deferred = false
		c.goOn()
		if l.clock.exact() >= l.turnEnds || l.congested() {
			n++
			break
		}
	}
	l.turnEnds = 0
	rest := copy(*list, (*list)[n:])
	clear((*list)[rest:])
	*list = (*list)[:rest]
}

// goOn handles some of what was put off.
func (c *Conn) goOn() {
	if !c.hasUnread() {
		return
	}
	b := c.out.unread
	c.out.unread = nil
	n := len(b)
	if c.windowBits > 0 {
		n = min(n, inflateAtOnce)
	}
	n -= len(c.feed(b[:n:n]))
	switch {
	case c.state <= closing:
		c.keep(b[n:])
	case c.state == failing:
		c.seekAnswer(b[n:])
	}
	if c.state != gone {
		c.settle()
	}
}
