//go:build e2e

package conformance

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// output is what a process has written. Safe for concurrent use.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// server is a running wschat with -echo.
type server struct {
	cmd    *exec.Cmd
	stderr output
	addr   string // host:port
}

// listening is the log line that tells the port.
var listening = regexp.MustCompile(`listening"? addr=([^ "]+)`)

// start runs wschat until the test and its parallel parts end; it must then
// stop in order, and have logged nothing bad.
func start(t *testing.T, flags ...string) *server {
	t.Helper()
	s := new(server)
	s.cmd = exec.Command(program, append([]string{"-addr", "127.0.0.1:0", "-echo", "-drain", "2s"}, flags...)...)
	s.cmd.Stderr = &s.stderr
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "WSCHAT_") {
			s.cmd.Env = append(s.cmd.Env, variable)
		}
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.stop(t) })
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for end := time.Now().Add(patience); ; <-poll.C {
		if found := listening.FindStringSubmatch(s.stderr.String()); found != nil {
			s.addr = found[1]
			return s
		}
		if time.Now().After(end) {
			t.Fatalf("wschat did not start:\n%s", s.stderr.String())
		}
	}
}

func (s *server) stop(t *testing.T) {
	s.cmd.Process.Signal(syscall.SIGTERM) // Wait tells if it has ended already
	overdue := time.AfterFunc(patience, func() { s.cmd.Process.Kill() })
	err := s.cmd.Wait()
	overdue.Stop()
	if err != nil {
		t.Errorf("wschat ended with %v", err)
	}
	log := s.stderr.String()
	for _, bad := range []string{"panic", "fatal error", "level=ERROR"} {
		if strings.Contains(log, bad) {
			t.Errorf("the log has %q:\n%s", bad, log)
		}
	}
}

// memory returns the resident memory of the process in bytes.
func (s *server) memory(t *testing.T) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	var kib int64
	_, found, _ := strings.Cut(string(status), "VmRSS:")
	if _, err := fmt.Sscan(found, &kib); err != nil {
		t.Fatal(err)
	}
	return kib << 10
}
