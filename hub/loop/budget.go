package loop

import (
	"cmp"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync/atomic"

	"wschat/frame"
)

// The memory that connections hold has one bound for all of them, Config.Memory. A
// connection holds what has come of a message that is not whole, and what waits for its
// reader. Each loop adds up what its connections hold; a connection is looked at when it
// comes to rest, and not while a message is delivered. Beyond the bound nothing is read
// from anybody for a moment, until the connections that hold most have been closed.

const (
	// countFrom is from how many bytes on it counts what a connection holds.
	countFrom = 1 << 10
	// tellFrom is from how many bytes more on a loop does not wait for the end of its turn
	// to tell the others.
	tellFrom = 256 << 10
	// maxEvicted bounds how many connections of a loop are closed before it is looked
	// at again who holds most.
	maxEvicted = 64
)

// budget is what the loops have of it in common.
type budget struct {
	most  atomic.Int64 // Config.Memory, as of the last tick
	short atomic.Bool  // more is held
	wake  chan struct{}
}

// startBudget begins to keep it.
func (ls *Loops) startBudget() {
	ls.maxBacklog, ls.maxSpare = maxBacklog, maxSpare
	if ls.config.Memory == nil {
		return
	}
	most := ls.config.Memory()
	ls.budget.wake = make(chan struct{}, 1)
	ls.budget.most.Store(most)
	ls.maxBacklog = min(maxBacklog, most/8)
	ls.maxSpare = min(maxSpare, int(most/64/maxSpareBytes))
	ls.running.Go(ls.keepBudget)
}

// holds returns how many bytes of memory a connection has taken.
func (c *Conn) holds() int {
	n := c.unfinished()
	if w := c.out; w != nil {
		n += w.memory()
	}
	return n
}

// unfinished returns how many of these hold a message, request or record that is not whole,
// or a message that waits for its turn.
func (c *Conn) unfinished() int {
	n := c.decoder.Held()
	if c.isPostponed() {
		n += cap(c.out.postponed.Payload)
	}
	if s := c.shake(); s != nil {
		n += s.decoder.Held() + cap(s.early)
	}
	if s := c.secure(); s != nil {
		n += cap(s.partial)
	}
	return n
}

// reckon brings up to date what the loop counts for a connection.
func (c *Conn) reckon() {
	if c.out == nil && c.decoder.Held() < countFrom && c.state == open {
		return
	}
	n := c.holds()
	if n < countFrom {
		n = 0
	} else if c.out == nil {
		c.out = new(outbox) // no spare one, as that has a buffer
	}
	if w, l := c.out, c.loop; w != nil {
		l.held += int64(n - w.counted)
		w.counted = n
		if l.held-l.toldHeld.Load() > tellFrom {
			l.tellHeld() // many may be read from in this turn
		}
	}
}

// uncount is the end of reckon.
func (c *Conn) uncount() {
	if c.out != nil {
		c.loop.held -= int64(c.out.counted)
		c.out.counted = 0
	}
}

// tellHeld tells the other loops what the connections of this one hold.
func (l *Loop) tellHeld() {
	if l.held != l.toldHeld.Load() {
		l.toldHeld.Store(l.held)
		l.loops.checkBudget()
	}
}

// Held returns how many bytes of memory the connections hold of what Config.Memory bounds.
func (ls *Loops) Held() int64 {
	n := ls.shared.Load()
	for _, l := range ls.loops {
		n += l.toldHeld.Load()
	}
	return n
}

// excess returns by how much the connections hold more than they may.
func (ls *Loops) excess() int64 { return ls.Held() - ls.budget.most.Load() }

// checkBudget wakes relieve if more is held than may be.
func (ls *Loops) checkBudget() {
	if ls.config.Memory != nil && ls.excess() > 0 && ls.budget.short.CompareAndSwap(false, true) {
		select {
		case ls.budget.wake <- struct{}{}:
		default:
		}
	}
}

// keepBudget relieves the loops when they hold too much.
func (ls *Loops) keepBudget() {
	for {
		select {
		case <-ls.budget.wake:
			ls.relieve()
			reclaim()
			ls.budget.short.Store(false)
		case <-ls.stop:
			return
		}
	}
}

// reclaim frees what was let go, before more is read, if there is little room for more.
func reclaim() {
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/gomemlimit:bytes"}}
	metrics.Read(heap)
	if heap[0].Value.Uint64() > heap[1].Value.Uint64()/4*3 {
		runtime.GC()
	}
}

// holder is a connection, and what it holds.
type holder struct {
	conn  *Conn
	bytes int
}

// relieve closes the connections that hold most, until all of them together hold less
// than they may, or none holds much.
func (ls *Loops) relieve() {
	spare := ls.budget.most.Load() / 8 // or it would soon be too much again
	for excess := ls.excess() + spare; excess > 0; excess = ls.excess() + spare {
		var greedy []holder
		ls.ask(func(l *Loop) { greedy = append(greedy, l.greediest()...) })
		slices.SortFunc(greedy, byGreed)
		if len(greedy) == 0 {
			return
		}
		for _, h := range greedy[:min(maxEvicted, len(greedy))] {
			if excess > 0 {
				h.conn.loop.mail.call(h.conn.evict)
				excess -= int64(h.bytes)
			}
		}
		ls.ask((*Loop).tellHeld)
	}
}

func byGreed(a, b holder) int { return cmp.Compare(b.bytes, a.bytes) }

// greediest returns those of the connections that hold most.
func (l *Loop) greediest() []holder {
	var all []holder
	for _, c := range l.conns {
		if c == nil || c.out == nil {
			continue
		}
		if n := c.out.counted + c.out.share(); n >= countFrom {
			all = append(all, holder{c, n})
		}
	}
	slices.SortFunc(all, byGreed)
	return all[:min(maxEvicted, len(all))]
}

// Why connections were closed for the budget, in Stats.
const (
	forUnfinished = "unfinished"
	forOutbox     = "outbox"
	forHandshake  = "handshake"
)

// evict closes a connection because it holds too much, and lets go of that: with 1008 what
// is not whole, with 4100 what waits for a reader. One that is not open gets no close frame.
func (c *Conn) evict() {
	unfinished := c.unfinished()
	switch {
	case c.state == gone:
		return
	case c.state != open || c.isParting():
		if c.shake() != nil {
			c.loop.stats.Evicted[forHandshake]++
		}
		c.vanished()
		return
	case c.holds()+c.out.share() > 2*unfinished:
		c.loop.stats.Evicted[forOutbox]++
		c.out.unread = nil
		c.tooSlow()
	default:
		c.loop.stats.Evicted[forUnfinished]++
		c.decoder = frame.Decoder{} // nothing more is decoded
		c.waiting().unread = nil
		c.closeOnceAnswered(parting{frame.PolicyViolation, "an unfinished message takes too much memory", failing})
	}
	c.reckon()
}
