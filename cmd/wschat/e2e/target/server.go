//go:build e2e || soak

package target

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Patience is how long a test waits for something that must happen.
const Patience = 20 * time.Second

var program string // wschat; set by Main

// Main is what a TestMain calls: it finds or builds the binary, and returns the
// exit status.
func Main(m *testing.M) int {
	temp, err := os.MkdirTemp("", "wschat-target-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(temp)
	if program = os.Getenv("WSCHAT_BINARY"); program == "" {
		program = filepath.Join(temp, "wschat")
		if out, err := exec.Command("go", "build", "-o", program, "wschat/cmd/wschat").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%s%v\n", out, err)
			return 1
		}
	}
	return m.Run()
}

// Server is a running wschat. Safe for concurrent use, but for Stop and
// Kill.
type Server struct {
	Addr  string // host:port
	admin string // host:port of the operator's listener

	t      testing.TB
	cmd    *exec.Cmd
	stderr log
	ended  chan struct{} // closed when the process has ended
	killed bool
}

// log is what a process has written. Safe for concurrent use.
type log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// listening is the log line of a listener.
var listening = regexp.MustCompile(`msg="?([a-z ]*listening)"? .*?(?:addr|admin)=(\S+)\s`)

// Start runs wschat on a free port with these flags, until the test ends; it
// must then stop on SIGTERM with status 0, and must not have logged an error.
func Start(t testing.TB, flags ...string) *Server {
	t.Helper()
	return start(t, exec.Command(program, withAddrs(flags)...))
}

// Run runs wschat to its end, for what does not serve, and returns what it has
// printed and its exit status.
func Run(t testing.TB, args ...string) (output string, status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = environment()
	printed, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(printed), cmd.ProcessState.ExitCode()
}

// environment is ours, without what would set flags.
func environment() (env []string) {
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "WSCHAT_") {
			env = append(env, variable)
		}
	}
	return env
}

// StartWithin is Start for a process that may have so many descriptors only.
func StartWithin(t testing.TB, descriptors int, flags ...string) *Server {
	t.Helper()
	script := "ulimit -n " + strconv.Itoa(descriptors) + ` && exec "$0" "$@"`
	return start(t, exec.Command("sh", append([]string{"-c", script, program}, withAddrs(flags)...)...))
}

func withAddrs(flags []string) []string {
	return append([]string{"-addr", "127.0.0.1:0", "-admin", "127.0.0.1:0", "-drain", "2s"}, flags...)
}

func start(t testing.TB, cmd *exec.Cmd) *Server {
	t.Helper()
	s := &Server{t: t, cmd: cmd, ended: make(chan struct{})}
	s.cmd.Stderr = &s.stderr
	s.cmd.Env = environment()
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(s.ended)
		s.cmd.Wait() // its result is read from ProcessState
	}()
	t.Cleanup(s.Stop)
	if !Until(func() bool { return s.hasEnded() || s.findAddrs() }) || s.hasEnded() {
		t.Fatalf("wschat did not start:\n%s", s.Log())
	}
	return s
}

// findAddrs reports whether both listeners have told their addresses.
func (s *Server) findAddrs() bool {
	for _, found := range listening.FindAllStringSubmatch(s.Log(), -1) {
		if strings.Contains(found[1], "admin") {
			s.admin = found[2]
		} else {
			s.Addr = found[2]
		}
	}
	return s.Addr != "" && s.admin != ""
}

func (s *Server) hasEnded() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// Pid is the process.
func (s *Server) Pid() int { return s.cmd.Process.Pid }

// Log is what the server has logged until now.
func (s *Server) Log() string { return s.stderr.String() }

// Stop ends the server by SIGTERM, if it has not been ended so before, and
// checks how it ended and what it logged.
func (s *Server) Stop() {
	s.t.Helper()
	if s.killed {
		return
	}
	if !s.hasEnded() {
		s.cmd.Process.Signal(syscall.SIGTERM) // an error means that it has ended
	}
	select {
	case <-s.ended:
	case <-time.After(Patience):
		s.cmd.Process.Kill()
		<-s.ended
		s.t.Errorf("wschat did not stop on SIGTERM")
	}
	if status := s.cmd.ProcessState.ExitCode(); status != 0 {
		s.t.Errorf("wschat ended with status %d (%v)", status, s.cmd.ProcessState)
	}
	for _, bad := range []string{"panic", "fatal error", "DATA RACE", "level=ERROR"} {
		if text := s.Log(); strings.Contains(text, bad) {
			s.t.Errorf("the log has %q:\n%s", bad, text)
		}
	}
}

// Kill ends the server by SIGKILL. Nothing is checked then.
func (s *Server) Kill() {
	s.killed = true
	s.cmd.Process.Kill() // an error means that it has ended
	<-s.ended
}

// Until waits until ok is true, and reports whether it became so.
func Until(ok func() bool) bool {
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for end := time.Now().Add(Patience); !ok(); <-poll.C {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}
