package main

import (
	"runtime/metrics"
	"testing"
)

var sink []byte

// A collection is due once after much has been allocated, when it is quiet again.
func TestTrimmer(t *testing.T) {
	tr := newTrimmer()
	tr.collected = tr.last
	if tr.due() {
		t.Error("due without any reason")
	}
	allocate := func(bytes int) {
		for range bytes >> 16 {
			sink = make([]byte, 1<<16)
		}
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	much := int(max(trimLeast, live[0].Value.Uint64()/8)) + 1<<20
	allocate(much)
	if tr.due() {
		t.Error("due in the midst of work")
	}
	if !tr.due() {
		t.Error("not due after it")
	}
	if tr.due() {
		t.Error("due a second time")
	}
	allocate(trimLeast / 8)
	if tr.due() {
		t.Error("due after little")
	}
}
