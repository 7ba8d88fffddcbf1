package loop

import (
	"io"
	"net"
	"time"
)

// The methods by which crypto/tls uses a secure: those of a net.Conn. All but Read and Write
// are those of the connection below.

// Read gives bytes of records to crypto/tls. With the pages it gives no more than the rest
// of a record, so that crypto/tls holds no part of the next when a loop takes over.
func (s *secure) Read(p []byte) (int, error) {
	switch {
	case s.owner == nil:
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
		n, err = s.Conn.Read(p)
	}
	s.scan.pass(p[:n])
	return n, err
}

// Write takes records from crypto/tls. In a loop it takes them all, since crypto/tls gives
// up after a short write. That is bounded: messages have been counted before they were
// encrypted, and a peer is not read while answers to its key updates (RFC 8446 §4.6.3)
// wait.
func (s *secure) Write(p []byte) (int, error) {
	if s.owner == nil {
		return s.Conn.Write(p)
	}
	if h := s.shaking; h != nil {
		h.out = append(h.out, p...)
		return len(p), nil
	}
	w := s.owner.waiting()
	w.sealed = append(w.sealed, p...)
	return len(p), nil
}

// inLoop is the net.Conn below a secure whose connection is in a loop: the loop closes the
// socket, and nothing blocks, so that deadlines have no effect.
type inLoop struct{}

func (inLoop) Read([]byte) (int, error)         { return 0, errAgain }
func (inLoop) Write([]byte) (int, error)        { return 0, errAgain }
func (inLoop) Close() error                     { return nil }
func (inLoop) LocalAddr() net.Addr              { return nil }
func (inLoop) RemoteAddr() net.Addr             { return nil }
func (inLoop) SetDeadline(time.Time) error      { return nil }
func (inLoop) SetReadDeadline(time.Time) error  { return nil }
func (inLoop) SetWriteDeadline(time.Time) error { return nil }
