//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package journal

import (
	"errors"
	"fmt"
	"os"
)

// lockDir fails: without a lock two processes could destroy a journal.
func lockDir(dir string) (*os.File, error) {
	return nil, fmt.Errorf("journal: lock %s: %w on this system", dir, errors.ErrUnsupported)
}

func hold(*os.File) bool  { return true }
func claim(*os.File) bool { return false }
