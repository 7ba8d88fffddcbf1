// Package histogram counts durations so that their percentiles can be told
// with a bounded error, in bounded memory.
//
// It is log-linear, as HDR histograms are: each doubling of the value is
// divided into 64 buckets of equal width. Below 64 ns a bucket is one
// nanosecond; above, it is at most 1/64 of its lower end. A quantile is told as
// the middle of its bucket, which is therefore at most 1/128 (0.8 %) away from
// the exact one.
package histogram

import (
	"math"
	"math/bits"
	"time"
)

const (
	linearBits = 6 // buckets in a doubling, as a power of two
	linear     = 1 << linearBits
	doublings  = 63 - linearBits // above the first, up to the greatest time.Duration
	buckets    = (doublings + 1) * linear
)

// Histogram counts durations. The zero value is empty. Its size is 29 KiB,
// whatever it has counted. Not safe for concurrent use.
type Histogram struct {
	counts [buckets]uint64
	n      uint64
}

// Record counts d; a negative one as 0.
func (h *Histogram) Record(d time.Duration) {
	h.counts[bucket(uint64(max(d, 0)))]++
	h.n++
}

// Count is how many durations have been counted.
func (h *Histogram) Count() uint64 { return h.n }

// Quantile returns the duration that the fraction q of all, 0 to 1, does not
// exceed: the one of rank ⌈q·n⌉ in order, to within 1/128 of it. It is 0 if
// there is none.
func (h *Histogram) Quantile(q float64) time.Duration {
	rank := max(uint64(math.Ceil(q*float64(h.n))), 1)
	var below uint64
	for i, n := range h.counts {
		if below += n; below >= rank {
			return middle(i)
		}
	}
	return 0
}

// bucket is the number of the bucket for v.
func bucket(v uint64) int {
	if v < linear {
		return int(v)
	}
	doubling := bits.Len64(v) - linearBits // 1 for the first above the linear part
	return doubling<<linearBits + int(v>>(doubling-1))&(linear-1)
}

// middle is the middle of bucket i.
func middle(i int) time.Duration {
	if i < linear {
		return time.Duration(i)
	}
	doubling := i>>linearBits - 1 // the bucket's width is 2^doubling
	low := uint64(linear+i&(linear-1)) << doubling
	return time.Duration(low + 1<<doubling/2)
}
