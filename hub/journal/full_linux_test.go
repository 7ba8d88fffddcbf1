package journal

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

func init() {
	children["limit"] = func(dir string) {
		signal.Ignore(syscall.SIGXFSZ)
		limit(64 << 10)
		fill(dir, 0, syscall.EFBIG, func() { limit(1 << 20) })
	}
	children["tmpfs"] = func(dir string) {
		mount(dir, "size=256k")
		fill(dir, 50<<10, syscall.ENOSPC, func() { mount(dir, "remount,size=8m") })
	}
}

// A full disk fails those who write, leaves nothing half-written, and is over as
// soon as there is room. Here the disk is a limit on the size of files.
func TestFileSizeLimit(t *testing.T) {
	if out, err := childCommand("limit", t.TempDir()).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// The same with a small file system, in a mount namespace of the child's own.
func TestFullDisk(t *testing.T) {
	cmd := childCommand("tmpfs", t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) || strings.Contains(string(out), "mount: ") {
		t.Logf("no file systems of one's own here, which leaves TestFileSizeLimit: %v %s", err, out)
		return
	}
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func limit(bytes uint64) {
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: 1 << 30}); err != nil {
		fail("limit: %v", err)
	}
}

func mount(dir, options string) {
	var flags uintptr
	if rest, ok := strings.CutPrefix(options, "remount,"); ok {
		flags, options = syscall.MS_REMOUNT, rest
	}
	if err := syscall.Mount("journal", dir, "tmpfs", flags, options); err != nil {
		fail("mount: %v", err)
	}
}

// fill writes until the disk is full, and on when there is room.
func fill(dir string, segmentSize int64, full error, makeRoom func()) {
	s, err := Open(Config{Dir: dir, segmentSize: segmentSize})
	if err != nil {
		fail("%v", err)
	}
	var want []string
	write := func(size int) error {
		m := text("all", fmt.Sprint(len(want), strings.Repeat("x", size)))
		err := try(s, m, "")
		if err == nil {
			want = append(want, string(m.Body))
		}
		return err
	}
	for err = nil; err == nil; err = write(3000) {
	}
	for range 5 {
		if !errors.Is(err, full) {
			fail("full, and the error is %v", err)
		}
		var out strings.Builder
		if err := Dump(&out, dir); err != nil || strings.Contains(out.String(), "torn record") {
			fail("while it is full: %v, half a record is left", err)
		}
		err = write(10_000)
	}
	if len(want) < 10 {
		fail("%d messages were written", len(want))
	}
	makeRoom()
	for range 10 {
		if err := write(3000); err != nil {
			fail("there is room: %v", err)
		}
	}
	for range 2 {
		if got := bodies(s, "all"); strings.Join(got, " ") != strings.Join(want, " ") {
			fail("%d messages are there, want %d", len(got), len(want))
		}
		if err := s.Close(); err != nil {
			fail("%v", err)
		}
		if s, err = Open(Config{Dir: dir}); err != nil {
			fail("%v", err)
		}
	}
	s.Close()
}
