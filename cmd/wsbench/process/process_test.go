package process

import (
	"errors"
	"os"
	"runtime"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	const rest = " 1 2 3 4 5 6 7 8 9 10 1234 56 0 0 20 0 1 0 99 1000 10\n"
	for _, row := range []struct {
		name, stat string
		want       Usage
		err        error
	}{
		{"running", "7 (server) R" + rest, Usage{CPU: 12900 * time.Millisecond}, nil},
		{"a name with spaces and parentheses", "7 (a) Z (b) S" + rest, Usage{CPU: 12900 * time.Millisecond}, nil},
		{"ended, not yet waited for", "7 (server) Z" + rest, Usage{}, os.ErrProcessDone},
	} {
		got, err := parseStat([]byte(row.stat))
		if got != row.want || !errors.Is(err, row.err) {
			t.Errorf("%s: %+v, %v, want %+v, %v", row.name, got, err, row.want, row.err)
		}
	}
	for _, stat := range []string{"", "7 (server", "7 (server) R 1 2", "7 (server) R 1 2 3 4 5 6 7 8 9 10 x y z"} {
		if _, err := parseStat([]byte(stat)); err == nil {
			t.Errorf("%q: no error", stat)
		}
	}
}

func TestKibibytes(t *testing.T) {
	const status = "Name:\tVmRSS:\nVmHWM:\t  2048 kB\nVmRSS:\t    1024 kB\nThreads:\t4\n"
	if got := kibibytes([]byte(status), "VmRSS:"); got != 1<<20 {
		t.Errorf("VmRSS: %d, want %d", got, 1<<20)
	}
	if got := kibibytes([]byte(status), "VmSwap:"); got != 0 {
		t.Errorf("VmSwap: %d, want 0", got)
	}
}

// This process has memory, and more CPU time after some work than before.
func TestRead(t *testing.T) {
	if runtime.GOOS != "linux" {
		if _, err := Read(os.Getpid()); err == nil {
			t.Error("no error without Linux's /proc")
		}
		return
	}
	before, err := Read(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if before.RSS < 1<<20 {
		t.Errorf("resident: %d", before.RSS)
	}
	machine := Machine()
	for end := time.Now().Add(20 * time.Second); ; {
		now, err := Read(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		if now.CPU > before.CPU && Machine() > machine {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("CPU time stands still: %v, of the machine %v", now.CPU, Machine())
		}
	}
}

func TestReadOfNoProcess(t *testing.T) {
	if _, err := Read(1 << 30); err == nil {
		t.Error("no error")
	}
}
