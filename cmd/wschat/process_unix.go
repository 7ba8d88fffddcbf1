//go:build unix

package main

import (
	"syscall"
	"time"
)

// defaultMaxConns is the limit of descriptors less a reserve, for handshakes
// under way, pages, the store and the operator; 0, no limit, where there is none.
func defaultMaxConns() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > 1<<30 {
		return 0
	}
	n := int(limit.Cur)
	return max(n-n/16-64, n/2)
}

// processorTime is what the process has used until now; 0 if the system does not
// tell.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
