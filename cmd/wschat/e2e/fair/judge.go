//go:build e2e || soak

package fair

import (
	"slices"
	"time"
)

// Prompt is how long a bystander waits at most.
const Prompt = 250 * time.Millisecond

// judge fails the test for what went wrong, and for what came late. What comes late for
// the calm at the same time is the machine's fault: that much is excused.
func (b *Bystanders) judge(arrivals, calm []arrival) {
	b.t.Helper()
	slow := slices.DeleteFunc(calm, func(a arrival) bool { return a.took < tick || a.at.Before(b.began) })
	late := 0
	byMinute := map[int]int{} // a compaction, say, makes them late together
	byWhat := map[string]int{}
	var waits []time.Duration
	for _, a := range arrivals {
		waits = append(waits, a.took)
		if a.took <= Prompt {
			continue
		}
		var excuse time.Duration
		for _, c := range slow {
			if c.at.After(a.at.Add(-a.took)) && c.at.Add(-c.took).Before(a.at) {
				excuse = max(excuse, c.took)
			}
		}
		if a.took-excuse <= Prompt {
			continue
		}
		byWhat[a.what]++
		byMinute[int(a.at.Sub(b.began).Minutes())]++
		if late++; late <= 5 {
			b.fault("%v: %s took %v (%v where nobody attacks)", a.at.Sub(b.began).Round(time.Millisecond), a.what,
				a.took.Round(time.Millisecond), excuse.Round(time.Millisecond))
		}
	}
	if late > 0 {
		b.fault("%d of %d were late; by minute: %v; %v", late, len(arrivals), byMinute, byWhat)
	}
	if slices.Sort(waits); len(waits) > 0 {
		b.t.Logf("bystanders waited %d times: %v in the middle, %v for 99 of 100, %v at most; %d times where nobody attacks more than %v",
			len(waits), waits[len(waits)/2], waits[len(waits)*99/100], waits[len(waits)-1], len(slow), tick)
	}
	for i, fault := range b.faults {
		if i == 20 {
			b.t.Errorf("and %d more", len(b.faults)-i)
			break
		}
		b.t.Errorf("the bystanders: %s", fault)
	}
}
