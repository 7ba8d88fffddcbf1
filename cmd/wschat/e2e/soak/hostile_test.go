//go:build soak

package soak

import (
	"context"
	"sync"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/fair"
	"wschat/cmd/wschat/e2e/target"
)

// Fifty attackers do everything at once, beside the crowd: the bystanders notice
// nothing, the server stays within its memory, and nothing is left over.
func TestHostile(t *testing.T) {
	const budget, kept = 512 * mib, 64 * mib
	s := target.Start(t, "-admin", "127.0.0.1:0", "-echo", "-compress", "-data", t.TempDir(), "-memory", "536870912", "-history-bytes", "67108864")
	s.Usage() // the first answers leave something behind that stays
	fresh := s.Usage()
	s.ResetPeak()
	bystanders := fair.Arrive(t, s, fair.NewPair(t, target.Start(t)))

	began := time.Now()
	end := began.Add(howLong(t))
	ctx, leave := context.WithDeadline(t.Context(), end)
	c := &crowd{addr: s.Addr, tally: make(map[string]int), report: time.NewTicker(reportPeriod)}
	defer c.report.Stop()
	var everybody sync.WaitGroup
	for i := range people {
		everybody.Go(func() { c.live(ctx, i) })
	}
	defer everybody.Wait()
	defer leave() // also if the test fails before its time
	attack := fair.Everything.Begin(t, s)
	watch(ctx, t, s, c, began, end)
	everybody.Wait()
	bystanders.Check()
	attack.End()

	var last target.Usage
	settled := target.Until(func() bool {
		last = s.Usage()
		return last.Descriptors <= fresh.Descriptors && last.Goroutines <= fresh.Goroutines && last.RSS < fresh.RSS+2*kept
	})
	t.Logf("a server that nobody has met: %v", fresh)
	t.Logf("in the end, with nobody left: %v; %v", last, c)
	if !settled {
		t.Error("the server has kept something")
	}
	if last.Peak > budget {
		t.Errorf("the server had %d MiB, want %d at most", last.Peak/mib, budget/mib)
	}
	for _, what := range c.odd[:min(len(c.odd), 20)] {
		t.Error(what)
	}
}
