package loop

import "wschat/frame"

// Silent peers are found without a timer for each: every tick looks at one part
// of the connections, so that each is visited some times in a ping period.
const (
	parts  = 16 // ticks in which all connections are visited once
	visits = 4  // visits in a ping period
)

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
}

// visit pings a connection that has been silent for a ping period, and again
// after the second; after the third it is given up.
func (c *Conn) visit() {
	c.quiet++
	switch c.quiet {
	case visits, 2 * visits:
		c.Write(frame.Ping, nil)
		c.loop.touch(c)
	case 3 * visits:
		c.vanished()
	}
}
