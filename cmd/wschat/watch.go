package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"
)

// watchEvery is how often files are looked at that are read again when they change.
const watchEvery = time.Second

// settled is how old a file must be before its time tells that it has not changed: the
// clocks of file systems may be as coarse as that.
const settled = 3 * time.Second

// maxWatched bounds such a file, in bytes.
const maxWatched = 64 << 20

// watched is a file that is read again when it changes. What it was last holds while the new
// one is bad, and the log says so. Only one goroutine may use it.
type watched struct {
	what string // as the log calls it
	file string
	take func(text []byte) error // uses a new text, or finds it bad
	log  *slog.Logger

	text    []byte
	info    os.FileInfo // of the file that text came from; nil: it may have changed since
	seen    os.FileInfo // at the last look: one that has changed since is being written
	failure string      // of the last look; logged once
}

// read reads the file for the first time.
func (w *watched) read() error {
	f, err := os.Open(w.file)
	if err != nil {
		return fmt.Errorf("%s: %w", w.what, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxWatched+1))
	if err == nil {
		err = w.use(text)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", w.what, w.file, err)
	}
	return nil
}

func (w *watched) use(text []byte) error {
	if len(text) > maxWatched {
		return fmt.Errorf("expected at most %d bytes, got more", maxWatched)
	}
	if err := w.take(text); err != nil {
		return err
	}
	w.text = text
	return nil
}

// look reads the file again if it has changed.
func (w *watched) look() {
	changed, err := w.again()
	switch {
	case err != nil && w.failure != err.Error():
		w.failure = err.Error()
		w.log.Error(w.what+" not read again, the old one stays", "error", err)
	case err == nil:
		w.failure = ""
	}
	if changed {
		w.log.Info(w.what+" read again", "file", w.file)
	}
}

// again reads a regular file only: another one may keep its reader waiting.
func (w *watched) again() (changed bool, err error) {
	info, err := os.Stat(w.file)
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() {
		return false, fmt.Errorf("%s is not a regular file any more", w.file)
	}
	seen := w.seen
	if w.seen = info; !isSame(seen, info) || isSame(w.info, info) {
		return false, nil
	}
	f, err := os.Open(w.file)
	if err != nil {
		return false, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxWatched+1))
	if err != nil {
		return false, err
	}
	if !bytes.Equal(text, w.text) {
		if err := w.use(text); err != nil {
			return false, fmt.Errorf("%s: %w", w.file, err)
		}
		changed = true
	}
	w.info = nil
	if time.Since(info.ModTime()) > settled {
		w.info = info
	}
	return changed, nil
}

// isSame reports whether a file is as it was before; nil: nothing is known of that.
func isSame(before, now os.FileInfo) bool {
	return before != nil && os.SameFile(before, now) && before.Size() == now.Size() && before.ModTime().Equal(now.ModTime())
}

// watch looks at files until stop is closed.
func watch(stop <-chan struct{}, files ...*watched) {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			for _, w := range files {
				w.look()
			}
		case <-stop:
			return
		}
	}
}
