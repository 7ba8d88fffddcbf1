//go:build unix

package main

import (
	"syscall"
	"testing"
)

func TestDescriptors(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Cur > 1<<30 {
		limit.Cur = 0
	}
	if n := descriptors(); n != int(limit.Cur) {
		t.Errorf("got %d descriptors, want %d", n, limit.Cur)
	}
}
