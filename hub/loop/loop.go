package loop

import (
	"bytes"
	"runtime"
	"sync/atomic"
	"time"
)

const (
	// readBuffer is what one read takes at most: a message of 64 KiB and its
	// header, so that none of that size has to be copied. One buffer serves all
	// connections of a loop.
	readBuffer = 72 << 10

	// maxAgain is how many reads more than one for each connection a turn has: so
	// that a message of a MiB or two is taken in one go, and others wait for that for
	// a millisecond at most.
	maxAgain = 32

	// congestedPause is how long a loop rests that has nothing to do but to read,
	// and must not because another lags.
	congestedPause = time.Millisecond
)

// Loop runs its share of the connections on one goroutine. All fields but mail
// belong to that goroutine.
type Loop struct {
	loops *Loops
	index int
	poll  poller
	mail  mailbox

	conns    []*Conn  // by slot; nil: free
	free     []int32  // slots to use again
	shards   []*shard // of lists with members here, by number; nil: free
	unlisted []int32  // numbers to use again
	batch    []command
	next     int // the first of batch that is not carried out
	sorted   int // the first of batch that express has not looked at
	walk     walk
	dirty    []*Conn // have something to write, or to do once it is written
	// Connections on their way out, see closing.go.
	answersDue, closeDue, lingerDue endings
	draining                        bool
	shaking                         []dueAt // those that shake hands, see shake.go
	opening                         *Conn   // is in its Handler.Open
	acceptors                       []*acceptor

	deferred []*Conn // have bytes to go on with, see turn.go
	heavy    []*Conn // likewise, and are ahead of their allowance
	turnEnds int64   // by the clock; 0: it is no turn of theirs
	late     []*Conn // not known to the poller, and to be read from after the congestion
	input    []byte
	sealed   []byte       // scratch for records of TLS, see tls.go
	record   bytes.Buffer // lent to crypto/tls, see tls_buffer.go
	again    int          // reads that are left in this turn for connections that have much to read
	deflated []byte       // scratch, see codec.go
	spare    []*outbox
	slowed   []*Conn // send faster than they may, see rate.go
	clock    clock
	stats    Stats
	ticks    uint32
	shrunk   uint32 // the tick of the last shrink
	stopped  bool

	held     int64        // bytes that the connections hold, see budget.go
	toldHeld atomic.Int64 // the same, for everybody
}

func newLoop(ls *Loops, index int, poll poller) *Loop {
	l := &Loop{loops: ls, index: index, poll: poll, input: make([]byte, readBuffer), stats: newStats()}
	l.mail.loops, l.mail.wake = ls, poll.wake
	return l
}

func (l *Loop) run() {
	defer l.end()
	for !l.stopped {
		idle := l.done() && len(l.late) == 0 && len(l.deferred) == 0 && len(l.heavy) == 0 && l.mail.sleep()
		if idle && l.ticks != l.shrunk {
			l.shrink()
		}
		events := l.poll.wait(idle)
		if idle {
			l.mail.awake()
		}
		l.clock.stale = true
		congested := l.congested()
		l.again = maxAgain
		for _, e := range events {
			l.serve(e)
		}
		if !congested {
			l.readLate()
		}
		l.takeMail()
		l.work()
		l.settle()
		l.goOn()
		l.tellHeld()
		if congested && l.done() {
			// Another loop lags. Sockets stay readable meanwhile, so that the
			// poller would not wait.
			time.Sleep(congestedPause)
			continue
		}
		// Accepting, timers and other loops share the processors with a loop
		// that is never idle.
		runtime.Gosched()
	}
}

// done reports whether nothing is left to do of what has been taken on.
func (l *Loop) done() bool {
	return l.next == len(l.batch) && !l.walk.active() && len(l.dirty) == 0
}

