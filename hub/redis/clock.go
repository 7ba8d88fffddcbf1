package redis

import (
	"sync/atomic"
	"time"
)

// clock is Redis' clock, as far as is known: mostly it is behind that by as long as an answer
// takes. What a deadline says comes too late is not done. Safe for concurrent use.
type clock struct {
	known  atomic.Bool
	offset atomic.Int64 // Redis' clock less ours, in µs
}

// set notes that the clock showed micros, at some moment between asked and answered. If that
// agrees with what is known, nothing changes: an answer that took its time tells less.
func (c *clock) set(micros int64, asked, answered time.Time) {
	least, most := micros-answered.UnixMicro(), micros-asked.UnixMicro()
	if old := c.offset.Load(); !c.known.Load() || old < least || old > most {
		c.offset.Store(least)
		c.known.Store(true)
	}
}

func (c *clock) now() time.Time { return c.at(time.Now()) }

// at returns what the clock shows at a time of ours.
func (c *clock) at(ours time.Time) time.Time {
	return ours.Add(time.Duration(c.offset.Load()) * time.Microsecond)
}

// deadline is when Redis is not to do any more what is asked of it now, as the scripts have
// it: the answer would come too late. 0: that is not known.
func (c *clock) deadline() int64 {
	if !c.known.Load() {
		return 0
	}
	return c.now().Add(replyTimeout).UnixMicro()
}
