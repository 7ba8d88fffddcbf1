package main

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxPendingLog bounds the bytes of lines that wait to be written.
	maxPendingLog = 256 << 10
	// logFlushTime bounds how long close waits for them to be written.
	logFlushTime = 250 * time.Millisecond
)

// logWriter writes log lines from a goroutine of its own, so that no other waits for
// the reader of the log: a full pipe, a stopped terminal, a slow disk. A line beyond
// maxPendingLog, or that cannot be written, is dropped and counted. Safe for concurrent use.
type logWriter struct {
	out     io.Writer
	dropped atomic.Uint64 // lines
	ended   chan struct{} // closed when the goroutine has ended

	mu      sync.Mutex
	closed  bool
	pending []byte        // whole lines
	more    chan struct{} // has an element when pending does; closed by close
}

// startLog starts the goroutine; close ends it.
func startLog(out io.Writer) *logWriter {
	w := &logWriter{out: out, ended: make(chan struct{}), more: make(chan struct{}, 1)}
	go w.run()
	return w
}

// Write takes one or more whole lines. It neither waits nor fails.
func (w *logWriter) Write(lines []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || len(w.pending)+len(lines) > maxPendingLog {
		w.drop(lines)
		return len(lines), nil
	}
	w.pending = append(w.pending, lines...)
	select {
	case w.more <- struct{}{}:
	default:
	}
	return len(lines), nil
}

// close waits until the pending lines are written, for logFlushTime at most. A write that
// is stuck even then ends with the process, since nothing else can end it.
func (w *logWriter) close() {
	w.mu.Lock()
	w.closed = true
	close(w.more)
	w.mu.Unlock()
	timer := time.NewTimer(logFlushTime)
	defer timer.Stop()
	select {
	case <-w.ended:
	case <-timer.C:
	}
}

// run writes until close.
func (w *logWriter) run() {
	defer close(w.ended)
	var spare []byte
	torn := false // the last write ended within a line
	for range w.more {
		w.mu.Lock()
		lines := w.pending
		w.pending = spare[:0]
		w.mu.Unlock()
		torn = w.write(lines, torn)
		spare = lines
	}
}

// write writes lines. If the last write was torn, it ends that line first. It reports
// whether it is torn itself.
func (w *logWriter) write(lines []byte, torn bool) bool {
	if torn {
		if _, err := w.out.Write([]byte("\n")); err != nil {
			w.drop(lines)
			return true
		}
	}
	n, err := w.out.Write(lines)
	if err != nil {
		w.drop(lines[n:])
	}
	return n > 0 && lines[n-1] != '\n'
}

func (w *logWriter) drop(lines []byte) {
	w.dropped.Add(uint64(bytes.Count(lines, []byte("\n"))))
}
