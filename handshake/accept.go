package handshake

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// After an accept that failed, the loop waits; each time in a row twice as
// long, within these bounds.
const (
	minBackoff = 5 * time.Millisecond
	maxBackoff = time.Second
)

// Serve accepts connections on ln until Close, and closes ln then. It returns
// [ErrServerClosed] after Close; an error that wraps [net.ErrClosed] if ln was
// closed by somebody else. Any other failure to accept, such as having no
// descriptors left, is waited out. Serve may be called for several listeners. A
// *net.TCPListener that it is given is its own from then on: on Linux it is replaced
// by a duplicate, so that nobody else can close it, and only Close ends it.
func (s *Server) Serve(ln net.Listener) error {
	s.begin.Do(s.init)
	ln = bare(ln)
	if !s.listen(ln) {
		ln.Close()
		return ErrServerClosed
	}
	defer s.running.Done()
	defer s.unlisten(ln)
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

func (s *Server) acceptLoop(ln net.Listener) error {
	failures := 0
	for {
		conn, err := ln.Accept()
		if err != nil {
			if s.isClosing() {
				return ErrServerClosed
			}
			if errors.Is(err, net.ErrClosed) {
				return fmt.Errorf("handshake: accept: %w", err)
			}
			failures++
			if failures == 1 {
				s.log().Warn("cannot accept connections, trying again", "addr", ln.Addr(), "error", err)
			}
			s.pause(backoff(failures))
			continue
		}
		if failures > 0 {
			s.log().Info("accepting connections again", "addr", ln.Addr(), "failures", failures)
			failures = 0
		}
		if !s.adopt(conn) {
			abort(conn)
			return ErrServerClosed
		}
		// With all slots taken this connection waits here, and the next ones
		// in the kernel. Close closes it, so that its turn is a short one.
		s.slots <- struct{}{}
		go s.handshake(conn)
	}
}

func (s *Server) isClosing() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

// backoff returns how long to wait after so many failures in a row.
func backoff(failures int) time.Duration {
	wait := minBackoff
	for ; failures > 1 && wait < maxBackoff; failures-- {
		wait *= 2
	}
	return min(wait, maxBackoff)
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
