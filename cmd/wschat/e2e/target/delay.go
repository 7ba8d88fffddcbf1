//go:build e2e || soak

package target

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Delays knows how long a server has waited for a processor that others had: that is the
// machine's fault. Safe for concurrent use.
type Delays struct {
	mu      sync.Mutex
	samples []delay
}

// delay is what each thread has waited in all, by its name below /proc.
type delay struct {
	at      time.Time
	threads map[string]time.Duration
}

// Delays measures until the test ends. It needs Linux: elsewhere nothing is ever waited for.
func (s *Server) Delays() *Delays {
	d := &Delays{}
	end := make(chan struct{})
	var measuring sync.WaitGroup
	measuring.Go(func() {
		pace := time.NewTicker(25 * time.Millisecond)
		defer pace.Stop()
		for {
			d.add(delay{time.Now(), s.delays()})
			select {
			case <-pace.C:
			case <-end:
				return
			}
		}
	})
	s.t.Cleanup(func() {
		close(end)
		measuring.Wait()
	})
	return d
}

func (d *Delays) add(sample delay) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.samples = append(d.samples, sample)
}

// delays reads the second field of schedstat: nanoseconds on the queue of a processor.
func (s *Server) delays() map[string]time.Duration {
	threads := make(map[string]time.Duration)
	files, _ := filepath.Glob(s.proc("task/*/schedstat"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		var ran, waited time.Duration
		if err != nil { // the thread has ended
			continue
		}
		if _, err := fmt.Sscan(string(text), &ran, &waited); err == nil {
			threads[file] = waited
		}
	}
	return threads
}

// Between tells how long the thread waited that waited longest between two moments.
func (d *Delays) Between(from, to time.Time) (longest time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var first, last *delay
	for i := range d.samples {
		if sample := &d.samples[i]; first == nil || !sample.at.After(from) {
			first = sample
		}
		if last = &d.samples[i]; !last.at.Before(to) {
			break
		}
	}
	if first == nil {
		return 0
	}
	for thread, waited := range last.threads {
		longest = max(longest, waited-first.threads[thread])
	}
	return longest
}
