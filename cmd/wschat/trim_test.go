package main

import (
	"testing"
	"time"
)

// A trim is due once after work, when it is quiet again, and not too soon after the
// one before.
func TestTrimmer(t *testing.T) {
	var held int64
	tr := trimmer{held: func() int64 { return held }}
	tr.trim()
	start := tr.next.Add(time.Second)
	used := tr.used
	for i, row := range []struct {
		name string
		used time.Duration // in this second
		held int64         // at its end
		due  bool
	}{
		{"nothing happened", 0, 0, false},
		{"pings", trimQuiet, 0, false},
		{"work", trimPeriod, 0, false},
		{"more work", 2 * trimQuiet, 0, false},
		{"it is over", trimQuiet / 2, 0, true},
		{"pings", trimQuiet / 2, 0, false},
		{"work", trimPeriod, 0, false},
		{"it is over, soon after a trim that took long", 0, 0, false},
		{"pings", 0, 0, false},
		{"long after", 0, 0, true},
		{"readers take long to read", trimQuiet / 2, trimFreed, false},
		{"more wait", trimQuiet / 2, trimFreed + 1, false},
		{"they have read some of it", 0, 2, false},
		{"they have read all", 0, 0, false},
		{"long after", 0, 0, true},
		{"pings", 0, 0, false},
	} {
		now := start.Add(time.Duration(i) * trimPeriod)
		used, held = used+row.used, row.held
		due := tr.due(used, now)
		if due != row.due {
			t.Errorf("%d s, %s: due is %v", i, row.name, due)
		}
		if due { // as trim does it
			tr.worked, tr.most, tr.next = false, held, now.Add(5*trimPeriod)
		}
	}
}
