package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// stalled is a writer that takes nothing until it is released.
type stalled struct {
	output
	release chan struct{}
}

func (s *stalled) Write(p []byte) (int, error) {
	<-s.release
	return s.output.Write(p)
}

// Nobody waits for a reader of the log: what does not fit is dropped and counted,
// what fits comes in order.
func TestLogWithoutReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &stalled{release: make(chan struct{})}
		w := startLog(out)
		const n, size = 3000, 1 << 10
		line := func(i int) string { return fmt.Sprintf("%0*d\n", size-1, i) }
		w.Write([]byte(line(0)))
		synctest.Wait() // it is being written now
		for i := 1; i < n; i++ {
			w.Write([]byte(line(i)))
		}
		const fits = maxPendingLog/size + 1
		if got := w.dropped.Load(); got != n-fits {
			t.Errorf("%d lines dropped, want %d", got, n-fits)
		}
		close(out.release)
		w.close()
		var want strings.Builder
		for i := range fits {
			want.WriteString(line(i))
		}
		if out.String() != want.String() {
			t.Errorf("%d bytes written, want the first %d lines", len(out.String()), fits)
		}
	})
}

// The end does not wait for long.
func TestLogCloseIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &stalled{release: make(chan struct{})}
		w := startLog(out)
		w.Write([]byte("a\n"))
		began := time.Now()
		w.close()
		if took := time.Since(began); took != logFlushTime {
			t.Errorf("close took %v, want %v", took, logFlushTime)
		}
		w.Write([]byte("behind the end\n"))
		if got := w.dropped.Load(); got != 1 {
			t.Errorf("%d lines dropped, want 1", got)
		}
		close(out.release) // as the end of the process does
		<-w.ended
	})
}

// fullDisk is a disk with room for some bytes.
type fullDisk struct {
	bytes.Buffer
	room int
}

func (f *fullDisk) Write(p []byte) (int, error) {
	n := min(len(p), f.room)
	f.room -= n
	f.Buffer.Write(p[:n])
	if n < len(p) {
		return n, errors.New("no space left on device")
	}
	return n, nil
}

// A line that cannot be written is dropped and counted, and the next one is tried.
func TestLogOnFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &fullDisk{room: len("whole\nha")}
		w := startLog(out)
		for _, line := range []string{"whole\n", "half\n", "none\n"} {
			w.Write([]byte(line))
			synctest.Wait()
		}
		if got := w.dropped.Load(); got != 2 {
			t.Errorf("%d lines dropped, want 2", got)
		}
		out.room = 100
		w.Write([]byte("again\n"))
		w.close()
		if got := out.String(); got != "whole\nha\nagain\n" {
			t.Errorf("written %q", got)
		}
	})
}
