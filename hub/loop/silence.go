package loop

import (
	"math"
	"time"

	"wschat/frame"
)

// Silent peers are found without a timer for each: every tick looks at one part
// of the connections, so that each is visited some times in a ping period.
const (
	parts     = 16 // ticks in which all connections are visited once
	minVisits = 4  // visits in a ping period, at least

	// lifeBytes is how many bytes of a message that is not whole yet are a sign
	// of life, if they come between two visits. Fewer are not: a peer that sends
	// them one by one, so as never to be silent and never to be done, is a silent
	// one.
	lifeBytes = 512

	shortestTick = 5 * time.Millisecond
	longestTick  = 500 * time.Millisecond
)

// tickPeriod is the time between two looks at silent and closing connections:
// short beside Ping, so that the work is spread, and never a burden.
func (ls *Loops) tickPeriod() time.Duration {
	if ls.config.Ping <= 0 {
		return longestTick
	}
	return min(max(ls.config.Ping/(minVisits*parts), shortestTick), longestTick)
}

// pingVisits is how many visits a ping period has: more than minVisits where a
// tick is too short to make a long period of so few.
func (ls *Loops) pingVisits() uint16 {
	n := ls.config.Ping / (ls.tickPeriod() * parts)
	return uint16(min(max(n, minVisits), math.MaxUint16/3))
}

// tick is carried out every tickPeriod.
func (l *Loop) tick() {
	l.ticks++
	if l.loops.config.Ping > 0 {
		part := int(l.ticks % parts)
		for _, c := range l.conns[len(l.conns)*part/parts : len(l.conns)*(part+1)/parts] {
			if c != nil && c.state == open {
				c.visit()
			}
		}
	}
	l.expire()
	l.endLate()
}

// visit pings a connection that has been silent for a ping period, and again
// after the second; after the third it is given up.
func (c *Conn) visit() {
	c.heard = 0
	if c.slowed { // it has sent more than it may, and is not listened to
		return
	}
	c.quiet++
	c.stuck = c.writing
	switch period := c.loop.loops.visits; c.quiet {
	case period, 2 * period:
		c.Write(frame.Ping, nil)
		c.loop.touch(c)
	case 3 * period:
		c.vanished()
	}
}

// hear notes that n bytes have come.
func (c *Conn) hear(n int) {
	if c.heard = uint16(min(int(c.heard)+n, lifeBytes)); c.heard == lifeBytes {
		c.quiet = 0
	}
}

// progress notes that something has been written. The system takes it from us
// for a dead peer, too; but where it had no room for long, and now has, somebody
// reads: a sign of life, and the only one of a client that is not read from.
func (c *Conn) progress() {
	if c.stuck {
		c.stuck = false
		c.quiet = 0
	}
}
