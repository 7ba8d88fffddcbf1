//go:build e2e && linux

package e2e

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// brokenNetwork is a TCP proxy before a server. Once wild, it delays what it
// carries, cuts connections, and stops in the middle of a frame: then it either
// cuts, or carries nothing more and tells nobody.
type brokenNetwork struct {
	t        *testing.T
	listener net.Listener
	target   string
	carriers sync.WaitGroup

	mu     sync.Mutex
	rng    *rand.Rand
	wild   bool
	held   bool // nothing goes through
	closed bool
	open   map[net.Conn]bool
	done   map[fate]int // how often what was done
}

// fate is what happens to a piece of a stream.
type fate string

const (
	carried fate = "carried"
	delayed fate = "delayed"
	cutOff  fate = "cut"
	halved  fate = "halved"
	stopped fate = "stopped"
)

// breakNetwork starts a proxy that carries all until it is wild.
func breakNetwork(t *testing.T, s *server, rng *rand.Rand) *brokenNetwork {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &brokenNetwork{
		t: t, listener: listener, target: s.Addr, rng: rng,
		open: make(map[net.Conn]bool), done: make(map[fate]int),
	}
	n.carriers.Go(n.accept)
	t.Cleanup(n.close)
	return n
}

func (n *brokenNetwork) close() {
	n.listener.Close()
	n.mu.Lock()
	n.closed = true
	for c := range n.open {
		c.Close()
	}
	n.mu.Unlock()
	n.carriers.Wait()
}

func (n *brokenNetwork) setWild(wild bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.wild = wild
}

// hold cuts all connections and lets none through until release.
func (n *brokenNetwork) hold() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.held = true
	for c := range n.open {
		c.Close() // its carrier sees to the rest
	}
}

func (n *brokenNetwork) release() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.held = false
}

func (n *brokenNetwork) accept() {
	for {
		client, err := n.listener.Accept()
		if err != nil {
			return // closed
		}
		server, err := net.Dial("tcp", n.target)
		if err != nil {
			client.Close()
			continue
		}
		pair := [2]*net.TCPConn{client.(*net.TCPConn), server.(*net.TCPConn)}
		if !n.add(pair) {
			continue
		}
		n.carriers.Go(func() { n.carry(pair, pair[0], pair[1]) })
		n.carriers.Go(func() { n.carry(pair, pair[1], pair[0]) })
	}
}

// add registers a pair of connections, unless none may be.
func (n *brokenNetwork) add(pair [2]*net.TCPConn) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range pair {
		if n.closed || n.held {
			c.Close()
			continue
		}
		n.open[c] = true
	}
	return !n.closed && !n.held
}

// cut ends both connections, at once and rudely.
func (n *brokenNetwork) cut(pair [2]*net.TCPConn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range pair {
		c.SetLinger(0)
		c.Close()
		delete(n.open, c)
	}
}

// carry carries one direction until it ends, in one way or another.
func (n *brokenNetwork) carry(pair [2]*net.TCPConn, from, to *net.TCPConn) {
	defer n.cut(pair)
	buf := make([]byte, 16<<10)
	for {
		size, err := from.Read(buf)
		if err != nil {
			return
		}
		what, part, delay := n.decide(size)
		switch what {
		case delayed:
			<-time.After(delay)
		case cutOff:
			return
		case halved, stopped:
			to.Write(buf[:part]) // if it is gone, so much the better
			if what == stopped {
				io.Copy(io.Discard, from)
			}
			return
		}
		if _, err := to.Write(buf[:size]); err != nil {
			return
		}
	}
}

// decide chooses the fate of a piece of this size, how much of it is carried,
// and how long it waits.
func (n *brokenNetwork) decide(size int) (what fate, part int, delay time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.wild {
		return carried, size, 0
	}
	switch dice := n.rng.IntN(1000); {
	case dice < 25:
		what = cutOff
	case dice < 50:
		what = halved
	case dice < 55:
		what = stopped
	case dice < 120:
		what = delayed
	default:
		what = carried
	}
	n.done[what]++
	return what, n.rng.IntN(size), time.Duration(n.rng.IntN(30)) * time.Millisecond
}
