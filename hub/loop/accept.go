package loop

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// After an accept has failed, nothing is accepted for a while: twice as long after each
// failure in a row, within these bounds.
const (
	minBackoff = 5 * time.Millisecond
	maxBackoff = time.Second
)

// Listen listens on a TCP address for Serve. It differs from [net.Listen] in the options
// that connections inherit, and does without Multipath TCP, with which it takes longer to
// accept.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	config := net.ListenConfig{Control: setOptions}
	config.SetMultipathTCP(false)
	return config.Listen(ctx, "tcp", address)
}

// Serve accepts connections on ln until Close, and closes ln then. It returns
// [ErrServerClosed] after Close, and an error that wraps [net.ErrClosed] if somebody
// else has closed ln. After any other failure, such as a lack of descriptors, it tries
// again. Serve may be called for several listeners, which should come from Listen. It owns
// them: on Linux a loop takes the descriptor of a *net.TCPListener over, and accepts by
// itself.
func (s *Server) Serve(ln net.Listener) error {
	s.begin.Do(s.init)
	if !s.listen(ln) {
		ln.Close()
		return ErrServerClosed
	}
	defer s.running.Done()
	defer s.unlisten(ln)
	if newAcceptor(s, ln) {
		<-s.closing
		return ErrServerClosed
	}
	return s.acceptLoop(ln)
}

func (s *Server) listen(ln net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.listeners[ln] = struct{}{}
	s.running.Add(1)
	return true
}

func (s *Server) unlisten(ln net.Listener) {
	s.mu.Lock()
	delete(s.listeners, ln)
	s.mu.Unlock()
}

// acceptLoop accepts on a listener that loops cannot accept on.
func (s *Server) acceptLoop(ln net.Listener) error {
	failures := failures{server: s, addr: ln.Addr()}
	for {
		conn, err := ln.Accept()
		switch {
		case err == nil:
			failures.end()
			s.accepted(conn)
		case s.isClosing():
			return ErrServerClosed
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("loop: accept: %w", err)
		default:
			s.pause(failures.next(err))
		}
	}
}

// pause waits, but not beyond Close.
func (s *Server) pause(wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.closing:
	}
}

// accepted hands a connection to a loop.
func (s *Server) accepted(nc net.Conn) {
	l := s.Loops.nextLoop()
	c := s.newGuest(l, addrPort(nc.RemoteAddr()))
	if err := c.take(nc); err != nil {
		s.admission.leave(&c.shake().guest)
		s.log().Warn("connection lost before its handshake", "error", err)
		return
	}
	if !l.mail.call(func() { l.beginHandshake(c) }) {
		c.discard()
	}
}

// newGuest returns a connection that has been given a guest's place.
func (s *Server) newGuest(l *Loop, remote netip.AddrPort) *Conn {
	c := &Conn{loop: l, fd: -1, slot: -1, state: shakingHands, handler: &shake{server: s, remote: remote}}
	if s.TLS != nil {
		c.wired().secure = &secure{Conn: inLoop{}, owner: c}
	}
	c.shake().guest.owner = c
	s.admission.arrive(&c.shake().guest, remote.Addr())
	return c
}

func addrPort(a net.Addr) netip.AddrPort {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return netip.AddrPortFrom(tcp.AddrPort().Addr().Unmap().WithZone(""), uint16(tcp.Port))
	}
	return netip.AddrPort{}
}

// abort closes a connection without a word. Closing a *tls.Conn would send an
// alert, and wait up to five seconds for a client that does not read.
func abort(nc net.Conn) {
	if tc, ok := nc.(*tls.Conn); ok {
		nc = tc.NetConn()
	}
	nc.Close()
}

// failures counts the failed accepts in a row. Only the first and the recovery are logged.
type failures struct {
	server *Server
	addr   net.Addr
	n      int
}

// next counts one more, and returns how long to wait.
func (f *failures) next(err error) time.Duration {
	f.n++
	if f.n == 1 {
		f.server.log().Warn("cannot accept connections, trying again", "addr", f.addr, "error", err)
	}
	wait := minBackoff
	for i := 1; i < f.n && wait < maxBackoff; i++ {
		wait *= 2
	}
	return min(wait, maxBackoff)
}

// end notes an accept that succeeded.
func (f *failures) end() {
	if f.n > 0 {
		f.server.log().Info("accepting connections again", "addr", f.addr, "failures", f.n)
		f.n = 0
	}
}
