package loop

import (
	"testing"
	"time"

	"wschat/frame"
)

// bigFrame is one whose payload is still to come.
func bigFrame(n int) []byte {
	return frame.AppendHeader(nil, frame.Header{Fin: true, Opcode: frame.Binary, Masked: true, Length: int64(n)})
}

// trickle sends size bytes every so often until the connection is over, and
// returns how long that took; at most for the time given.
func trickle(c *client, size int, every, most time.Duration) time.Duration {
	start := time.Now()
	ended := make(chan bool)
	go func() { // reads pings away
		defer close(ended)
		for {
			if _, err := c.Next(); err != nil {
				return
			}
		}
	}()
	for time.Since(start) < most {
		select {
		case <-ended:
			return time.Since(start)
		case <-time.After(every):
			c.Raw(make([]byte, size)) // an error means that it is over
		}
	}
	return time.Since(start)
}

// A frame that comes byte by byte, so as never to be silent and never to be done,
// is no sign of life; one that comes in earnest is, in whatever pieces.
func TestSlowFrames(t *testing.T) {
	const ping, size = 8 * time.Second, 1 << 30
	for _, row := range []struct {
		name  string
		head  []byte
		bytes int
		every time.Duration
		dies  bool
	}{
		{"a byte a tick", bigFrame(size), 1, longestTick, true},
		{"a byte a millisecond", bigFrame(size), 1, 5 * time.Millisecond, true}, // 400 from visit to visit
		{"a little less than enough", bigFrame(size), lifeBytes - 1, 3 * time.Second, true},
		{"enough at once", bigFrame(size), lifeBytes, time.Second, false},
		{"enough in small pieces", bigFrame(size), 64, ping / minVisits / 16, false},
		{"enough, but seldom", bigFrame(size), lifeBytes, 2 * ping, false},
		{"never more than half a header", []byte{0x82}, 0, time.Second, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			inBubble(t, Config{Loops: 1, Ping: ping}, func(t *testing.T, ls *Loops) {
				r := newRecord()
				c := pipe(t, ls, r)
				if err := c.Raw(row.head); err != nil {
					t.Fatal(err)
				}
				const most = 10 * ping
				took := trickle(c, row.bytes, row.every, most)
				if row.dies && (took > 3*ping+4*longestTick+row.every || took < 2*ping) || !row.dies && took < most {
					t.Errorf("ended after %v", took)
				}
				c.conn.Close()
				r.code(t)
			})
		})
	}
}
