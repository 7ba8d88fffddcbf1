package loop

import (
	"io"
	"net"
	"time"
)

// The methods by which crypto/tls uses a secure: those of a net.Conn.

// Read gives bytes of records to crypto/tls. With the pages it gives no more than the rest
// of a record, so that crypto/tls holds no part of the next when a loop takes over.
func (s *secure) Read(p []byte) (int, error) {
	switch {
	case s.conn != nil:
		return s.readConn(p[:min(len(p), s.scan.rest())])
	case s.shaking != nil:
		return s.shaking.read(p)
	case len(s.in) > 0:
		n := copy(p, s.in)
		s.in = s.in[n:]
		return n, nil
	case !s.ended:
		return 0, errAgain
	case len(s.partial) > 0:
		return 0, io.ErrUnexpectedEOF
	}
	return 0, io.EOF
}

func (s *secure) readConn(p []byte) (n int, err error) {
	if len(s.partial) > 0 { // read by the loop
		n = copy(p, s.partial)
		if s.partial = s.partial[n:]; len(s.partial) == 0 {
			s.partial = nil
		}
	} else {
		n, err = s.conn.Read(p)
	}
	s.scan.pass(p[:n])
	return n, err
}

// Write takes records from crypto/tls. In a loop it takes them all, since crypto/tls gives
// up after a short write. That is bounded: messages have been counted before they were
// encrypted, and a peer is not read while answers to its key updates (RFC 8446 §4.6.3)
// wait.
func (s *secure) Write(p []byte) (int, error) {
	if s.conn != nil {
		return s.conn.Write(p)
	}
	if h := s.shaking; h != nil {
		h.out = append(h.out, p...)
		return len(p), nil
	}
	w := s.owner.waiting()
	w.sealed = append(w.sealed, p...)
	return len(p), nil
}

// Close closes the connection below. In a loop it does nothing: the loop closes the socket.
func (s *secure) Close() error {
	if s.conn != nil {
		return s.conn.Close()
	}
	return nil
}

// LocalAddr is nil in a loop.
func (s *secure) LocalAddr() net.Addr {
	if s.conn != nil {
		return s.conn.LocalAddr()
	}
	return nil
}

// RemoteAddr is nil in a loop.
func (s *secure) RemoteAddr() net.Addr {
	if s.conn != nil {
		return s.conn.RemoteAddr()
	}
	return nil
}

// In a loop nothing blocks, so that deadlines have no effect.

func (s *secure) SetDeadline(t time.Time) error {
	if s.conn != nil {
		return s.conn.SetDeadline(t)
	}
	return nil
}

func (s *secure) SetReadDeadline(t time.Time) error {
	if s.conn != nil {
		return s.conn.SetReadDeadline(t)
	}
	return nil
}

func (s *secure) SetWriteDeadline(t time.Time) error {
	if s.conn != nil {
		return s.conn.SetWriteDeadline(t)
	}
	return nil
}
