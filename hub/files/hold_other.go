//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package files

import (
	"os"
	"time"
)

// hold reports whether nobody writes to a file, where there are no locks: it is new, or has been
// still for longer than any upload may.
func hold(f *os.File) (bool, error) {
	info, err := f.Stat()
	return err == nil && (info.Size() == 0 || time.Since(info.ModTime()) > time.Hour), err
}

// holdWhenFree does nothing: of two claims at once, one may have the name of the other.
func holdWhenFree(f *os.File) error { return nil }
