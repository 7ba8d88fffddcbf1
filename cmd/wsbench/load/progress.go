package load

import (
	"fmt"
	"io"
	"time"
)

// Progress is told every progressEvery of runs that last for longRun.
const (
	progressEvery = 2 * time.Second
	longRun       = 6 * time.Second
)

// progress writes a line now and then.
type progress struct {
	w        io.Writer // nil: no lines
	next     time.Duration
	last     time.Duration
	received uint64 // at last
}

func newProgress(c *Config) progress {
	if c.Warmup+c.Time < longRun {
		return progress{}
	}
	return progress{w: c.Progress, next: progressEvery}
}

// begun tells that the connections are open and quiet.
func (p *progress) begun(e *engine) {
	if p.w != nil {
		fmt.Fprintf(p.w, "wsbench: %d connections are open (%v), the load begins\n", e.opened, e.result.OpenTime.Round(time.Millisecond))
	}
}

// tell writes a line if it is time for one.
func (p *progress) tell(e *engine, now time.Duration) {
	if p.w == nil || now < p.next {
		return
	}
	received := e.result.Checks.Received
	rate := float64(received-p.received) / (now - p.last).Seconds()
	p.received, p.last, p.next = received, now, now+progressEvery
	fmt.Fprintf(p.w, "wsbench: %v: %s, %d connections", now.Round(time.Second), e.phase(now), e.opened-e.closed)
	if e.loading {
		fmt.Fprintf(p.w, ", %.0f messages/s in", rate)
	}
	fmt.Fprintln(p.w)
}

// phase is what the engine does at the moment.
func (e *engine) phase(now time.Duration) string {
	switch {
	case e.opened < len(e.conns):
		return "opening"
	case e.from == never:
		return "settling"
	case now < e.from:
		return "warming up"
	case now < e.to:
		return fmt.Sprintf("measuring, %v left", (e.to - now).Round(time.Second))
	default:
		return "ending"
	}
}
