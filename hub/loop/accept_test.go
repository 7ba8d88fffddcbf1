package loop

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	. "wschat/handshake/handshaketest"
)

// scriptedListener gives what is sent to it, and the times of its calls.
type scriptedListener struct {
	results chan any // net.Conn or error
	calls   []time.Time
	closed  chan struct{}
}

func newScriptedListener() *scriptedListener {
	return &scriptedListener{results: make(chan any, 100), closed: make(chan struct{})}
}

func (ln *scriptedListener) Accept() (net.Conn, error) {
	ln.calls = append(ln.calls, time.Now())
	select {
	case result := <-ln.results:
		if conn, ok := result.(net.Conn); ok {
			return conn, nil
		}
		return nil, result.(error)
	case <-ln.closed:
		return nil, net.ErrClosed
	}
}

func (ln *scriptedListener) Close() error   { close(ln.closed); return nil }
func (ln *scriptedListener) Addr() net.Addr { return pageAddr{} }

func acceptError(errno syscall.Errno) error {
	return &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", errno)}
}

func TestAcceptBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		s := &Server{Loops: bubbleLoops(t), Log: slog.New(slog.NewTextHandler(&log, nil))}
		ln := newScriptedListener()
		for range 10 {
			ln.results <- acceptError(syscall.EMFILE)
		}
		client, server := net.Pipe()
		ln.results <- server
		ln.results <- acceptError(syscall.ECONNABORTED)
		done := make(chan error)
		go func() { done <- s.Serve(ln) }()
		time.Sleep(time.Minute)
		client.Close()
		s.Close()
		s.Loops.Close()
		if err := <-done; err != ErrServerClosed {
			t.Errorf("Serve returned %v", err)
		}
		want := []time.Duration{5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000, 0, 5}
		for i, wait := range want {
			if got := ln.calls[i+1].Sub(ln.calls[i]); got != wait*time.Millisecond {
				t.Errorf("after call %d it waited %v, want %v", i, got, wait*time.Millisecond)
			}
		}
		if len(ln.calls) != len(want)+1 {
			t.Errorf("%d calls of Accept, want %d", len(ln.calls), len(want)+1)
		}
		if n := strings.Count(log.String(), "level=WARN"); n != 2 {
			t.Errorf("%d warnings for two episodes:\n%s", n, log.String())
		}
	})
}

func TestCloseInterruptsTheBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Server{Loops: bubbleLoops(t)}
		ln := newScriptedListener()
		for range 50 {
			ln.results <- acceptError(syscall.ENFILE)
		}
		done := make(chan error)
		go func() { done <- s.Serve(ln) }()
		time.Sleep(10*time.Second + 100*time.Millisecond) // within a pause of a second
		begin := time.Now()
		s.Close()
		s.Loops.Close()
		if err := <-done; err != ErrServerClosed || time.Since(begin) > 0 {
			t.Errorf("Serve returned %v after %v", err, time.Since(begin))
		}
	})
}

// A head that comes a byte a second has no more time than any other.
func TestSlowlorisIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Server{Loops: bubbleLoops(t)}
		ln := newScriptedListener()
		client, server := net.Pipe()
		ln.results <- server
		done := make(chan error)
		go func() { done <- s.Serve(ln) }()
		begin := time.Now()
		answer := make(chan []byte)
		go func() {
			got, _ := io.ReadAll(client)
			answer <- got
		}()
		for i := 0; ; i++ {
			if _, err := io.WriteString(client, Upgrade[i:i+1]); err != nil {
				if !errors.Is(err, io.ErrClosedPipe) {
					t.Error(err)
				}
				break
			}
			time.Sleep(999 * time.Millisecond)
		}
		if took := time.Since(begin); took < defaultTimeout || took > defaultTimeout+time.Second {
			t.Errorf("dropped after %v, want %v", took, defaultTimeout)
		}
		if got := <-answer; len(got) > 0 {
			t.Errorf("it was answered %q", got)
		}
		s.Close()
		s.Loops.Close()
		<-done
	})
}

// bubbleLoops are loops in which a bubble's time can pass.
func bubbleLoops(t *testing.T) *Loops {
	t.Helper()
	ls, err := Start(Config{Goroutines: true})
	if err != nil {
		t.Fatal(err)
	}
	return ls
}

// A listener that runs out of descriptors now and then, on a real port.
func TestServesAfterEMFILE(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ts := drivers[0].shakeOn(t, &Server{}, &failingListener{Listener: ln, failures: 5}, ln.Addr().String())
	transmit(t, ts.dial(), Upgrade)
	if r := within(t, ts.requests, "the request"); r.URL.Path != "/socket" {
		t.Errorf("the path is %q", r.URL.Path)
	}
}

func TestServeReturnsWhenTheListenerIsClosedByOthers(t *testing.T) {
	for _, d := range drivers {
		ls, err := Start(Config{Goroutines: d.goroutines})
		if err != nil {
			t.Fatal(err)
		}
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s := &Server{Loops: ls}
		ln.Close()
		if err := s.Serve(ln); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: Serve returned %v, want net.ErrClosed", d.name, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		ls.Close()
	}
}

// What is accepted is without delay, on every kind of port, and its address is
// known.
func TestAccepted(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", "[::1]:0", ":0"} {
		ln, err := Listen(t.Context(), addr)
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(ln.Addr().String())
		host, _, _ := net.SplitHostPort(addr)
		if host == "" {
			host = "127.0.0.1"
		}
		ts := drivers[0].shakeOn(t, &Server{}, ln, net.JoinHostPort(host, port))
		for range 2 { // the first may have come before Serve
			conn := ts.dial()
			transmit(t, conn, Upgrade)
			if got := within(t, ts.requests, "the request").Remote.String(); got != conn.LocalAddr().String() {
				t.Errorf("%s: from %s, want %s", addr, got, conn.LocalAddr())
			}
		}
		eventually(t, "both are open", func() bool { return ts.Loops.Len() == 2 })
		without := 0
		for _, l := range ts.Loops.loops {
			l.do(func() {
				for _, c := range l.conns {
					if c != nil && c.stream() == nil && !sendsAtOnce(c) {
						without++
					}
				}
			})
		}
		if without > 1 {
			t.Errorf("%s: no TCP_NODELAY", addr)
		}
	}
}

type failingListener struct {
	net.Listener
	failures int
}

func (ln *failingListener) Accept() (net.Conn, error) {
	if ln.failures > 0 {
		ln.failures--
		return nil, acceptError(syscall.EMFILE)
	}
	return ln.Listener.Accept()
}
