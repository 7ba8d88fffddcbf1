//go:build soak

package soak

import (
	"context"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/fair"
	"wschat/cmd/wschat/e2e/target"
)

// liveAmong is the crowd in the process of the attackers.
func liveAmong(m *fair.Mob) error {
	c := &crowd{addr: m.Server.Addr, many: true, Tally: m.Tally}
	for i := range people {
		go c.live(context.Background(), i) // until the process ends
	}
	return nil
}

// Fifty attackers do everything at once, beside the crowd: the bystanders notice
// nothing, the server stays within its memory, and nothing is left over.
func TestHostile(t *testing.T) {
	const budget, history = 512 * mib, 64 * mib
	s := target.Start(t, "-admin", "127.0.0.1:0", "-echo", "-compress", "-data", t.TempDir(), "-memory", "536870912", "-history-bytes", "67108864")
	s.Usage() // the first answers leave something behind that stays
	fresh := s.Usage()
	s.ResetPeak()
	bystanders := fair.Arrive(t, s, fair.NewPair(t, target.Start(t)))
	attack := fair.Everything.Begin(t, s)
	began := time.Now()
	report := time.NewTicker(reportPeriod)
	defer report.Stop()
	for end := time.After(howLong(t)); end != nil; {
		select {
		case <-report.C:
			rss, peak := s.Memory()
			t.Logf("%5v: RSS %d MiB (peak %d)", time.Since(began).Round(time.Second), rss/mib, peak/mib)
		case <-end:
			end = nil
		}
	}
	bystanders.Check()
	attack.Stop()

	kept := history + tables(s) // as the bounds have it
	var last target.Usage
	settled := target.Until(func() bool {
		last = s.Usage()
		return last.Descriptors <= fresh.Descriptors && last.Goroutines <= fresh.Goroutines && last.RSS < fresh.RSS+2*kept
	})
	t.Logf("a server that nobody has met: %v", fresh)
	t.Logf("in the end, with nobody left: %v; kept are %d MiB", last, kept/mib)
	if !settled {
		t.Error("the server has kept something")
	}
	if last.Peak > budget {
		t.Errorf("the server had %d MiB, want %d at most", last.Peak/mib, budget/mib)
	}
}

// tables is how much memory the tables take that a chat fills, in bytes: within bounds of their
// own, some 200 for each entry.
func tables(s *target.Server) int64 {
	entries := 0.0
	for _, bound := range []string{"marks", "max-conversations", "max-ids", "max-users", "memberships"} {
		entries += s.Metric(`wschat_bound_used{bound="` + bound + `"}`)
	}
	return 200 * int64(entries)
}
