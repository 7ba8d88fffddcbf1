//go:build e2e

package crash

import (
	"fmt"
	"strings"
	"testing"

	"wschat/cmd/wschat/e2e/target"
	"wschat/hub/chat"
	"wschat/hub/journal"
)

// BenchmarkStart starts the binary on a journal with a million messages of 128
// bytes. ns/op is the time until it listens, MiB its resident size then.
func BenchmarkStart(b *testing.B) {
	const messages = 1_000_000
	for _, conversations := range []int{1, 1000, 100_000} {
		b.Run(fmt.Sprint(conversations, " conversations"), func(b *testing.B) {
			dir := b.TempDir()
			fill(b, dir, messages, conversations)
			var peak int64
			for b.Loop() {
				s := target.Start(b, "-data", dir, "-history", "0")
				b.StopTimer()
				_, top := s.Memory()
				peak = max(peak, top)
				s.Stop()
				b.StartTimer()
			}
			b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
		})
	}
}

func fill(b *testing.B, dir string, messages, conversations int) {
	s, err := journal.Open(journal.Config{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	const window = 10_000 // so many are under way
	stored := make(chan error, window)
	body := []byte(strings.Repeat("x", 128))
	for i := range messages + window {
		if i >= window {
			if err := <-stored; err != nil {
				b.Fatal(err)
			}
		}
		if i < messages {
			group := fmt.Sprint("group", i%conversations)
			s.Append(&chat.Message{Conversation: group, From: fmt.Sprint("user", i%200), To: group, Body: body}, func(err error) { stored <- err })
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}
