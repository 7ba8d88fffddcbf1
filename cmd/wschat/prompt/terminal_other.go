//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package prompt

import (
	"errors"
	"os"
)

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// withoutEcho fails: a password must not stand on the screen.
func withoutEcho(*os.File, func() error) error {
	return errors.New("expected the password from a pipe on this system, got a terminal")
}