// shrink lets go of what a burst has left, when there is nothing to do; once a
// tick at most, so that bursts that follow each other closely use it again.
func (l *Loop) shrink() {
	l.shrunk = l.ticks
	if cap(l.batch) > idleCommands {
		l.batch, l.next, l.sorted = nil, 0, 0
	}
	if cap(l.dirty) > idleCommands {
		l.dirty = nil
	}
	l.mail.shrink()
}

// congested reports whether nobody should be read from: any loop lags far behind, or
// memory is short.
func (l *Loop) congested() bool {
	return l.loops.lagging.Load() > 0 || l.loops.budget.short.Load()
}

// serve handles one event of the poller. A connection may have closed earlier
// in the same batch; its slot is then empty.
func (l *Loop) serve(e event) {
	if e.slot <= firstAcceptor {
		l.acceptors[firstAcceptor-e.slot].accept()
		return
	}
	c := l.conns[e.slot]
	if c == nil {
		return
	}
	if e.writable {
		l.touch(c)
	}
	switch {
	case e.hangup && (!c.reading || c.closeCame && c.secure() == nil): // nothing more is to be read
		c.vanished()
	case e.readable && !l.congested():
		c.readable()
	}
}

// readLate reads where that was put off.
func (l *Loop) readLate() {
	for _, c := range l.late {
		if c.state != gone {
			c.readable()
		}
	}
	clear(l.late)
	l.late = l.late[:0]
}

// touch puts c on the list of those that settle looks after.
func (l *Loop) touch(c *Conn) {
	if !c.dirty && c.state != gone {
		c.dirty = true
		l.dirty = append(l.dirty, c)
	}
}

// settle writes what waits, fetches more where there is a source, and puts connections in
// line that may go on with what they have read.
func (l *Loop) settle() {
	n := len(l.dirty)
	for i := 0; i < n; i++ {
		c := l.dirty[i]
		c.dirty = false
		if c.state != gone {
			c.settle()
		}
	}
	// Those that touched themselves again come in the next turn.
	rest := copy(l.dirty, l.dirty[n:])
	clear(l.dirty[rest:])
	l.dirty = l.dirty[:rest]
}

// seat gives c a slot.
func (l *Loop) seat(c *Conn) {
	if n := len(l.free); n > 0 {
		c.slot, l.free = l.free[n-1], l.free[:n-1]
		l.conns[c.slot] = c
	} else {
		c.slot = int32(len(l.conns))
		l.conns = append(l.conns, c)
	}
}

// vacate takes c's slot back.
func (l *Loop) vacate(c *Conn) {
	l.conns[c.slot] = nil
	l.free = append(l.free, c.slot)
}

// detach gives c up, but for its socket.
func (l *Loop) detach(c *Conn) {
	if c.added {
		_ = l.poll.remove(int(c.fd)) // it is there
	}
	l.vacate(c)
	c.uncount()
	c.state = gone
}

// add opens a connection; see Loops.Add for the two slices.
func (l *Loop) add(c *Conn, handler Handler, response, early []byte) {
	l.seat(c)
	if len(response) > 0 {
		w := c.waiting()
		w.buf = append(w.buf, response...)
		w.lead = len(response)
	}
	c.reading = true
	if s := c.stream(); s != nil {
		s.start()
	}
	c.open(handler, early)
}

// sealedSpace is empty scratch for as many sealed bytes as are read at once. Only
// loops with TLS have it.
func (l *Loop) sealedSpace() []byte {
	if l.sealed == nil {
		l.sealed = make([]byte, 0, readBuffer)
	}
	return l.sealed
}

// end closes what is left when the loop stops. What still waits in the mailbox
// is carried out first, so that a connection just added is not forgotten, nor an
// answer.
func (l *Loop) end() {
	rest := append(l.batch[l.next:], l.mail.close()...)
	for i := range rest {
		switch rest[i].kind {
		case cmdCall, cmdInTurn, cmdSend, cmdExpress:
			l.carryOut(&rest[i])
		}
	}
	for _, c := range l.conns {
		if c != nil {
			c.cut()
		}
	}
	l.stopAccepting(nil)
	l.clock.close()
	l.poll.close()
}
