package loop

import "time"

// A metered connection may send Config.Rate messages a second. What it has not
// used up lately it may use at once, one second's worth at most. Beyond that it
// is not read from until it may go on: nothing is dropped, TCP slows it down.

// burst is how far a connection may be ahead of its rate.
const burst = int64(time.Second)

// wakePeriod is how often a loop looks after those it has slowed down.
const wakePeriod = 10 * time.Millisecond

// clock is a loop's time: read once per turn at most, and a timer that runs
// only while there are connections to look after.
type clock struct {
	start time.Time
	now   int64 // nanoseconds since start
	stale bool
	timer *time.Timer // nil: none runs
}

// time returns the nanoseconds since some start, as of this turn of the loop.
func (k *clock) time() int64 {
	if k.stale || k.start.IsZero() {
		k.now, k.stale = k.exact(), false
	}
	return k.now
}

// exact is time as of now.
func (k *clock) exact() int64 {
	if k.start.IsZero() {
		k.start = time.Now()
	}
	return int64(time.Since(k.start))
}

func (k *clock) close() {
	if k.timer != nil {
		k.timer.Stop()
	}
}

// price is what one message takes of the allowance, in nanoseconds.
func (ls *Loops) price() int64 { return int64(time.Second) / int64(ls.config.Rate) }

// spend counts one message.
func (c *Conn) spend() {
	c.paid = max(c.paid, c.loop.clock.time()) + c.loop.loops.price()
}

// overRate reports whether the client has to wait, and sees to it that it is
// looked after then.
func (c *Conn) overRate() bool {
	if c.state != open || c.paid+c.loop.loops.price()-c.loop.clock.time() <= burst {
		return false
	}
	c.wake()
	return true
}

// wake sees to it that a connection that has to wait is looked after soon.
func (c *Conn) wake() {
	if !c.slowed {
		c.slowed = true
		c.loop.slow(c)
	}
}

func (l *Loop) slow(c *Conn) {
	l.slowed = append(l.slowed, c)
	if l.clock.timer == nil {
		l.clock.timer = time.AfterFunc(wakePeriod, func() { l.mail.call(l.quicken) })
	}
}

// quicken lets those go on whose time has come; the others stay slowed.
func (l *Loop) quicken() {
	l.clock.timer = nil
	slowed := l.slowed
	l.slowed = nil
	for _, c := range slowed {
		c.slowed = false
		if c.state == open && !c.held() {
			l.touch(c)
		}
	}
}
