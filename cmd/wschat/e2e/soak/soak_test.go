//go:build soak

package soak

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/fair"
	"wschat/cmd/wschat/e2e/target"
)

const (
	people = 120 // at once
	mib    = 1 << 20

	// shortestLife is how long a server runs at least before it is restarted.
	shortestLife = 4 * time.Second
	// reportPeriod is the time between two lines that tell how things are.
	reportPeriod = 30 * time.Second

	// flat is how many bytes a server may have more in the end, with nobody
	// there, than early in its life with everybody.
	flat = 8 * mib
)

func TestMain(m *testing.M) {
	fair.Everything.Crowd = liveAmong
	if fair.IsMob() {
		return
	}
	os.Exit(target.Main(m))
}

// flags keep what is meant to be kept small, so that what is not meant to be
// kept is seen: the history of a few hundred conversations fills at once.
var flags = []string{"-admin", "127.0.0.1:0", "-echo", "-presence", "group", "-history", "20", "-queue", "131072",
	"-ping", "2s", "-handshake-timeout", "2s", "-compress"}

// howLong is SOAK.
func howLong(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("SOAK")
	if text == "" {
		return 10 * time.Minute
	}
	length, err := time.ParseDuration(text)
	if err != nil || length <= 0 {
		t.Fatalf("SOAK=%q: want a duration such as 10m", text)
	}
	return length
}

func TestSoak(t *testing.T) {
	length := howLong(t)
	s := target.Start(t, flags...)
	s.Usage() // the first answers leave something behind that stays
	fresh := s.Usage()
	ctx, leave := context.WithTimeout(context.Background(), length)
	defer leave()
	c := &crowd{addr: s.Addr, report: time.NewTicker(reportPeriod), Tally: fair.NewTally()}
	defer c.report.Stop()
	began := time.Now()
	var everybody sync.WaitGroup
	for i := range people {
		everybody.Go(func() { c.live(ctx, i) })
	}
	defer everybody.Wait()
	defer leave() // also if the test fails before its time

	// The first half has restarts, the second is one long life.
	restarts := 0
	for life := max(length/10, shortestLife); time.Since(began)+life <= length/2; {
		watch(ctx, t, s, c, began, began.Add(time.Duration(restarts+1)*life))
		s.Stop()
		s = target.Start(t, append(flags, "-addr", c.addr)...)
		restarts++
	}
	watch(ctx, t, s, c, began, time.Now().Add(time.Until(began.Add(length))/4))
	early := s.Usage()
	watch(ctx, t, s, c, began, began.Add(length))
	everybody.Wait()

	var last target.Usage
	settled := target.Until(func() bool {
		last = s.Usage()
		return last.Descriptors <= fresh.Descriptors && last.Goroutines <= fresh.Goroutines && last.RSS < early.RSS+flat
	})
	t.Logf("%d restarts; %v", restarts, c)
	t.Logf("a server that nobody has met: %v", fresh)
	t.Logf("the last one, early:          %v", early)
	t.Logf("in the end, with nobody left: %v", last)
	if !settled {
		t.Error("the server has kept something")
	}
	if n := s.Metric("wschat_connections"); n != 0 {
		t.Errorf("the server counts %v connections, and there are none", n)
	}
	c.judge(t)
}

// watch prints how things are every now and then until a time.
func watch(ctx context.Context, t *testing.T, s *target.Server, c *crowd, began, until time.Time) {
	t.Helper()
	end := time.NewTimer(time.Until(until))
	defer end.Stop()
	for {
		select {
		case <-c.report.C:
			t.Logf("%5v: %v; %v", time.Since(began).Round(time.Second), s.Usage(), c)
		case <-end.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
