package loop

import (
	"time"

	"wschat/frame"
)

// A metered connection spends its allowance by price.go. What it has not used up lately it
// may use at once, one second's worth at most. Beyond that it is not read from until it may
// go on: nothing is dropped, TCP slows it down. A message that has begun is read to its end
// first, if it takes no more bytes than a message may have: they are paid for afterwards.

const (
	// burst is how far a connection may be ahead of its allowance.
	burst = time.Second
	// lightBurst is how far ahead it still goes before others; see turn.go.
	lightBurst = burst / 20
)

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

// messagePrice is what a message takes of the allowance, however short it is.
func (ls *Loops) messagePrice() time.Duration { return time.Second / time.Duration(ls.config.Rate) }

// bytePrice is what n bytes take of it.
func (ls *Loops) bytePrice(n int64) time.Duration {
	if ls.config.RateBytes == 0 {
		return 0
	}
	return time.Duration(float64(n) * float64(time.Second) / float64(ls.config.RateBytes))
}

// pay takes from the allowance.
func (c *Conn) pay(price time.Duration) {
	c.paid = max(c.paid, c.loop.clock.time()) + int64(price)
	if c.state == gone { // work that was under way
		c.bequeath()
	}
}

// payMessage takes the price of a message whose bytes are paid for, as they came.
func (c *Conn) payMessage(m frame.Message) {
	ls := c.loop.loops
	price := max(ls.messagePrice(), ls.bytePrice(int64(len(m.Payload)))) // it may have been compressed
	c.pay(max(0, price-ls.bytePrice(m.Size)))
}

// overRate reports whether the client has to wait, and sees to it that it is
// looked after then.
func (c *Conn) overRate() bool {
	ls := c.loop.loops
	most := burst - ls.messagePrice()
	if !c.decoder.Idle() {
		most = burst + ls.bytePrice(ls.config.MaxMessage)
	}
	if c.state != open || time.Duration(c.paid-c.loop.clock.time()) <= most {
		return false
	}
	c.slow()
	return true
}

// isHeavy reports whether the client has lately made the server do more than most do.
func (c *Conn) isHeavy() bool {
	return c.metered && time.Duration(c.paid-c.loop.clock.time()) > lightBurst
}

// slow sees to it that a connection that has to wait is looked after soon.
func (c *Conn) slow() {
	if c.slowed {
		return
	}
	c.slowed = true
	l := c.loop
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
		if c.state == open && (c.isPostponed() || !c.held()) {
			l.touch(c)
		}
	}
}
