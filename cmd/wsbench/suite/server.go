package suite

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// kind is what a server can do.
type kind int

const (
	chat  kind = iota // wschat: /echo, and groups behind /socket
	plain             // /echo, and /fan?room=NAME, which sends each message to all in the room
	echo              // any path, and it sends back
)

// Subject is a server that is measured: one that runs, or a command that runs
// one, anew for each figure.
type Subject struct {
	Name    string
	Base    string   // its URL without path, such as ws://127.0.0.1:9201, or wss://… for the rows over TLS
	PID     int      // of one that runs already; else 0
	Command []string // of one that has to be started
	kind    kind
}

// ParsePeers reads servers that are compared with wschat, in the form
//
//	NAME=URL,PID;NAME=URL,COMMAND ARGUMENT ...
//
// with the number of a process that runs, or the command that starts it. The URL
// has no path; such a server has /echo and /fan?room=NAME. One with wss is measured
// over TLS only; in its command {cert} and {key} are the files with the certificate
// that wschat has, too.
func ParsePeers(text string) ([]Subject, error) {
	var all []Subject
	for one := range strings.SplitSeq(text, ";") {
		if strings.TrimSpace(one) == "" {
			continue
		}
		name, rest, ok := strings.Cut(strings.TrimSpace(one), "=")
		base, how, ok2 := strings.Cut(rest, ",")
		how = strings.TrimSpace(how)
		if !ok || !ok2 || name == "" || how == "" {
			return nil, fmt.Errorf("expected NAME=URL,PID or NAME=URL,COMMAND, got %q", one)
		}
		u, err := url.Parse(base)
		if err != nil || u.Host == "" || u.Port() == "" || strings.Trim(u.Path, "/") != "" {
			return nil, fmt.Errorf("expected a URL such as ws://127.0.0.1:9201, got %q", base)
		}
		scheme := "ws"
		if u.Scheme == "wss" {
			scheme = "wss"
		}
		s := Subject{Name: name, Base: scheme + "://" + u.Host, kind: plain}
		if pid, err := strconv.Atoi(how); err == nil {
			s.PID = pid
		} else {
			s.Command = strings.Fields(how)
		}
		all = append(all, s)
	}
	return all, nil
}

// running is a server that can be measured.
type running struct {
	base string
	pid  int
	cmd  *exec.Cmd // nil if it ran before
	done chan error
	log  string // the file with what it has printed
}

// start runs the subject on these cores, or takes the one that runs. Flags are
// for wschat alone.
func (b *bench) start(s Subject, on cores, flags ...string) (*running, error) {
	if s.PID != 0 {
		return &running{base: s.Base, pid: s.PID}, nil
	}
	command := append(append([]string{}, s.Command...), flags...)
	put := strings.NewReplacer("{addr}", address(s.Base), "{cert}", b.certFile, "{key}", b.keyFile)
	for i := range command {
		command[i] = put.Replace(command[i])
	}
	r := &running{base: s.Base, done: make(chan error, 1), log: filepath.Join(b.temp, s.Name+".log")}
	log, err := os.OpenFile(r.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	r.cmd = on.command(command)
	r.cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(max(on.count, 1)))
	r.cmd.Stdout, r.cmd.Stderr = log, log
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	r.pid = r.cmd.Process.Pid
	go func() { r.done <- r.cmd.Wait() }()
	return r, r.await(b.ctx)
}

// address is host and port of a Subject's Base.
func address(base string) string {
	_, address, _ := strings.Cut(base, "://")
	return address
}

// await waits until the server can be connected to.
func (r *running) await(ctx context.Context) error {
	address := address(r.base)
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(20 * time.Second); ; {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			return conn.Close()
		}
		if time.Now().After(end) {
			r.stop()
			return fmt.Errorf("the server does not listen on %s: %w; see %s", address, err, r.log)
		}
		select {
		case err := <-r.done:
			r.done <- err
			return fmt.Errorf("the server ended at once: %v; see %s", err, r.log)
		case <-ctx.Done():
			r.stop()
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
}

// stop ends a server that start has started, and waits for its end.
func (r *running) stop() {
	if r.cmd == nil {
		return
	}
	r.cmd.Process.Signal(syscall.SIGTERM) // an error means that it has ended
	select {
	case <-r.done:
	case <-time.After(20 * time.Second):
		r.cmd.Process.Kill()
		<-r.done
	}
}

// freeBase is a URL on a port of loopback that is free at the moment.
func freeBase() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer ln.Close()
	return "ws://" + ln.Addr().String(), nil
}

// cores are those that a process is bound to.
type cores struct {
	list  string // as taskset has it; "": any
	count int    // GOMAXPROCS of a server
	nice  bool   // it gives way to others
}

// command is the command, bound to the cores.
func (c cores) command(command []string) *exec.Cmd {
	if c.nice {
		if path, err := exec.LookPath("nice"); err == nil {
			command = append([]string{path, "-n", "10"}, command...)
		}
	}
	if c.list != "" {
		command = append([]string{"taskset", "-c", c.list}, command...)
	}
	return exec.Command(command[0], command[1:]...)
}

var errNoPinning = errors.New("servers and load are not bound to cores: no taskset, or one core only")
