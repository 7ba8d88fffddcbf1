package resp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wschat/hub/redis/redistest"
)

// peer is a server that says what the test wants at the moment it wants, which a
// real one cannot be made to.
type peer struct {
	listener net.Listener
	layout   *atomic.Value // string: the answer to CLUSTER SLOTS
	asked    chan string   // commands
	answers  chan string   // to them
	running  sync.WaitGroup
	mu       sync.Mutex
	conns    []net.Conn
}

func newPeer(t *testing.T, layout *atomic.Value) *peer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{listener: l, layout: layout, asked: make(chan string), answers: make(chan string, 100)}
	p.running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.conns = append(p.conns, conn)
			p.mu.Unlock()
			p.running.Go(func() { p.serve(t.Context(), conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		p.mu.Lock()
		for _, conn := range p.conns {
			conn.Close()
		}
		p.mu.Unlock()
		p.running.Wait()
	})
	return p
}

func (p *peer) addr() string { return p.listener.Addr().String() }

// all is the layout in which the peer has all slots.
func (p *peer) all() string {
	host, port, _ := net.SplitHostPort(p.addr())
	return fmt.Sprintf("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$%d\r\n%s\r\n:%s\r\n", len(host), host, port)
}

// serve answers what every connection begins with, and leaves the rest to the
// test.
func (p *peer) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	for in := newReader(conn); ; {
		r, err := in.read()
		if err != nil {
			return
		}
		words, _ := r.Strings()
		answer := ""
		switch words[0] {
		case "CLIENT":
			answer = "+OK\r\n"
		case "PING":
			answer = "+PONG\r\n"
		case "CLUSTER":
			answer = p.layout.Load().(string)
		default:
			select {
			case p.asked <- strings.Join(words, " "):
			case <-ctx.Done():
				return
			}
			select {
			case answer = <-p.answers:
			case <-ctx.Done():
				return
			}
		}
		if _, err := conn.Write([]byte(answer)); err != nil {
			return
		}
	}
}

// expect waits for a command and answers it.
func (p *peer) expect(t *testing.T, command, answer string) {
	t.Helper()
	select {
	case got := <-p.asked:
		if got != command {
			t.Fatalf("%q, not %q", got, command)
		}
	case <-time.After(patience):
		t.Fatalf("no %q", command)
	}
	p.answers <- answer
}

