package redistest

import (
	"net"
	"sync"
	"testing"
)

// Proxy stands between clients and a server, and can be made a network that drops
// packets. Its methods are for the test's goroutine.
type Proxy struct {
	listener net.Listener
	stalled  bool
	gate     sync.RWMutex  // locked while it is stalled; guards target and ended
	target   string        // address; "": none any more
	ended    chan struct{} // closed when connections to target end
	running  sync.WaitGroup
}

// NewProxy starts a proxy to an address that passes everything.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{listener: l, target: target, ended: make(chan struct{})}
	p.running.Go(p.accept)
	t.Cleanup(func() {
		p.Pass()
		p.Switch("")
		l.Close()
		p.running.Wait()
	})
	return p
}

// Addr returns where it listens.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Stall lets nothing through from now on, and ends nothing: a partition in which
// packets are dropped. New connections are accepted, and stall as well.
func (p *Proxy) Stall() {
	p.gate.Lock()
	p.stalled = true
}

// Pass lets everything through again, also what has stalled.
func (p *Proxy) Pass() {
	if p.stalled {
		p.stalled = false
		p.gate.Unlock()
	}
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.serve(client) })
	}
}

func (p *Proxy) serve(client net.Conn) {
	defer client.Close()
	p.gate.RLock()
	server, err := net.Dial("tcp", p.target)
	ended := p.ended
	p.gate.RUnlock()
	if err != nil {
		return
	}
	defer server.Close()
	copied := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{server, client}, {client, server}} {
		p.running.Go(func() {
			p.copy(pair[0], pair[1])
			copied <- struct{}{}
		})
	}
	select { // both end when one does
	case <-copied:
	case <-ended:
	}
}

func (p *Proxy) copy(to, from net.Conn) {
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		p.gate.RLock()
		_, failed := to.Write(b[:n])
		p.gate.RUnlock()
		if err != nil || failed != nil {
			return
		}
	}
}
