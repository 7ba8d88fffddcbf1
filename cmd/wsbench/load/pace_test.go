package load

import (
	"testing"
	"testing/synctest"
	"time"

	"wschat/cmd/wsbench/histogram"
)

// A sender that sleeps until each message is due, and is held up for a second
// once, sends them all, and each counts from when it was due.
func TestPaceKeepsItsSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rate, seconds = 100, 4
		base := time.Now()
		now := func() time.Duration { return time.Since(base) }
		p := pace{start: now(), rate: rate}
		var waits histogram.Histogram
		for sent := 0; sent < rate*seconds; {
			if wait := p.due() - now(); wait > 0 {
				<-time.After(wait)
			}
			if sent == rate {
				<-time.After(time.Second) // the server, or the client, stands still
			}
			for {
				due, ok := p.take(now())
				if !ok {
					break
				}
				if want := time.Duration(sent) * time.Second / rate; due != want {
					t.Fatalf("message %d is due at %v, want %v", sent, due, want)
				}
				waits.Record(now() - due)
				sent++
			}
		}
		if end := now(); end != (seconds*rate-1)*time.Second/rate {
			t.Errorf("the last message was sent at %v", end)
		}
		// A quarter of the messages became due while all stood still; half of
		// those waited for half a second and more.
		if q := waits.Quantile(0.75); q > 0 {
			t.Errorf("three quarters of the messages waited for %v", q)
		}
		if q := waits.Quantile(0.875); q < 480*time.Millisecond || q > 520*time.Millisecond {
			t.Errorf("an eighth of the messages waited for more than %v, want some 500ms", q)
		}
		if q := waits.Quantile(1); q < 990*time.Millisecond || q > 1010*time.Millisecond {
			t.Errorf("the longest wait was %v, want 1s", q)
		}
	})
}

// Rates that do not divide a second do not drift.
func TestPaceDoesNotDrift(t *testing.T) {
	p := pace{rate: 7}
	for range 7 * 3600 {
		if _, ok := p.take(time.Hour); !ok {
			t.Fatalf("message %d is not due", p.sent)
		}
	}
	if due := p.due(); due != time.Hour {
		t.Errorf("after an hour's messages the next is due at %v", due)
	}
	if due, ok := p.take(time.Hour - 1); ok {
		t.Errorf("taken before its time, as due at %v", due)
	}
}
