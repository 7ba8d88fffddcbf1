//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockDir makes the directory this process's until the file is closed, or the
// process ends. It fails with ErrLocked at once if it is another's.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, wrap(err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("%w: %s", ErrLocked, dir)
	}
	return nil, fmt.Errorf("journal: lock %s: %w", dir, err)
}

// hold keeps claim from succeeding until the file is closed. It reports whether it has come
// in time.
func hold(f *os.File) bool {
	return !errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}

// claim reports whether a file has no name and nobody holds it; from now on nobody can. Of
// one with another name, a copy of somebody's perhaps, nothing may be cut off.
func claim(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Sys().(*syscall.Stat_t).Nlink > 0 {
		return false
	}
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
