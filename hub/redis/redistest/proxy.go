package redistest

import (
	"net"
	"sync"
	"testing"
)

// Proxy stands between clients and a server, and can be made a network that
// fails. Safe for concurrent use.
type Proxy struct {
	listener net.Listener
	target   string
	running  sync.WaitGroup

	mu      sync.Mutex
	changed sync.Cond
	stalled bool
	cut     bool
	closed  bool
	conns   map[net.Conn]bool
}

// NewProxy starts a proxy to an address that passes everything.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{listener: l, target: target, conns: map[net.Conn]bool{}}
	p.changed.L = &p.mu
	p.running.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

// Addr returns where it listens.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Stall lets nothing through from now on, and ends nothing: a partition in which
// packets are dropped. New connections are accepted, and stall as well.
func (p *Proxy) Stall() { p.set(true, false) }

// Cut ends all connections, and new ones at once.
func (p *Proxy) Cut() { p.set(false, true) }

// Pass lets everything through again, also what has stalled.
func (p *Proxy) Pass() { p.set(false, false) }

func (p *Proxy) set(stalled, cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stalled, p.cut = stalled, cut
	if cut {
		p.endAll()
	}
	p.changed.Broadcast()
}

// endAll ends the connections. The lock is held.
func (p *Proxy) endAll() {
	for conn := range p.conns {
		conn.Close()
	}
}

func (p *Proxy) close() {
	p.mu.Lock()
	p.closed, p.stalled = true, false
	p.endAll()
	p.changed.Broadcast()
	p.mu.Unlock()
	p.listener.Close()
	p.running.Wait()
}

// passing waits while it is stalled, and tells whether things may go on.
func (p *Proxy) passing() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.stalled {
		p.changed.Wait()
	}
	return !p.cut && !p.closed
}

// add notes a connection that must be ended, or ends it at once.
func (p *Proxy) add(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[conn] = true
	if p.cut || p.closed {
		conn.Close()
	}
}

func (p *Proxy) remove(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, conn)
	conn.Close()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.add(client)
		p.running.Go(func() { p.serve(client) })
	}
}

func (p *Proxy) serve(client net.Conn) {
	defer p.remove(client)
	if !p.passing() {
		return
	}
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer p.remove(server)
	p.add(server)
	var copying sync.WaitGroup
	copying.Go(func() { p.copy(server, client) })
	copying.Go(func() { p.copy(client, server) })
	copying.Wait()
}

// copy ends both when one side ends.
func (p *Proxy) copy(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		if n > 0 {
			if !p.passing() {
				return
			}
			if _, err := to.Write(b[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
