package load

import (
	"math"
	"time"
)

// pace is the schedule of an open loop: message k is due at start + k/rate,
// whatever happened to those before it. Who comes late finds all that has
// become due meanwhile, each with its own time.
type pace struct {
	start time.Duration
	rate  float64 // messages a second
	sent  uint64  // how many have been taken
}

// due is when the next message is.
func (p *pace) due() time.Duration {
	return p.start + time.Duration(math.Round(float64(p.sent)/p.rate*float64(time.Second)))
}

// take returns the time of the next message, and goes on to the one after it,
// if that time has come.
func (p *pace) take(now time.Duration) (due time.Duration, ok bool) {
	due = p.due()
	if due > now {
		return 0, false
	}
	p.sent++
	return due, true
}
