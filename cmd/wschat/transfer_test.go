package main

import (
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"wschat/handshake"
)

// Of all files on their way, one address has a quarter at most.
func TestTransfers(t *testing.T) {
	transfers := &transfers{most: 8, from: make(map[netip.Addr]int)}
	begin := func(from string) (end func(), refused bool) {
		end, err := transfers.begin(netip.MustParseAddr(from))
		var r *handshake.Rejection
		if err != nil && (!errors.As(err, &r) || r.Status != 503 || !r.Header.Has("Retry-After")) {
			t.Errorf("got %v", err)
		}
		return end, err != nil
	}
	var ends []func()
	for i, row := range []struct {
		from    string
		refused bool
	}{
		{"192.0.2.1", false}, {"192.0.2.1", false}, {"192.0.2.1", true}, {"::ffff:192.0.2.1", true},
		{"2001:db8::1", false}, {"2001:db8::2", false}, {"2001:db8::3", true},
		{"192.0.2.2", false}, {"192.0.2.2", false}, {"192.0.2.3", false}, {"192.0.2.3", false}, {"192.0.2.4", true},
	} {
		end, refused := begin(row.from)
		if refused != row.refused {
			t.Fatalf("row %d: refused: %v", i, refused)
		}
		if !refused {
			ends = append(ends, end)
		}
	}
	for _, end := range ends {
		end()
		end() // does nothing
	}
	if transfers.underWay() != 0 || len(transfers.from) != 0 {
		t.Errorf("there are left %d, %v", transfers.underWay(), transfers.from)
	}
}

// Whoever lets a file go on byte by byte has no more time than its bytes are worth.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		p := newPace(time.Minute)
		for time.Now().Before(p.deadline()) {
			p.went(leastPace / 2)
			time.Sleep(time.Second)
		}
		if got := time.Since(began); got != 2*time.Minute {
			t.Errorf("at half the pace: %v", got)
		}
		p = newPace(time.Minute)
		p.went(1000 * leastPace)
		if got := time.Until(p.deadline()); got != time.Minute {
			t.Errorf("after much at once it may stand still for %v", got)
		}
	})
}
