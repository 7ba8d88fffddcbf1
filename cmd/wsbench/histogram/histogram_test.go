package histogram

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// Every duration has a bucket whose middle is at most 1/128 away from it.
func TestErrorBound(t *testing.T) {
	check := func(d time.Duration) {
		t.Helper()
		i := bucket(uint64(d))
		if i < 0 || i >= buckets {
			t.Fatalf("%d ns: bucket %d of %d", d, i, buckets)
		}
		if off := math.Abs(float64(middle(i) - d)); off > float64(d)/128 {
			t.Fatalf("%d ns: bucket %d with middle %d", d, i, middle(i))
		}
	}
	for d := range time.Duration(1 << 16) {
		check(d)
	}
	for shift := range 63 {
		for _, off := range []int64{-1, 0, 1} {
			check(time.Duration(max(int64(1)<<shift+off, 0)))
		}
	}
	check(math.MaxInt64)
}

// Buckets follow one another without a hole.
func TestBucketsAreInOrder(t *testing.T) {
	last := 0
	for d := uint64(0); d < 1<<20; d++ {
		i := bucket(d)
		if i != last && i != last+1 {
			t.Fatalf("%d ns is in bucket %d, the one before in %d", d, i, last)
		}
		last = i
	}
}

// distributions are durations as they come in measurements.
var distributions = []struct {
	name string
	draw func(r *rand.Rand) time.Duration
}{
	{"uniform", func(r *rand.Rand) time.Duration { return time.Duration(r.IntN(1e6)) }},
	{"exponential", func(r *rand.Rand) time.Duration { return time.Duration(r.ExpFloat64() * 3e5) }},
	{"log-normal", func(r *rand.Rand) time.Duration { return time.Duration(math.Exp(10 + 3*r.NormFloat64())) }},
	{"two peaks", func(r *rand.Rand) time.Duration { return []time.Duration{500, 5e9}[r.IntN(2)] }},
	{"constant", func(r *rand.Rand) time.Duration { return 12345 }},
}

// Quantiles are compared with those of the sorted durations.
func TestQuantiles(t *testing.T) {
	for _, dist := range distributions {
		for _, n := range []int{1, 2, 10, 999, 20000} {
			r := rand.New(rand.NewPCG(1, uint64(n)))
			var h Histogram
			all := make([]time.Duration, n)
			for i := range all {
				all[i] = dist.draw(r)
				h.Record(all[i])
			}
			slices.Sort(all)
			for _, q := range []float64{0, 0.5, 0.9, 0.99, 0.999, 1} {
				want := all[max(int(math.Ceil(q*float64(n))), 1)-1]
				got := h.Quantile(q)
				if math.Abs(float64(got-want)) > float64(want)/128 {
					t.Errorf("%s, %d values: quantile %v is %v, want %v within 1/128", dist.name, n, q, got, want)
				}
			}
			if h.Count() != uint64(n) {
				t.Errorf("%s: %d values, want %d", dist.name, h.Count(), n)
			}
		}
	}
}

func TestEmpty(t *testing.T) {
	var h Histogram
	if h.Quantile(0.5) != 0 || h.Count() != 0 {
		t.Error("an empty histogram has values")
	}
}

func TestNegativeCountsAsZero(t *testing.T) {
	var h Histogram
	h.Record(-time.Second)
	if h.Count() != 1 || h.Quantile(1) != 0 {
		t.Errorf("count %d, maximum %v", h.Count(), h.Quantile(1))
	}
}

func BenchmarkRecord(b *testing.B) {
	var h Histogram
	d := time.Duration(1)
	b.ReportAllocs()
	for b.Loop() {
		h.Record(d)
		d = (d*5 + 1) & (1<<30 - 1)
	}
}
