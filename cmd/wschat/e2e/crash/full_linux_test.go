//go:build e2e

package crash

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"wschat/cmd/wschat/e2e/target"
)

// PROTOCOL 6: a full disk, here a limit on the size of files: senders get
// unavailable, /healthz 503, everything else goes on, and so does the journal when
// there is room, by itself.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	s := target.Start(t, "-data", dir)
	a, b := open(t, s, "A"), open(t, s, "B")
	if code := health(t, s); code != http.StatusOK {
		t.Errorf("at first /healthz answers %d", code)
	}
	limitFiles(t, s, 64<<10)
	kilobyte := strings.Repeat("x", 1<<10)
	var want []string
	for i := range 100 {
		text := fmt.Sprint(i, kilobyte)
		e := say(t, a, text)
		if e.Event == "error" {
			if e.Code != "unavailable" {
				t.Fatalf("got %+v", e)
			}
			break
		}
		want = append(want, text)
	}
	if n := len(want); n < 10 || n > 64 {
		t.Fatalf("%d messages fit", n)
	}
	if code := health(t, s); code != http.StatusServiceUnavailable {
		t.Errorf("when it is full /healthz answers %d", code)
	}
	if got := history(t, a); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%d messages are there, want %d", len(got), len(want))
	}
	if err := b.SendText(`{"op":"who","id":"1"}`); err != nil {
		t.Fatal(err)
	}
	next(t, b, "members")

	limitFiles(t, s, 1<<30)
	if !target.Until(func() bool { return health(t, s) == http.StatusOK }) {
		t.Errorf("with room again /healthz answers %d", health(t, s))
	}
	for i := range 10 {
		text := fmt.Sprint("more", i)
		if e := say(t, a, text); e.Event != "ack" || e.Seq != uint64(len(want)+1) {
			t.Fatalf("with room again: %+v", e)
		}
		want = append(want, text)
	}
	s.Kill() // the log has errors, rightly

	s = target.Start(t, "-data", dir)
	a = open(t, s, "A")
	if got := history(t, a); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("after a restart %d messages are there, want %d", len(got), len(want))
	}
}

// limitFiles bounds the size of the files that the server writes.
func limitFiles(t *testing.T, s *target.Server, bytes uint64) {
	t.Helper()
	limit := syscall.Rlimit{Cur: bytes, Max: 1 << 30}
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(s.Pid()), syscall.RLIMIT_FSIZE,
		uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
	if errno != 0 {
		t.Fatal("prlimit: ", errno)
	}
}
