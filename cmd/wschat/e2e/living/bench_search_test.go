//go:build e2e && linux

package living

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
	"wschat/handshake"
)

// How long a private message takes, echoed by its own author's second connection, while 16
// others search 1 GiB of history without a pause, next to what it takes when nobody does.
//
//	go test -tags e2e -run '^$' -bench Search -benchtime 10s ./cmd/wschat/e2e/living/
func BenchmarkPrivateBesideSearches(b *testing.B) {
	const searchers, history = 16, 1 << 30
	text := strings.Repeat("quiet words ", 85) // about 1 KiB
	s := target.Start(b, "-rate", "0", "-queue", "0", "-presence", "none", "-history", "0", "-history-bytes", "0", "-memory", "0")
	fill(b, s, text, history/len(text))
	for _, n := range []int{0, searchers} {
		b.Run(fmt.Sprintf("searchers=%d", n), func(b *testing.B) {
			stop := make(chan struct{})
			var busy sync.WaitGroup
			for i := range n {
				c := open(b, s, fmt.Sprint("S", i))
				busy.Go(func() { search(b, c, stop) })
			}
			from, to := open(b, s, "A"), open(b, s, "B")
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				send(b, from, `{"op":"send","to":"B","text":"x"}`)
				await(b, to, `"event":"message"`)
				took = append(took, time.Since(start))
				await(b, from, `"event":"message"`)
				time.Sleep(2 * time.Millisecond)
			}
			close(stop)
			busy.Wait()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs-p50")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "µs-p99")
		})
	}
}

// fill has somebody say something so many times.
func fill(b *testing.B, s *target.Server, text string, n int) {
	b.Helper()
	c := open(b, s, "F")
	line := []byte(`{"op":"send","to":"all","text":"` + text + `"}`)
	var busy sync.WaitGroup
	busy.Go(func() {
		for range n {
			if err := c.Send(frame.Text, line); err != nil {
				b.Error(err)
				return
			}
		}
	})
	for range n {
		await(b, c, `"event":"message"`)
	}
	busy.Wait()
	c.Conn.Close()
}

// search searches for what is not there until stop is closed.
func search(b *testing.B, c *target.Client, stop chan struct{}) {
	for before := ""; ; {
		select {
		case <-stop:
			c.Conn.Close()
			return
		default:
		}
		send(b, c, `{"op":"search","of":"all","text":"loud"`+before+`}`)
		answer := await(b, c, `"event":"found"`)
		before = ""
		if _, at, more := strings.Cut(answer, `"before":`); more {
			before = `,"before":` + at[:strings.IndexAny(at, ",}")]
		}
	}
}

func send(b *testing.B, c *target.Client, text string) {
	if err := c.SendText(text); err != nil {
		b.Error(err)
	}
}

// await reads until a text that holds something.
func await(b *testing.B, c *target.Client, what string) string {
	for {
		text, err := c.NextText()
		if err != nil {
			b.Error(err)
			return ""
		}
		if strings.Contains(text, what) {
			return text
		}
	}
}

func open(b *testing.B, s *target.Server, user string) *target.Client {
	b.Helper()
	c, err := s.OpenWith("/socket?userId="+user, handshake.Dialer{Protocols: []string{"wschat.v1.json"}})
	if err != nil {
		b.Fatal(err)
	}
	return c
}
