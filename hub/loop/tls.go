package loop

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"
)

const (
	recordHeader = 5 // RFC 8446 §5.1

	// sealAtOnce is how much of what waits is encrypted for one write to the
	// socket. With the overhead of its records it fits into readBuffer.
	sealAtOnce = 64 << 10
)

// ErrForeignTLS is Add's answer to a *tls.Conn that TLSServer has not made.
var ErrForeignTLS = errors.New("loop: a TLS connection that was not made by TLSServer")

// TLSServer is tls.Server for a connection that Loops.Add can take over. Until
// then it may be used like any other.
func TLSServer(conn net.Conn, config *tls.Config) *tls.Conn {
	s := &secure{conn: conn}
	s.tls = tls.Server(s, config)
	return s.tls
}

// NewTLSListener is tls.NewListener for connections that Loops.Add can take over.
func NewTLSListener(inner net.Listener, config *tls.Config) net.Listener {
	return &tlsListener{inner, config}
}

type tlsListener struct {
	net.Listener
	config *tls.Config
}

func (l *tlsListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return TLSServer(conn, l.config), nil
}

// secure is a connection's TLS. crypto/tls is above it, and takes it for a
// net.Conn: at first for that of the handshake, later for one that never blocks.
// In a loop crypto/tls is given whole records only, and all that there are, so
// that no bytes are left in it between two turns.
type secure struct {
	tls  *tls.Conn
	conn net.Conn // nil in a loop
	scan recordScan

	// In a loop.
	owner    *Conn
	shaking  *tlsHandshake // until that is done
	in       []byte        // whole records, for crypto/tls to read
	partial  []byte        // the beginning of the next
	ended    bool          // the socket has
	notified bool          // close_notify is sent, or on its way
	behind   bool          // there may be something to read that the socket does not tell of
	err      error         // this
}

// below takes nc apart into its TLS, nil if it has none, and what is below that.
func below(nc net.Conn) (*secure, net.Conn, error) {
	t, ok := nc.(*tls.Conn)
	if !ok {
		return nil, nc, nil
	}
	s, ok := t.NetConn().(*secure)
	if !ok {
		return nil, nil, ErrForeignTLS
	}
	return s, s.conn, nil
}

// enter makes it the TLS of a connection in a loop.
func (s *secure) enter(c *Conn) {
	if !s.tls.ConnectionState().HandshakeComplete {
		s.shaking = &tlsHandshake{secure: s, from: networkOf(s.conn.RemoteAddr()), turn: make(chan struct{}, 1)}
	}
	s.conn, s.owner = nil, c
	if s.shaking == nil {
		s.established()
	}
}

// established follows when the handshake is done.
func (s *secure) established() {
	s.behind = true
	dropBuffer(s.tls, handBuffer)
}

// read takes what the socket has, and decrypts it. There may be more where the
// buffer is full. An error comes alone, after what was read before it.
func (s *secure) read(p []byte) (n int, more bool, err error) {
	if s.shaking != nil {
		return 0, false, s.listen()
	}
	s.behind = false
	if s.err != nil {
		return 0, false, s.err
	}
	sealed, err := s.receive()
	if err != nil {
		return 0, false, err
	}
	s.in = s.cut(sealed)
	n, err = s.open(p)
	if !errors.Is(err, errAgain) && !errors.Is(err, io.EOF) {
		s.notified = true // an alert has ended it
	}
	c := s.owner
	if w := c.out; w != nil && len(w.sealed) > 0 { // crypto/tls has answered something
		c.loop.touch(c)
	}
	if n > 0 {
		if !errors.Is(err, errAgain) {
			s.err, s.behind = err, true
		}
		err = nil
	}
	return n, len(sealed) == readBuffer, err
}

// receive reads what has come, behind the beginning of a record that was there.
func (s *secure) receive() (sealed []byte, err error) {
	sealed = s.owner.loop.sealedSpace()[:readBuffer]
	kept := copy(sealed, s.partial)
	if kept == len(sealed) {
		return sealed, nil
	}
	got, err := s.owner.readSocket(sealed[kept:])
	if err != nil && !errors.Is(err, errAgain) {
		return nil, err
	}
	s.ended = err == nil && got == 0
	return sealed[:kept+got], nil
}

// cut returns the records at the front of sealed that are whole, and keeps the rest.
func (s *secure) cut(sealed []byte) (records []byte) {
	n := wholeRecords(sealed)
	if s.partial = append(s.partial[:0], sealed[n:]...); n == len(sealed) {
		s.partial = nil
	}
	return sealed[:n]
}

