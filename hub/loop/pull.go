package loop

import "slices"

// fillTurn is how many bytes of a source are sent before others have their turn.
const fillTurn = 256 << 10

// Pull sends what next returns, item after item until nil, as fast as the
// client reads, behind what is queued already. It does not count against the
// queue's bound. Until the end of it nothing more is read from the client. What
// others send meanwhile does not wait for the end of a long pull, but comes
// between two of its items: so next itself has to bring what must come behind.
// next runs on the connection's loop; it is not called again after nil, nor
// when the connection is closing. Only from inside Handler.Message or Open. From Open, it
// begins when Open returns, and goes out with the response to the handshake.
func (c *Conn) Pull(next func() Item) {
	if c.loop.opening != c {
		c.PullLater()(next)
		return
	}
	w := c.waiting()
	w.sources = append(w.sources, next)
}

// PullLater is Pull for an answer that takes its time: nothing is read from the
// client from now on, until begin has been called and what it is given has come to
// its end. begin must be called once, on whatever goroutine, and again each time that the
// source has returned Later; it does not block. Only from inside Handler.Message or Open, and
// not while another one is due.
func (c *Conn) PullLater() (begin func(next func() Item)) {
	if c.state == open {
		w := c.waiting()
		w.sources = append(w.sources, nil) // reading stops here and now
	}
	return func(next func() Item) {
		c.loop.mail.post(command{kind: cmdInTurn, conn: c, call: func() { c.startPull(next) }})
	}
}

// Supply is Pull for what did not hold up the client while it was made. It is safe for
// concurrent use.
func (c *Conn) Supply(next func() Item) {
	c.loop.mail.post(command{kind: cmdInTurn, conn: c, call: func() {
		if c.state != open {
			return
		}
		w := c.waiting()
		w.sources = append(w.sources, next)
		c.resupplied()
	}})
}

// Later is what a source that PullLater was given returns while it does not have its next
// item yet: another source follows, by begin.
var Later Item = later{}

type later struct{}

func (later) AppendFrame(dst []byte, _ Handler) []byte { return dst }
func (later) Size() int                                { return 0 }

// startPull follows Pull when the commands posted before it are carried out.
func (c *Conn) startPull(next func() Item) {
	if c.state != open {
		return
	}
	sources := c.out.sources
	for i := range sources {
		if sources[i] == nil {
			sources[i] = next
			break
		}
	}
	c.resupplied()
}

// resupplied sends what the sources have, ahead of what is sent to c by the next command.
func (c *Conn) resupplied() {
	c.fill()
	c.reckon()
	c.loop.touch(c)
}

// fill asks sources for more while the client reads, and memory is not short: only what goes
// out with the response to the handshake comes first in any case.
func (c *Conn) fill() {
	filled := 0
	for c.state == open && c.out != nil && len(c.out.sources) > 0 && c.out.sources[0] != nil {
		w := c.out
		if w.size() >= c.loop.loops.high() {
			return // the poller tells when there is room
		}
		if filled >= fillTurn || c.loop.loops.budget.short.Load() && !(filled == 0 && w.lead > w.off) {
			c.loop.touch(c)
			return
		}
		item := w.sources[0]()
		if item == Later {
			w.sources[0] = nil
			c.flush()
			return
		}
		if item == nil {
			w.sources = slices.Delete(w.sources, 0, 1)
			c.flush()
			continue
		}
		n := w.append(item, false, c.handler)
		w.exempt += n
		filled += n
		if w.size() >= c.loop.loops.high() {
			c.flush()
		}
	}
}
