package search

import (
	"context"
	"sync"
	"time"
)

// pace is how fast all searches of a node look at messages. Safe for concurrent use.
type pace struct {
	rate int // bytes a second

	mu   sync.Mutex
	free time.Time // when what has been looked at is paid for
}

// wait waits until more may be looked at.
func (p *pace) wait(ctx context.Context) error {
	p.mu.Lock()
	pause := time.Until(p.free)
	p.mu.Unlock()
	if pause <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// charge counts bytes that have been looked at.
func (p *pace) charge(bytes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); p.free.Before(now) {
		p.free = now
	}
	p.free = p.free.Add(time.Duration(bytes) * time.Second / time.Duration(p.rate))
}

// slice is how much a search looks at between two pauses, in bytes.
const slice = 128 << 10

// effort is what one search may do.
type effort struct {
	ctx  context.Context
	pace *pace
	left int // bytes
	due  int // those looked at that have not been charged
}

// spend counts bytes, and pauses now and then.
func (e *effort) spend(bytes int) error {
	e.left -= bytes
	e.due += bytes
	if e.due < slice {
		return nil
	}
	e.settle()
	return e.pace.wait(e.ctx)
}

// settle charges what is due.
func (e *effort) settle() {
	e.pace.charge(e.due)
	e.due = 0
}
