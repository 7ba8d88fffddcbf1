// Package redistest starts real redis-servers for tests, alone or as a cluster,
// ends and starts them again, and stands between them and a client. What it
// starts listens on 127.0.0.1, keeps its data in a folder of the test, and ends
// with the test.
package redistest

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds what is waited for; reaching it fails the test.
const patience = 20 * time.Second

// Server is a redis-server. Its methods are for the test's goroutine.
type Server struct {
	t        testing.TB
	programs []string // the first that is there
	port     int
	dir      string // its data
	lines    []string
	password string
	ca       string // file; "" without TLS

	command *exec.Cmd // nil: it does not run
	ended   chan struct{}
}

// Start starts a server with these lines of configuration, "appendonly yes" say,
// and waits until it is ready. Without any it keeps everything in memory only.
func Start(t testing.TB, lines ...string) *Server {
	t.Helper()
	return StartProgram(t, "", lines...)
}

// StartProgram is Start of redis-server or valkey-server; "": whichever there is.
func StartProgram(t testing.TB, program string, lines ...string) *Server {
	t.Helper()
	return start(t, program, "", lines)
}

// StartTLS is Start of a server that speaks only TLS, with a new certificate.
func StartTLS(t testing.TB, lines ...string) *Server {
	t.Helper()
	ca, key := certificate(t)
	return start(t, "", ca, append([]string{"tls-cert-file " + ca, "tls-key-file " + key,
		"tls-ca-cert-file " + ca, "tls-auth-clients no"}, lines...))
}

func start(t testing.TB, program, ca string, lines []string) *Server {
	t.Helper()
	s := &Server{t: t, programs: []string{"redis-server", "valkey-server"}, dir: t.TempDir(), lines: lines, ca: ca}
	if program != "" {
		s.programs = []string{program}
	}
	for _, line := range lines {
		if password, ok := strings.CutPrefix(line, "requirepass "); ok {
			s.password = password
		}
	}
	t.Cleanup(s.Kill)
	for range 5 { // somebody may take the port first
		s.port = freePort(t)
		if s.run() {
			return s
		}
	}
	t.Fatal("redis-server does not start")
	return nil
}

// freePort returns a port below those that systems give to connections, so that it
// is still free when the server is started again.
func freePort(t testing.TB) int {
	for range 100 {
		port := 12000 + rand.IntN(10000)
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

// Addr returns the host and port it listens on.
func (s *Server) Addr() string { return "127.0.0.1:" + strconv.Itoa(s.port) }

// URL returns where it is, with what is needed to get in.
func (s *Server) URL() string { return s.URLAt(s.Addr()) }

// URLAt is URL of another address, a Proxy's say.
func (s *Server) URLAt(addr string) string {
	user := ""
	if s.password != "" {
		user = ":" + s.password + "@"
	}
	if s.ca != "" {
		return "rediss://" + user + addr + "?ca=" + s.ca
	}
	return "redis://" + user + addr
}

// Kill ends it as kill -9 does, if it runs.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

// Stop ends it by SIGTERM; without "appendonly yes" its data are lost all the same.
func (s *Server) Stop() { s.end(syscall.SIGTERM) }

func (s *Server) end(signal os.Signal) {
	if s.command == nil {
		return
	}
	s.command.Process.Signal(signal)
	<-s.ended
	s.command = nil
}

// clusterFile has what a node knows of its cluster. It is not part of the data.
const clusterFile = "nodes.conf"

// Restart starts it again at the same port, after a Kill if it runs: with what is
// in its files, or without any data.
func (s *Server) Restart(keep bool) {
	s.t.Helper()
	s.Kill()
	if !keep {
		dir := s.t.TempDir()
		os.Rename(filepath.Join(s.dir, clusterFile), filepath.Join(dir, clusterFile)) // if there is one
		s.dir = dir
	}
	if !s.run() {
		s.t.Fatal("redis-server does not start again")
	}
}

// run starts the process and tells whether it became ready.
func (s *Server) run() bool {
	s.t.Helper()
	port := "port"
	if s.ca != "" {
		port = "port 0\ntls-port"
	}
	config := append([]string{"bind 127.0.0.1", port + " " + strconv.Itoa(s.port), "dir " + s.dir,
		`save ""`, "enable-debug-command local"}, s.lines...)
	s.command = exec.Command(find(s.t, s.programs...), "-")
	s.command.Stdin = strings.NewReader(strings.Join(config, "\n") + "\n")
	out, in := io.Pipe()
	s.command.Stdout, s.command.Stderr = in, in
	if err := s.command.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.ended = make(chan struct{})
	ready := make(chan bool, 1)
	var said strings.Builder // until it is ready
	var reading sync.WaitGroup
	reading.Go(func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			fmt.Fprintln(&said, lines.Text())
			if strings.Contains(lines.Text(), "Ready to accept connections") {
				ready <- true
				break
			}
		}
		io.Copy(io.Discard, out)
	})
	go func(command *exec.Cmd, ended chan struct{}) {
		command.Wait()
		in.Close()
		reading.Wait()
		close(ended)
	}(s.command, s.ended)
	select {
	case <-ready:
		return true
	case <-s.ended:
	case <-time.After(patience):
		s.Kill()
	}
	s.command = nil
	s.t.Logf("redis-server:\n%s", said.String())
	return false
}

// CLI runs redis-cli with these arguments and returns what it says, without the
// line end. It fails the test if that begins like an error.
func (s *Server) CLI(args ...string) string {
	s.t.Helper()
	said, err := s.cli(args)
	if err != nil {
		s.t.Fatalf("redis-cli %s: %v: %s", strings.Join(args, " "), err, said)
	}
	return said
}

func (s *Server) cli(args []string) (string, error) {
	all := []string{"-e", "-p", strconv.Itoa(s.port)}
	if s.password != "" {
		all = append(all, "--no-auth-warning", "-a", s.password)
	}
	if s.ca != "" {
		all = append(all, "--tls", "--cacert", s.ca)
	}
	said, err := exec.Command(find(s.t, "redis-cli", "valkey-cli"), slices.Concat(all, args)...).CombinedOutput()
	return strings.TrimRight(string(said), "\n"), err
}

// find returns the first of these programs that is in PATH, or fails the test.
func find(t testing.TB, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatalf("there is no %s in PATH: make tools installs it", names[0])
	return ""
}

// Eventually waits until a condition holds, and fails the test if it does not
// within 20 seconds.
func Eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for end := time.Now().Add(patience); !condition(); <-again.C {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
