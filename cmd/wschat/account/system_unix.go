//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package account

import (
	"os"
	"path/filepath"
	"syscall"
)

// lock waits until the directory is this process's. The lock ends with the file, or the
// process.
func lock(dir *os.File) error {
	for {
		if err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX); err != syscall.EINTR {
			return err
		}
	}
}

// syncDir makes a rename safe.
func syncDir(dir *os.File) error { return dir.Sync() }

// keepOwner gives a new file the owner of the old one, or else of the directory: root may
// change the file of a server that runs as somebody else, and must be able to read it. Others
// cannot give a file away, and need not.
func keepOwner(f *os.File, old string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(old)
	if err != nil {
		info, err = os.Stat(filepath.Dir(old))
	}
	if err != nil {
		return err
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return f.Chown(int(stat.Uid), int(stat.Gid))
	}
	return nil
}
