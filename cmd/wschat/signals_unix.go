//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// failWrites makes an error of a write that would end the process: one beyond the
// limit on the size of files (ulimit -f), as on a full disk, and one to a pipe whose
// reader has gone, such as that of the log.
func failWrites() { signal.Ignore(syscall.SIGXFSZ, syscall.SIGPIPE) }
