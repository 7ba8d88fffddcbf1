package handshake

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// A rejected client may still be sending. If its bytes met a closed socket,
// the RST would take the answer away with it; so they are read, within bounds.
const (
	lingerTime  = time.Second
	lingerBytes = 256 << 10
)

// handshake reads the first request of a connection and hands the connection
// on: to an endpoint, to the pages, or to its end.
func (s *Server) handshake(conn net.Conn) {
	defer s.running.Done()
	defer func() { <-s.slots }()
	began := time.Now()
	// A deadline that cannot be set means a closed connection; reading tells.
	conn.SetDeadline(began.Add(s.timeout()))
	secure, ok := s.secure(conn)
	if !ok {
		return
	}
	space := buffers.Get().(*[usualHead]byte)
	defer buffers.Put(space)
	buf, n, err := readHead(conn, space[:0])
	var malformed headError
	switch {
	case errors.Is(err, errHeadTooLong):
		s.refuse(conn, "", headTooLong(), began)
		return
	case errors.As(err, &malformed):
		s.refuse(conn, "", reject(http.StatusBadRequest, "%v", err), began)
		return
	case err != nil: // gone, or too slow
		s.drop(conn)
		return
	}
	r, err := ParseRequest(buf[:n])
	if err != nil {
		s.refuse(conn, "", asRejection(err), began)
		return
	}
	if rejection := s.drained(); rejection != nil {
		s.refuse(conn, r.Method, rejection, began)
		return
	}
	endpoint, ok := s.Endpoints[r.URL.Path]
	if !ok {
		s.pages.take(conn, buf)
		return
	}
	r.Remote, r.TLS = conn.RemoteAddr(), secure
	s.upgrade(conn, r, endpoint, append([]byte(nil), buf[n:]...), began)
}

func headTooLong() *Rejection {
	return reject(http.StatusRequestHeaderFieldsTooLarge, "%v", errHeadTooLong)
}

// secure does the TLS handshake where the listener is one of TLS. If that
// fails it ends the connection and reports false as ok.
func (s *Server) secure(conn net.Conn) (isTLS, ok bool) {
	tc, isTLS := conn.(*tls.Conn)
	if !isTLS {
		return false, true
	}
	err := tc.Handshake()
	if err == nil {
		return true, true
	}
	s.log().Debug("TLS handshake failed", "remote", conn.RemoteAddr(), "error", err)
	s.drop(conn)
	return true, false
}

// upgrade judges a request for an endpoint, and either hands the connection
// over or refuses it. began is when the handshake did.
func (s *Server) upgrade(conn net.Conn, r *Request, endpoint Endpoint, early []byte, began time.Time) {
	s.upgrading.Add(1) // before it looks whether the server is draining
	defer s.upgrading.Add(-1)
	if rejection := s.drained(); rejection != nil {
		s.refuse(conn, r.Method, rejection, began)
		return
	}
	var key string
	err := CheckHost(r, s.AllowHost)
	if err == nil {
		key, err = Verify(r)
	}
	if err == nil {
		err = CheckOrigin(r, s.AllowOrigin)
	}
	var acceptance Acceptance
	if err == nil {
		acceptance, err = endpoint(r)
	}
	if err != nil {
		rejection := asRejection(err)
		if rejection.Status == http.StatusInternalServerError {
			s.log().Error("endpoint failed", "path", r.URL.Path, "error", err)
		}
		s.refuse(conn, r.Method, rejection, began)
		return
	}
	s.release(conn)
	conn.SetDeadline(time.Time{})
	s.observe(http.StatusSwitchingProtocols, began)
	acceptance.Start(conn, AppendResponse(nil, key, acceptance.Protocol, acceptance.Header), early)
}

// asRejection returns the *Rejection in err, or 500.
func asRejection(err error) *Rejection {
	var rejection *Rejection
	if errors.As(err, &rejection) {
		return rejection
	}
	return reject(http.StatusInternalServerError, "the server failed to handle the request")
}

// refuse sends a rejection and ends the connection in order.
func (s *Server) refuse(conn net.Conn, method string, rejection *Rejection, began time.Time) {
	defer s.drop(conn)
	s.observe(rejection.Status, began)
	conn.SetDeadline(time.Now().Add(lingerTime))
	response := rejection.append(make([]byte, 0, 512), time.Now(), method != http.MethodHead)
	if _, err := conn.Write(response); err != nil {
		return // nobody is there to be told
	}
	linger(conn)
}

// linger ends our side, and reads what still comes.
func linger(conn net.Conn) {
	if half, ok := conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		conn.SetDeadline(time.Now().Add(lingerTime))
		// Whether this ends by EOF, time or size, there is nothing more to do.
		io.Copy(io.Discard, io.LimitReader(conn, lingerBytes))
	}
}

// drop ends a connection that is still the server's.
func (s *Server) drop(conn net.Conn) {
	conn.Close()
	s.release(conn)
}

func (s *Server) observe(status int, began time.Time) {
	if s.Observe != nil {
		s.Observe(status, time.Since(began))
	}
}
