package loop

import (
	"errors"
	"math"
	"slices"
	"time"

	"wschat/frame"
)

// closeTimeout is how long the end of a connection may take, from the first
// close frame on: for what is queued to be written, for the peer's answer, and
// for what the peer has still sent to be drained.
const closeTimeout = 5 * time.Second

// drainLinger is how long it may take the peer to end TCP behind a finished closing
// handshake while the server drains.
const drainLinger = time.Second

// endings are connections on their way out, each with the tick at which its time is
// over, in the order of these ticks.
type endings []ending

type ending struct {
	conn *Conn
	due  uint32
}

// add appends one whose time is over no earlier than that of those before.
func (e *endings) add(c *Conn, due uint32) { *e = append(*e, ending{c, due}) }

// expire takes out those whose time is over, and calls end for each.
func (e *endings) expire(now uint32, end func(*Conn)) {
	n := 0
	for n < len(*e) && int32(now-(*e)[n].due) >= 0 {
		end((*e)[n].conn)
		n++
	}
	if n > 0 {
		*e = slices.Delete(*e, 0, n)
	}
}

// expire looks after the connections whose time is over.
func (l *Loop) expire() {
	l.answersDue.expire(l.ticks, (*Conn).closeNow)
	l.closeDue.expire(l.ticks, (*Conn).giveUp)
	l.lingerDue.expire(l.ticks, (*Conn).giveUp)
}

// giveUp ends a connection whose time is over. Who reads on gets what has been written.
func (c *Conn) giveUp() {
	if c.state != gone && c.stream() == nil {
		sysForget(int(c.fd))
	}
	c.vanished()
}

// ticksOf is how many ticks take the time d at least: the next tick may come at once.
func (ls *Loops) ticksOf(d time.Duration) uint32 {
	period := ls.tickPeriod()
	n := (d + period - 1) / period
	return uint32(min(n, math.MaxInt32/2)) + 1
}

// closeWith sends a close frame behind what is queued and waits for the answer.
func (c *Conn) closeWith(code frame.CloseCode, reason string) {
	if c.state == open && (!c.isParting() || code == frame.TooSlow) {
		c.closeOnceAnswered(parting{code, reason, closing})
	}
}

// tooSlow ends a connection whose reader lets too much wait. What it has not
// begun to read is dropped, so that the close frame comes as soon as possible.
func (c *Conn) tooSlow() {
	c.out.drop()
	c.sendClose(frame.TooSlow, "too slow a reader")
	c.startClosing(closing, frame.TooSlow)
}

// refuse answers what the protocol forbids (RFC 6455 §7.1.7): one close frame with
// the error's code. b is what has been read and has the error somewhere in it.
func (c *Conn) refuse(err error, b []byte) {
	code, why := frame.InternalError, "internal error"
	if e := (*frame.Error)(nil); errors.As(err, &e) {
		code, why = e.Code, e.Reason
		c.loop.stats.Malformed[e.Kind]++
	}
	if c.state == closing { // our close frame is out already
		c.linger()
		return
	}
	next := lingering
	if code == frame.MessageTooBig { // it has kept to the protocol, and answers
		next = failing
		c.seekAnswer(b)
	}
	c.closeOnceAnswered(parting{code, why, next})
}

// peerClosed handles a close frame: it is answered with the same code (RFC 6455
// §5.5.1), or is itself the answer to ours.
func (c *Conn) peerClosed(payload []byte) {
	c.closeCame = true
	if c.state == closing {
		c.linger()
		return
	}
	code, _, _ := frame.ParseClose(payload) // the decoder has checked it
	answer := payload[:min(len(payload), 2)]
	w := c.waiting()
	w.sources = nil
	w.buf = frame.AppendFrame(w.buf, frame.Close, answer)
	c.startClosing(lingering, code)
}

func (c *Conn) sendClose(code frame.CloseCode, reason string) {
	w := c.waiting()
	w.sources, w.parting = nil, nil
	w.buf = frame.AppendFrame(w.buf, frame.Close, frame.AppendClose(nil, code, reason))
}

