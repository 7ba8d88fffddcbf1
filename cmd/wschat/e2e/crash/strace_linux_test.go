//go:build e2e

package crash

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"wschat/cmd/wschat/e2e/target"
)

// fault is real system calls that are made to fail, by strace.
type fault struct {
	t     *testing.T
	trace *exec.Cmd
	log   string
}

// inject makes system calls of the server on the journal in dir fail from now on:
// those named, comma-separated, as strace -e inject= says. when counts the calls of
// each thread.
func inject(t *testing.T, s *target.Server, dir, calls, how string) *fault {
	t.Helper()
	f := &fault{t: t, log: filepath.Join(t.TempDir(), "strace")}
	args := []string{"-f", "-o", f.log, "-p", strconv.Itoa(s.Pid()), "-e", "trace=" + calls, "-e", "inject=" + calls + ":" + how, "-P", dir}
	for _, segment := range []string{"0000000000000001.segment", "0000000000000002.segment"} {
		path := filepath.Join(dir, segment)
		args = append(args, "-P", path, "-P", path+".part")
	}
	f.trace = exec.Command("strace", args...)
	var said target.Output
	f.trace.Stderr = &said
	if err := f.trace.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.trace.Process.Kill() })
	if !target.Until(func() bool { return strings.Contains(said.String(), " attached") }) {
		t.Fatalf("strace does not trace: %s", said.String())
	}
	return f
}

// end lets everything succeed again, and returns how many calls have failed.
func (f *fault) end() int {
	f.t.Helper()
	f.trace.Process.Signal(syscall.SIGTERM)
	f.trace.Wait() // its status says how it was ended
	log, err := os.ReadFile(f.log)
	if err != nil {
		f.t.Fatal(err)
	}
	return strings.Count(string(log), "(INJECTED)")
}
