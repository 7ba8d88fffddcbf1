package journal

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wschat/hub/chat"
)

// syncTime returns what it takes here to write and sync a batch of 200 messages,
// in the middle.
func syncTime(b *testing.B) time.Duration {
	f, err := os.Create(filepath.Join(b.TempDir(), "file"))
	must(b, err)
	defer f.Close()
	batch := make([]byte, 200*170)
	times := make([]time.Duration, 101)
	for i := range times {
		begun := time.Now()
		_, err := f.Write(batch)
		must(b, err)
		must(b, f.Sync())
		times[i] = time.Since(begun)
	}
	slices.Sort(times)
	return times[len(times)/2]
}

// Senders of 128 bytes, each of whom waits for its ack, as fast as they can or at
// a rate (messages a second of all of them; 0: no limit).
func BenchmarkAppend(b *testing.B) {
	const keep = 1000
	for _, senders := range []int{1, 200} {
		for _, rate := range []int{0, 20_000} {
			b.Run(fmt.Sprintf("senders=%d/rate=%d", senders, rate), func(b *testing.B) {
				alone := syncTime(b)
				var syncs []time.Duration // by the committer, and in Open
				s := open(b, Config{Dir: b.TempDir(), Keep: keep, compactAt: never, disk: syncing{do: func(f *os.File) error {
					begun := time.Now()
					err := f.Sync()
					syncs = append(syncs, time.Since(begun))
					return err
				}}})
				body := strings.Repeat("x", 128)
				times := make([]time.Duration, b.N)
				b.ReportAllocs()
				b.ResetTimer()
				started := time.Now()
				var sending sync.WaitGroup
				for w := range senders {
					sending.Go(func() {
						stored := make(chan error, 1)
						done := func(err error) { stored <- err }
						for i := w; i < b.N; i += senders {
							if rate > 0 {
								<-time.After(time.Until(started.Add(time.Duration(i) * time.Second / time.Duration(rate))))
							}
							begun := time.Now()
							s.Append(text("groupA", body), done)
							if err := <-stored; err != nil {
								b.Error(err)
								return
							}
							times[i] = time.Since(begun)
						}
					})
				}
				sending.Wait()
				b.StopTimer()
				closeStore(b, s)
				slices.Sort(times)
				slices.Sort(syncs)
				b.ReportMetric(float64(b.N)/float64(len(syncs)), "msg/fsync")
				b.ReportMetric(float64(syncs[len(syncs)/2].Microseconds()), "fsync-µs")
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
				b.ReportMetric(float64(times[b.N/2].Microseconds()), "p50-µs")
				b.ReportMetric(float64(times[b.N*99/100].Microseconds()), "p99-µs")
				b.ReportMetric(float64(alone.Microseconds()), "fsync-alone-µs")
			})
		}
	}
}

const million = 1_000_000

func init() {
	children["recover"] = func(dir string) {
		begun := time.Now()
		s, err := Open(Config{Dir: dir})
		if err != nil {
			fail("%v", err)
		}
		took := time.Since(begun)
		status, err := os.ReadFile("/proc/self/status")
		if err != nil {
			fail("%v", err)
		}
		for _, name := range []string{"VmHWM:", "VmRSS:"} {
			_, rest, _ := strings.Cut(string(status), name)
			fmt.Printf("%s ", strings.Fields(rest)[0])
		}
		fmt.Println(took.Microseconds())
		s.Close()
	}
}

// The start with 1,000,000 messages of 128 bytes, all of which are kept, in a
// process of its own: its time, and the most memory that it has had resident.
func BenchmarkRecover(b *testing.B) {
	for _, conversations := range []int{1, 1000, 100_000} {
		b.Run(fmt.Sprintf("conversations=%d", conversations), func(b *testing.B) {
			dir := b.TempDir()
			s := open(b, Config{Dir: dir, disk: noSync{}})
			body := strings.Repeat("x", 128)
			var stored sync.WaitGroup
			for i := range million {
				stored.Add(1)
				s.Append(text(fmt.Sprint("group", i%conversations), body), func(err error) {
					must(b, err)
					stored.Done()
				})
				if i%10_000 == 0 {
					stored.Wait()
				}
			}
			stored.Wait()
			closeStore(b, s)
			runtime.GC()
			var peak, rss, took float64
			for b.Loop() {
				out, err := childCommand("recover", dir).Output()
				must(b, err)
				_, err = fmt.Sscan(string(out), &peak, &rss, &took)
				must(b, err)
			}
			b.ReportMetric(took/1e6, "s")
			b.ReportMetric(peak/1024, "MiB-peak")
			b.ReportMetric(rss/1024, "MiB-rss")
		})
	}
}

// An answer of 50 messages, as an event loop waits for it.
func BenchmarkHistory(b *testing.B) {
	s := open(b, Config{Dir: b.TempDir(), Keep: 1000, disk: noSync{}})
	for range 2000 {
		say(b, s, "groupA", strings.Repeat("x", 128))
	}
	b.ReportAllocs()
	for b.Loop() {
		if messages, _, _ := s.History("groupA", chat.Query{Direction: chat.Before, Seq: 1500, Limit: 50}); len(messages) != 50 {
			b.Fatal(len(messages))
		}
	}
}

// A compaction of 200,000 messages, half of which are kept.
func BenchmarkCompact(b *testing.B) {
	dir := b.TempDir()
	s := open(b, Config{Dir: dir, Keep: 100, segmentSize: 8 << 20, compactAt: never, disk: noSync{}})
	for i := range 200_000 {
		s.Append(text(fmt.Sprint("group", i%1000), strings.Repeat("x", 128)), func(err error) { must(b, err) })
		if i%10_000 == 0 {
			say(b, s, "all", "x")
		}
	}
	closeStore(b, s)
	for b.Loop() {
		b.StopTimer()
		copied := b.TempDir()
		must(b, os.CopyFS(copied, os.DirFS(dir)))
		s := open(b, Config{Dir: copied, Keep: 100, segmentSize: 8 << 20, compactAt: never})
		b.StartTimer()
		must(b, s.compactSealed())
		b.StopTimer()
		closeStore(b, s)
		b.StartTimer()
	}
}
