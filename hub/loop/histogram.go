package loop

import (
	"iter"
	"time"
)

// bucketBounds are the upper ends of a Histogram's buckets; a last one takes the rest.
var bucketBounds = [...]time.Duration{
	100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond,
	10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second,
}

// Histogram counts durations in buckets from 100 µs to 10 s. The zero value is
// empty. Not safe for concurrent use.
type Histogram struct {
	counts [len(bucketBounds) + 1]uint64
	sum    time.Duration
}

// Observe counts d, n times.
func (h *Histogram) Observe(d time.Duration, n int) {
	i := 0
	for i < len(bucketBounds) && d > bucketBounds[i] {
		i++
	}
	h.counts[i] += uint64(n)
	h.sum += d * time.Duration(n)
}

// Add counts what other has counted.
func (h *Histogram) Add(other *Histogram) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
	h.sum += other.sum
}

// Buckets yields the upper end of each bucket and how many durations are in it; the
// end of the last is negative, as it has none.
func (h *Histogram) Buckets() iter.Seq2[time.Duration, uint64] {
	return func(yield func(time.Duration, uint64) bool) {
		for i, n := range h.counts {
			end := time.Duration(-1)
			if i < len(bucketBounds) {
				end = bucketBounds[i]
			}
			if !yield(end, n) {
				return
			}
		}
	}
}

// Sum is how long all of them were together.
func (h *Histogram) Sum() time.Duration { return h.sum }

// Count is how many durations have been counted.
func (h *Histogram) Count() uint64 {
	var n uint64
	for _, c := range h.counts {
		n += c
	}
	return n
}