// open decrypts the records that are there, in a buffer that the loop lends.
func (s *secure) open(p []byte) (n int, err error) {
	lendBuffer(s.tls, &s.owner.loop.record)
	for err == nil { // until nothing is left: p is as long as the records
		var got int
		got, err = s.tls.Read(p[n:])
		n += got
	}
	takeBuffer(s.tls, &s.owner.loop.record)
	s.in = nil
	return n, err
}

// writeOut writes some of what waits to the socket, and returns for how much of
// it nothing is left to do.
func (s *secure) writeOut(w *outbox) (done int, err error) {
	c := s.owner
	lent := len(w.sealed) == 0
	if lent {
		if s.holdsBack(w) {
			return 0, errAgain
		}
		if err := s.seal(w); err != nil {
			return 0, err
		}
	}
	n, err := c.writeSocket(w.sealed)
	if n == len(w.sealed) {
		done, w.sealed, w.covered = w.covered, nil, 0
		return done, err
	}
	w.sealed = w.sealed[n:]
	if lent {
		w.sealed = append([]byte(nil), w.sealed...)
	}
	return 0, err
}

// seal encrypts the first bytes that wait, into memory that the loop lends.
func (s *secure) seal(w *outbox) error {
	p := w.buf[w.off:]
	p = p[:min(len(p), sealAtOnce)]
	w.sealed = s.owner.loop.sealedSpace()
	if _, err := s.tls.Write(p); err != nil {
		return err
	}
	w.covered = len(p)
	if w.exempt > 0 {
		w.exempt += len(w.sealed) - w.covered // so is the overhead
	}
	if s.owner.state == lingering && w.off+len(p) == len(w.buf) {
		s.notify()
	}
	return nil
}

// notify sends close_notify, once (RFC 8446 §6.1), and reports whether it waits
// to be written.
func (s *secure) notify() bool {
	if s.notified {
		return false
	}
	s.notified = true
	return s.tls.CloseWrite() == nil
}

// holdsBack reports whether what waits cannot be written yet, however much room the
// socket has.
func (s *secure) holdsBack(w *outbox) bool { return s.shaking != nil && len(w.sealed) == 0 }

// isDeaf reports whether nothing may be read for now.
func (s *secure) isDeaf() bool {
	return s.shaking != nil && s.owner.loop.loops.shakers.hasUnread(s.shaking)
}

// leave is called when the connection ends. It sends what crypto/tls still has to
// say, as far as the socket takes it.
func (s *secure) leave() {
	if s.shaking != nil {
		s.owner.loop.loops.shakers.abandon(s.shaking)
		return
	}
	s.notify()
	if w := s.owner.out; w != nil && len(w.sealed) > 0 {
		s.owner.writeSocket(w.sealed) // there is nothing to do about an error any more
	}
}

// Read gives crypto/tls what there is to read. Before a loop has taken the
// connection over it is never more than the rest of a record: then crypto/tls
// has none of the next.
func (s *secure) Read(p []byte) (int, error) {
	switch {
	case s.conn != nil:
		n, err := s.conn.Read(p[:min(len(p), s.scan.rest())])
		s.scan.pass(p[:n])
		return n, err
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

// Write takes records from crypto/tls. In a loop all are taken, since after a
// short write crypto/tls would give up: what was sent to the connection has been
// counted before it was encrypted, and a peer whose requests (RFC 8446 §4.6.3)
// have answers waiting is not read from.
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

// Close closes the connection below; in a loop that is not crypto/tls's business.
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

// The deadlines are those of the handshake. What never blocks needs none.

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

// recordScan follows the boundaries of records in bytes that come piece by piece.
type recordScan struct {
	header [recordHeader]byte
	seen   int // of the header
	body   int // bytes to come
}

// rest is how many bytes the header or the body has yet to come.
func (r *recordScan) rest() int {
	if r.body > 0 {
		return r.body
	}
	return recordHeader - r.seen
}

// pass goes on behind b, which is no longer than rest.
func (r *recordScan) pass(b []byte) {
	if r.body > 0 {
		r.body -= len(b)
		return
	}
	r.seen += copy(r.header[r.seen:], b)
	if r.seen == recordHeader {
		r.seen, r.body = 0, bodyLength(r.header[:])
	}
}

func bodyLength(header []byte) int { return int(header[3])<<8 | int(header[4]) }

// maxRecord is the longest body of a record that crypto/tls reads (RFC 5246
// §6.2.3). Of a longer one it needs the header only.
const maxRecord = 16<<10 + 2048

// wholeRecords is how many bytes of b are whole records.
func wholeRecords(b []byte) int {
	n := 0
	for len(b)-n >= recordHeader {
		body := bodyLength(b[n:])
		if body > maxRecord {
			return len(b)
		}
		if len(b)-n < recordHeader+body {
			break
		}
		n += recordHeader + body
	}
	return n
}
