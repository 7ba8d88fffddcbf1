//go:build unix

package load

import (
	"fmt"
	"syscall"
)

// checkDescriptors reports whether this process may have so many connections.
// The Go runtime has raised the limit as far as it goes.
func checkDescriptors(conns int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return nil // then opening them will tell
	}
	if need := uint64(conns + spare); uint64(limit.Cur) < need {
		return fmt.Errorf("--conns: %d connections need %d descriptors, and this process may have %d (ulimit -n)", conns, need, limit.Cur)
	}
	return nil
}
