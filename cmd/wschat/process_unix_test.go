//go:build unix

package main

import (
	"syscall"
	"testing"
)

func TestDefaultMaxConns(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if n := defaultMaxConns(); limit.Cur <= 1<<30 && (n < int(limit.Cur/2) || n >= int(limit.Cur)) {
		t.Errorf("got %d of %d descriptors, want a reserve, but not all", n, limit.Cur)
	}
}
