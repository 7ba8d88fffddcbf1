package redis

import (
	"testing"
	"time"
)

// A slow answer does not move the clock back by what it has taken, or for two seconds
// everything would be too late.
func TestClock(t *testing.T) {
	var c clock
	begin := time.Unix(1000, 0)
	for _, row := range []struct {
		what                   string
		shows, asked, answered time.Duration // of the test
		offset                 time.Duration
	}{
		{"the first answer is slow", 7 * time.Second, 2 * time.Second, 5 * time.Second, 2 * time.Second},
		{"a quick answer tells more", 16 * time.Second, 11 * time.Second, 11100 * time.Millisecond, 4900 * time.Millisecond},
		{"a slow one tells nothing new", 21 * time.Second, 16 * time.Second, 18 * time.Second, 4900 * time.Millisecond},
		{"the clock was set forward", 100 * time.Second, 20 * time.Second, 20 * time.Second, 80 * time.Second},
		{"the clock was set back", 31 * time.Second, 30 * time.Second, 31 * time.Second, 0},
	} {
		c.set(begin.Add(row.shows).UnixMicro(), begin.Add(row.asked), begin.Add(row.answered))
		if got := time.Duration(c.offset.Load()) * time.Microsecond; got != row.offset {
			t.Errorf("%s: the offset is %v, want %v", row.what, got, row.offset)
		}
	}
}
