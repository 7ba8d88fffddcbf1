//go:build e2e

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
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

// server is a running wschat.
type server struct {
	t      *testing.T
	cmd    *exec.Cmd
	stderr output
	addr   string        // host:port
	ended  chan struct{} // closed when the process has ended
}

// listening is the log line that tells the port, as text and as JSON.
var listening = regexp.MustCompile(`listening"? ?(?:addr=|,"addr":")([^ "]+)`)

// start runs wschat on a free port, with these flags, until the test ends; then
// it must stop on SIGTERM with status 0.
func start(t *testing.T, flags ...string) *server {
	t.Helper()
	return startAt(t, "127.0.0.1:0", flags...)
}

// startAt is start with an address.
func startAt(t *testing.T, addr string, flags ...string) *server {
	t.Helper()
	return startWith(t, nil, append([]string{"-addr", addr}, flags...)...)
}

// startWith is start with variables of the environment. The flags name the
// address.
func startWith(t *testing.T, env []string, flags ...string) *server {
	t.Helper()
	s := &server{t: t, ended: make(chan struct{})}
	s.cmd = exec.Command(program, append([]string{"-drain", "2s"}, flags...)...)
	s.cmd.Stderr = &s.stderr
	s.cmd.Env = cleanEnv(env...)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(s.ended)
		s.cmd.Wait() // its result is read from ProcessState
	}()
	t.Cleanup(s.stop)
	until(t, "log line with the address", func() bool {
		if found := listening.FindStringSubmatch(s.stderr.String()); found != nil {
			s.addr = found[1]
		}
		return s.addr != "" || s.hasEnded()
	})
	if s.addr == "" {
		t.Fatalf("wschat did not start:\n%s", s.stderr.String())
	}
	return s
}

// cleanEnv is our environment without the variables that wschat reads.
func cleanEnv(more ...string) []string {
	var env []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "WSCHAT_") {
			env = append(env, variable)
		}
	}
	return append(env, more...)
}

func (s *server) hasEnded() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// terminate asks the server to stop, as an operator does.
func (s *server) terminate() {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Error(err)
	}
}

// stop ends the server, if it has not ended, and checks how it ended and what
// it logged.
func (s *server) stop() {
	s.t.Helper()
	if !s.hasEnded() {
		s.terminate()
	}
	select {
	case <-s.ended:
	case <-timeout():
		s.cmd.Process.Kill()
		<-s.ended
		s.t.Errorf("wschat did not stop on SIGTERM")
	}
	if status := s.cmd.ProcessState.ExitCode(); status != 0 {
		s.t.Errorf("wschat ended with status %d (%v)", status, s.cmd.ProcessState)
	}
	log := s.stderr.String()
	for _, bad := range []string{"panic", "fatal error", "DATA RACE", "level=ERROR", `"level":"ERROR"`} {
		if strings.Contains(log, bad) {
			s.t.Errorf("the log has %q:\n%s", bad, log)
		}
	}
}

// logLines are the whole lines logged until now.
func (s *server) logLines() []string {
	return strings.SplitAfter(strings.TrimSuffix(s.stderr.String(), "\n"), "\n")
}

// run is t.Run for a part of the test that goes on with this server: failures
// of it and its clients are then that part's.
func (s *server) run(name string, part func(*testing.T)) {
	whole := s.t
	whole.Run(name, func(t *testing.T) {
		s.t = t
		defer func() { s.t = whole }()
		part(t)
	})
}
