// Package metric counts durations and writes the Prometheus text format
// (version 0.0.4).
package metric

import "time"

// bounds are the upper ends of a Histogram's buckets; a last one takes the rest.
var bounds = [...]time.Duration{
	100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond,
	10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second,
}

// Histogram counts durations in buckets from 100 µs to 10 s. The zero value is
// empty. Not safe for concurrent use.
type Histogram struct {
	counts [len(bounds) + 1]uint64
	sum    time.Duration
}

// Observe counts d, n times.
func (h *Histogram) Observe(d time.Duration, n int) {
	i := 0
	for i < len(bounds) && d > bounds[i] {
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

// Count is how many durations have been counted.
func (h *Histogram) Count() uint64 {
	var n uint64
	for _, c := range h.counts {
		n += c
	}
	return n
}
