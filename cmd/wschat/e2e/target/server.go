//go:build e2e || soak

package target

import (
	"bytes"
	"crypto/tls"
	"net"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Patience is how long a test waits for something that must happen.
const Patience = 20 * time.Second

// Server is a running wschat. Safe for concurrent use, but for what ends it.
type Server struct {
	Addr      string          // host:port
	AdminAddr string          // host:port of the operator's listener; "" without -admin
	Ended     <-chan struct{} // closed when the process has ended
	TLS       *tls.Config     // what clients speak TLS by; nil: they do not

	t          testing.TB
	cmd        *exec.Cmd
	stderr     Output
	terminated bool
	killed     bool
}

// listening is the log line of a listener, as text and as JSON.
var listening = regexp.MustCompile(`listening"?[ ,]"?(addr|admin)(?:=|":")([^ "\n]+)[ "\n]`)

// Start runs wschat on a free port with these flags, until the test ends; it
// must then stop on SIGTERM with status 0, and must not have logged an error.
func Start(t testing.TB, flags ...string) *Server {
	t.Helper()
	return StartWith(t, nil, flags...)
}

// StartWith is Start with variables of the environment.
func StartWith(t testing.TB, env []string, flags ...string) *Server {
	t.Helper()
	return start(t, env, []string{program}, flags)
}

// StartWithin is Start for a process that may have so many descriptors only.
func StartWithin(t testing.TB, descriptors int, flags ...string) *Server {
	t.Helper()
	script := "ulimit -n " + strconv.Itoa(descriptors) + ` && exec "$0" "$@"`
	return start(t, nil, []string{"sh", "-c", script, program}, flags)
}

// StartLoggingTo is Start for a log of which the test makes something else than to
// read it. The server has to be found at addr.
func StartLoggingTo(t testing.TB, log *os.File, addr string, flags ...string) *Server {
	t.Helper()
	s := spawn(t, nil, []string{program}, append([]string{"-addr", addr}, flags...), log)
	s.Addr = addr
	if !Until(func() bool { return s.hasEnded() || s.answers() }) || s.hasEnded() {
		t.Fatalf("wschat does not answer at %s", addr)
	}
	return s
}

// answers reports whether somebody listens at the server's address.
func (s *Server) answers() bool {
	conn, err := net.Dial("tcp", s.Addr)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

func start(t testing.TB, env, command, flags []string) *Server {
	t.Helper()
	s := spawn(t, env, command, flags, nil)
	if !Until(func() bool { return s.hasEnded() || s.findAddrs() }) || s.hasEnded() {
		t.Fatalf("wschat did not start:\n%s", s.Log())
	}
	return s
}

// spawn starts the process, until the test ends. Its log is read by the Server, or
// goes to the file that is given.
func spawn(t testing.TB, env, command, flags []string, log *os.File) *Server {
	t.Helper()
	ended := make(chan struct{})
	args := slices.Concat(command[1:], []string{"-addr", "127.0.0.1:0", "-drain", "2s"}, flags)
	s := &Server{t: t, cmd: exec.Command(command[0], args...), Ended: ended}
	s.cmd.Stderr = &s.stderr
	if log != nil {
		s.cmd.Stderr = log
	}
	s.cmd.Env = Environment(env...)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(ended)
		s.cmd.Wait() // its result is read from ProcessState
	}()
	t.Cleanup(func() {
		s.Stop()
		if log := s.Log(); t.Failed() {
			t.Logf("the end of the log of %s:\n%s", s.Addr, log[max(0, len(log)-4<<10):])
		}
	})
	return s
}

// findAddrs reports whether the server has told its address. That of the
// operator's listener it tells before.
func (s *Server) findAddrs() bool {
	for _, found := range listening.FindAllStringSubmatch(s.Log(), -1) {
		switch found[1] {
		case "addr":
			s.Addr = found[2]
		case "admin":
			s.AdminAddr = found[2]
		}
	}
	return s.Addr != ""
}

func (s *Server) hasEnded() bool {
	select {
	case <-s.Ended:
		return true
	default:
		return false
	}
}

// Pid is the process.
func (s *Server) Pid() int { return s.cmd.Process.Pid }

// Log is what the server has logged until now.
func (s *Server) Log() string { return s.stderr.String() }

// Terminate asks the server to end, as an operator does, by SIGTERM; once, as the
// second would end it at once.
func (s *Server) Terminate() {
	if !s.terminated {
		s.terminated = true
		s.Signal(syscall.SIGTERM)
	}
}

// Stop ends the server by SIGTERM, if it has not been ended so before, and
// checks how it ended and what it logged.
func (s *Server) Stop() {
	s.t.Helper()
	if s.killed {
		return
	}
	s.Terminate()
	select {
	case <-s.Ended:
	case <-time.After(Patience):
		s.cmd.Process.Kill()
		<-s.Ended
		s.t.Errorf("wschat did not stop on SIGTERM")
	}
	if status := s.cmd.ProcessState.ExitCode(); status != 0 {
		s.t.Errorf("wschat ended with status %d (%v)", status, s.cmd.ProcessState)
	}
	for _, bad := range []string{"panic", "fatal error", "DATA RACE", "level=ERROR", `"level":"ERROR"`} {
		if text := s.Log(); strings.Contains(text, bad) {
			s.t.Errorf("the log has %q:\n%s", bad, text)
		}
	}
}

// Kill ends the server by SIGKILL. Nothing is checked then.
func (s *Server) Kill() {
	s.killed = true
	s.cmd.Process.Kill() // an error means that it has ended
	<-s.Ended
}

// Signal sends the server a signal.
func (s *Server) Signal(signal syscall.Signal) {
	s.cmd.Process.Signal(signal) // an error means that it has ended
}

// Freeze stops all threads of the server, and waits until they stand still: who is in the middle
// of a turn would answer once more. Signal(SIGCONT) ends it.
func (s *Server) Freeze() {
	s.t.Helper()
	s.Signal(syscall.SIGSTOP)
	if !Until(func() bool {
		stat, err := os.ReadFile(s.proc("stat"))
		return err != nil || bytes.Contains(stat, []byte(") T "))
	}) {
		s.t.Fatal("wschat does not stop")
	}
}

// Died waits until the server has ended otherwise than Stop and Kill do it, and returns
// how. Nothing is checked then.
func (s *Server) Died() *os.ProcessState {
	s.t.Helper()
	select {
	case <-s.Ended:
	case <-time.After(Patience):
		s.Kill()
		s.t.Errorf("wschat did not end")
	}
	s.killed = true
	return s.cmd.ProcessState
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
