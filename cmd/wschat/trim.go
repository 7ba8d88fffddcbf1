package main

import (
	"runtime"
	"runtime/debug"
	"time"
)

const (
	// trimPeriod is how often the trimmer looks.
	trimPeriod = time.Second
	// trimQuiet is how much processor time a quiet server uses in a period.
	trimQuiet = trimPeriod / 20
	// trimFreed is from how many bytes on it is worth a trim that connections hold less.
	trimFreed = 16 << 20
	// trimShare bounds the cost of trimming: the next one comes no sooner than after
	// trimShare times as long as the last one took.
	trimShare = 50
)

// trimmer gives memory back to the system when a burst of work is over: the
// garbage collector by itself waits for the heap to have doubled, or two minutes,
// and then keeps most of it.
type trimmer struct {
	held func() int64 // bytes that the connections hold

	used   time.Duration // processor time up to the last look
	most   int64         // that was held since the last trim
	worked bool          // since the last trim
	next   time.Time     // not before
}

// due reports whether the server has worked since the last time, or has become smaller,
// and is quiet now; used is its processor time.
func (t *trimmer) due(used time.Duration, now time.Time) bool {
	busy := used-t.used > trimQuiet
	t.used = used
	held := t.held()
	t.most = max(t.most, held)
	if busy || t.most-held >= trimFreed {
		t.worked = true
	}
	return t.worked && !busy && !now.Before(t.next)
}

func (t *trimmer) trim() {
	began := time.Now()
	runtime.GC() // pools are emptied by the second one
	debug.FreeOSMemory()
	now := time.Now()
	t.worked, t.most, t.next = false, t.held(), now.Add(trimShare*now.Sub(began))
	t.used = processorTime() // this was no work
}

// run trims what the start has left, and then when it is due, until stop is closed.
func (t *trimmer) run(stop <-chan struct{}) {
	t.trim()
	ticker := time.NewTicker(trimPeriod)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case now := <-ticker.C:
			if t.due(processorTime(), now) {
				t.trim()
			}
		}
	}
}
