package main

import (
	"testing"
	"time"
)

// A trim is due once after work, when it is quiet again, and not too soon after the
// one before.
func TestTrimmer(t *testing.T) {
	var tr trimmer
	tr.trim()
	start := tr.next.Add(time.Second)
	used := tr.used
	for i, row := range []struct {
		name string
		used time.Duration // in this second
		due  bool
	}{
		{"nothing happened", 0, false},
		{"pings", trimQuiet, false},
		{"work", trimPeriod, false},
		{"more work", 2 * trimQuiet, false},
		{"it is over", trimQuiet / 2, true},
		{"pings", trimQuiet / 2, false},
		{"work", trimPeriod, false},
		{"it is over, soon after a trim that took long", 0, false},
		{"pings", 0, false},
		{"long after", 0, true},
	} {
		now := start.Add(time.Duration(i) * trimPeriod)
		used += row.used
		due := tr.due(used, now)
		if due != row.due {
			t.Errorf("%d s, %s: due is %v", i, row.name, due)
		}
		if due { // as trim does it
			tr.worked, tr.next = false, now.Add(5*trimPeriod)
		}
	}
}