// open opens a client of the peer. Subscriptions are of no interest.
func (p *peer) open(t *testing.T, config Config) *Client {
	t.Helper()
	config.URL = "redis://" + p.addr()
	c, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// replies returns a done, and what it was called with.
func replies() (done func(Reply, error), got chan error) {
	got = make(chan error, 100)
	return func(_ Reply, err error) { got <- err }, got
}

// What is redirected stays in front of what comes meanwhile, though the new owner
// is known already.
func TestRedirectionsKeepTheOrder(t *testing.T) {
	for _, code := range []string{"MOVED", "ASK"} {
		t.Run(code, func(t *testing.T) {
			var layout atomic.Value
			a, b := newPeer(t, &layout), newPeer(t, &layout)
			layout.Store(a.all())
			c := a.open(t, Config{Timeout: patience})
			done, got := replies()
			do := func(i int) {
				if err := c.Do("k", done, "SET", "k", i); err != nil {
					t.Fatal(err)
				}
			}
			redirection := fmt.Sprintf("-%s %d %s\r\n", code, slotOf("k"), b.addr())
			do(1)
			a.expect(t, "SET k 1", "+OK\r\n")
			if err := <-got; err != nil {
				t.Fatal(err)
			}
			do(2)
			do(3)
			if code == "MOVED" {
				layout.Store(b.all())
			}
			a.expect(t, "SET k 2", redirection)
			redistest.Eventually(t, "that is understood", func() bool {
				c.mu.Lock()
				defer c.mu.Unlock()
				return c.nodes[a.addr()].held || c.route[0] != c.nodes[a.addr()]
			})
			do(4)
			a.expect(t, "SET k 3", redirection)
			if code == "ASK" {
				b.expect(t, "ASKING", "+OK\r\n")
				b.expect(t, "SET k 2", "+OK\r\n")
				b.expect(t, "ASKING", "+OK\r\n")
				b.expect(t, "SET k 3", "+OK\r\n")
				a.expect(t, "SET k 4", redirection)
				b.expect(t, "ASKING", "+OK\r\n")
				b.expect(t, "SET k 4", "+OK\r\n")
			} else {
				for i := 2; i <= 4; i++ {
					b.expect(t, fmt.Sprint("SET k ", i), "+OK\r\n")
				}
			}
			for range 3 {
				if err := <-got; err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// A server that sends everybody to itself is left in time.
func TestRedirectionsEnd(t *testing.T) {
	var layout atomic.Value
	a := newPeer(t, &layout)
	layout.Store(a.all())
	c := a.open(t, Config{Timeout: time.Second})
	done, got := replies()
	if err := c.Do("k", done, "GET", "k"); err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		select {
		case <-a.asked:
			a.answers <- fmt.Sprintf("-MOVED %d %s\r\n", slotOf("k"), a.addr())
		case err := <-got:
			var wrong *ServerError
			if !errors.As(err, &wrong) || wrong.Code() != "MOVED" || n < quickly || n > 50 {
				t.Errorf("after %d redirections: %v", n, err)
			}
			return
		case <-time.After(patience):
			t.Fatal("no end")
		}
	}
}

// Redirections that make no sense are errors like others.
func TestRedirectionsThatAreNone(t *testing.T) {
	var layout atomic.Value
	a := newPeer(t, &layout)
	layout.Store(a.all())
	c := a.open(t, Config{})
	for _, text := range []string{"MOVED", "MOVED ", "MOVED 1", "MOVED x h:1", "MOVED 16384 h:1", "MOVED -1 h:1", "ASK 1 h", "NOSCRIPT x", "ERR x"} {
		done, got := replies()
		if err := c.Do("k", done, "GET", "k"); err != nil {
			t.Fatal(err)
		}
		a.expect(t, "GET k", "-"+text+"\r\n")
		var wrong *ServerError
		if err := <-got; !errors.As(err, &wrong) || wrong.Text != text {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A server that says nonsense is left, and met again.
func TestNonsense(t *testing.T) {
	for _, nonsense := range []string{"HTTP/1.1 400 Bad Request\r\n", "\r\n", "$5\r\nabc\r\nxx", "%1\r\n", "+OK\r\n+OK\r\n+OK\r\n"} {
		t.Run(nonsense, func(t *testing.T) {
			var layout atomic.Value
			a := newPeer(t, &layout)
			layout.Store(a.all())
			c := a.open(t, Config{})
			done, got := replies()
			if err := c.Do("k", done, "GET", "k"); err != nil {
				t.Fatal(err)
			}
			a.expect(t, "GET k", nonsense)
			if err := <-got; err != nil && !errors.Is(err, ErrUnavailable) {
				t.Error(err)
			}
			redistest.Eventually(t, "it is connected again", func() bool { return c.Stats().Connections >= 3 && c.Up() })
		})
	}
}

// What CLUSTER SLOTS says is not believed blindly.
func TestLayoutThatIsNone(t *testing.T) {
	for _, layout := range []string{"*1\r\n:1\r\n", "*1\r\n*3\r\n:0\r\n:16384\r\n*2\r\n$0\r\n\r\n:1\r\n",
		"*1\r\n*3\r\n:-1\r\n:1\r\n*2\r\n$0\r\n\r\n:1\r\n", "*1\r\n*3\r\n:0\r\n:1\r\n*0\r\n", "*1\r\n*3\r\n:0\r\n:1\r\n:1\r\n", "$-1\r\n", ":1\r\n"} {
		var said atomic.Value
		said.Store(layout)
		a := newPeer(t, &said)
		c := a.open(t, Config{})
		done, got := replies()
		if err := c.Do("k", done, "GET", "k"); err != nil {
			t.Fatal(err)
		}
		a.expect(t, "GET k", "+v\r\n")
		if err := <-got; err != nil {
			t.Errorf("%q: %v", layout, err)
		}
	}
}