// startClosing takes an open connection to the state next, and bounds the time that is
// left for it.
func (c *Conn) startClosing(next state, code frame.CloseCode) {
	c.state = next
	if c.out != nil {
		c.out.postponed = nil
	}
	l := c.loop
	l.closeDue.add(c, l.ticks+l.loops.ticksOf(closeTimeout))
	l.touch(c)
	if next == lingering && c.out != nil && len(c.out.receipts) > 0 {
		c.out.closed = code // what is being written to it is no longer unwritten once it has left
		return
	}
	c.reportClosed(code)
}

// reportClosed tells the handler that the connection has ended, and takes it out of all
// lists, when no walk over one of them is under way.
func (c *Conn) reportClosed(code frame.CloseCode) {
	c.loop.stats.closed(code)
	c.handler.Closed(c, code)
	if w := &c.loop.walk; w.active() {
		w.gone = append(w.gone, c)
	} else {
		c.leaveLists() // nor does it join any more
	}
}

// linger follows when nothing more is to be sent: the server ends TCP first
// (RFC 6455 §7.1.1), and reads until the peer does too. A socket that is closed
// with bytes unread would be reset, and the close frame lost with it.
func (c *Conn) linger() {
	c.state = lingering
	if c.out == nil || c.out.size() == 0 {
		c.closeWrite()
	}
}

// peerEnded follows when the peer has ended its side. Its other side may still
// be read from: what waits is written first, the close frame in it, too.
func (c *Conn) peerEnded() {
	if c.written() {
		c.vanished()
		return
	}
	c.finished = true
	if c.state == open {
		c.startClosing(lingering, frame.AbnormalClosure)
	}
	c.state = lingering
	c.loop.touch(c)
}

// vanished ends a connection whose socket has ended or failed.
func (c *Conn) vanished() { c.end(frame.AbnormalClosure) }

// end closes the socket. A connection that was open until now vanished, or
// failed, with the given code.
func (c *Conn) end(code frame.CloseCode) {
	if c.state == gone {
		return
	}
	c.acknowledge() // what a stream has written since
	was := c.state
	c.state = gone
	l := c.loop
	c.closeSocket()
	c.uncount()
	if w := c.out; w != nil {
		if w.closed != 0 {
			was, code = open, w.closed
		}
		w.dropTails(0, len(w.tails))
		c.out = nil
		if w.turn != "" { // which the answer ends
			c.out = &outbox{turn: w.turn, unanswered: w.unanswered}
		}
	}
	l.vacate(c)
	if was == open {
		c.reportClosed(code)
	}
	if s := c.shake(); s != nil {
		s.server.admission.leave(&s.guest)
	}
	if c.shake() == nil || c.from != nil {
		l.loops.conns.Add(-1)
	}
	c.bequeath()
	if c.from != nil {
		c.from.leave()
	}
}

// drain hurries those on their way out, and returns the others.
func (l *Loop) drain() []*Conn {
	if !l.draining {
		l.draining = true
		for _, c := range l.conns {
			if c != nil && c.state == lingering && (c.out == nil || c.out.size() == 0) { // past closeWrite
				l.lingerDue.add(c, l.ticks+l.loops.ticksOf(drainLinger))
			}
		}
	}
	return l.openConns()
}

// openConns lists the connections that are open, and not about to be closed.
func (l *Loop) openConns() []*Conn {
	var conns []*Conn
	for _, c := range l.conns {
		if c != nil && c.state == open && !c.isParting() {
			conns = append(conns, c)
		}
	}
	return conns
}

// cut ends a connection because the loop does.
func (c *Conn) cut() {
	if c.state == open {
		code, reason := frame.GoingAway, shutdownReason
		if c.isParting() {
			code, reason = c.out.parting.code, c.out.parting.reason
		}
		c.sendClose(code, reason)
		c.flush()
		c.writeLast()
	}
	c.end(frame.GoingAway)
}
