package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// trimPeriod is how often the trimmer looks.
	trimPeriod = time.Second
	// trimQuiet is what a server may allocate in a period and still be quiet.
	trimQuiet = 256 << 10
	// trimLeast is from how much that was allocated on a collection is worth it.
	trimLeast = 1 << 20
)

// trimmer gives memory back to the system when a burst of work is over: the
// garbage collector by itself waits for the heap to have doubled, or two minutes,
// and then keeps most of it.
type trimmer struct {
	samples   []metrics.Sample
	last      uint64 // bytes allocated up to the last look
	collected uint64 // bytes allocated up to the last collection of ours
}

func newTrimmer() *trimmer {
	t := &trimmer{samples: []metrics.Sample{
		{Name: "/gc/heap/allocs:bytes"},
		{Name: "/gc/heap/live:bytes"},
	}}
	t.last, _ = t.read()
	return t
}

// read returns how many bytes have been allocated since the start, and how many
// were in use at the last collection.
func (t *trimmer) read() (allocated, live uint64) {
	metrics.Read(t.samples)
	return t.samples[0].Value.Uint64(), t.samples[1].Value.Uint64()
}

// due reports whether the server is quiet, and enough has been allocated since
// the last time for a collection to be worth its while.
func (t *trimmer) due() bool {
	allocated, live := t.read()
	quiet := allocated-t.last < trimQuiet
	t.last = allocated
	if !quiet || allocated-t.collected < max(trimLeast, live/8) {
		return false
	}
	t.collected = allocated
	return true
}

// run trims until stop is closed.
func (t *trimmer) run(stop <-chan struct{}) {
	ticker := time.NewTicker(trimPeriod)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
			if t.due() {
				runtime.GC() // pools are emptied by the second one
				debug.FreeOSMemory()
			}
		}
	}
}
