// Package password decides when a password may be checked. A check takes a few tenths of a
// second of a core, so few run at a time, few wait, and whoever guesses must stop.
//
//	checker.go   who has his turn
//	guesses.go   wrong passwords, by name and by address
package password

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"time"

	"wschat/hub/loop"
)

// maxWaiting bounds the checks that wait for their turn.
const maxWaiting = 64

// Why a password is refused.
var (
	ErrWrong = errors.New("password: wrong")
	// ErrBusy is the error of a check that has not had its turn in time, or whose place
	// somebody else has.
	ErrBusy = errors.New("password: too many wait to be checked")
)

// Limited is the error after too many wrong passwords, of right ones, too.
type Limited struct{ Wait time.Duration } // until the next may be tried

func (l *Limited) Error() string {
	return fmt.Sprintf("password: too many wrong ones, to be tried again in %v", l.Wait)
}

// Checker has passwords checked. Of those that wait, the one is next whose address has
// guessed wrong, and waits, least; when too many wait, the one gives way whose address does
// so most. Safe for concurrent use.
type Checker struct {
	mu      sync.Mutex
	free    int      // how many more may run
	waiting []*check // in the order of their coming
	running []*check
	guesses guesses
	closed  bool
}

type check struct {
	name string
	from netip.Addr
	turn chan error // nil: it may run. Has room for one
}

// NewChecker returns a Checker; Close ends it.
func NewChecker() *Checker {
	// The other half of the processors is for the loops.
	return &Checker{free: max(1, runtime.GOMAXPROCS(0)/2), guesses: newGuesses(maxGuesses)}
}

// Check calls is, which tells whether the password of a name is right, when it is its turn,
// but not beyond ctx. from is the address that the password comes from. The error is nil if
// the password is right, else ErrWrong, ErrBusy or a *Limited.
func (c *Checker) Check(ctx context.Context, name string, from netip.Addr, is func() bool) error {
	k := &check{name: name, from: loop.Network(from), turn: make(chan error, 1)}
	c.enqueue(k)
	select {
	case err := <-k.turn:
		if err != nil {
			return err
		}
	case <-ctx.Done():
		if c.abandon(k) {
			return ErrBusy
		}
		if err := <-k.turn; err != nil {
			return err
		}
	}
	right := false
	defer func() { c.done(k, right) }() // even if it panics
	if right = is(); !right {
		return ErrWrong
	}
	return nil
}

// Close has those fail who wait, and whoever comes later.
func (c *Checker) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, k := range c.waiting {
		k.turn <- ErrBusy
	}
	c.waiting = nil
}

func (c *Checker) enqueue(k *check) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		k.turn <- ErrBusy
		return
	}
	c.waiting = append(c.waiting, k)
	c.dispatch()
	if len(c.waiting) > maxWaiting {
		out := c.heaviest()
		c.waiting[out].turn <- ErrBusy
		c.waiting = slices.Delete(c.waiting, out, out+1)
	}
}

// abandon takes a check out of those that wait, and reports whether it was there.
func (c *Checker) abandon(k *check) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.waiting, k)
	if i >= 0 {
		c.waiting = slices.Delete(c.waiting, i, i+1)
	}
	return i >= 0
}

func (c *Checker) done(k *check, right bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !right {
		c.guesses.add(k.name, k.from, time.Now())
	}
	i := slices.Index(c.running, k)
	c.running = slices.Delete(c.running, i, i+1)
	c.free++
	c.dispatch()
}

// The lock is held in all functions below.

// dispatch refuses those who have guessed too often, and gives others their turn.
func (c *Checker) dispatch() {
	now := time.Now()
	c.guesses.expire(now)
	c.waiting = slices.DeleteFunc(c.waiting, func(k *check) bool {
		wait := c.guesses.wait(k.name, k.from, now)
		if wait > 0 {
			k.turn <- &Limited{wait}
		}
		return wait > 0
	})
	for c.free > 0 {
		next := c.lightest()
		if next < 0 {
			return
		}
		k := c.waiting[next]
		c.waiting = slices.Delete(c.waiting, next, next+1)
		c.running = append(c.running, k)
		c.free--
		k.turn <- nil
	}
}

// lightest returns who is next of those who wait; -1: nobody. Who would guess too often if
// all that run were wrong waits for these.
func (c *Checker) lightest() int {
	next, weights := -1, c.weights()
	for i, k := range c.waiting {
		names, addresses := len(c.guesses.byName[k.name]), len(c.guesses.byFrom[k.from])
		for _, other := range c.running {
			if other.name == k.name {
				names++
			}
			if other.from == k.from {
				addresses++
			}
		}
		if names < perName && addresses < perAddress && (next < 0 || weights[k.from] < weights[c.waiting[next].from]) {
			next = i
		}
	}
	return next
}

// heaviest returns who gives way of those who wait: of the address that weighs most, the
// last.
func (c *Checker) heaviest() int {
	out, weights := 0, c.weights()
	for i, k := range c.waiting {
		if weights[k.from] >= weights[c.waiting[out].from] {
			out = i
		}
	}
	return out
}

// weights returns what each address has guessed wrong, and has under way.
func (c *Checker) weights() map[netip.Addr]int {
	weights := make(map[netip.Addr]int)
	for _, list := range [][]*check{c.waiting, c.running} {
		for _, k := range list {
			if weights[k.from] == 0 {
				weights[k.from] = len(c.guesses.byFrom[k.from])
			}
			weights[k.from]++
		}
	}
	return weights
}
