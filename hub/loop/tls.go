package loop

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
)

// sealAtOnce bounds the bytes that are encrypted for one write to the socket. With the
// overhead of their records they fit into readBuffer.
const sealAtOnce = 64 << 10

// errForeignTLS is the error for a *tls.Conn that is not the loop's own: it would block.
var errForeignTLS = errors.New("loop: TLS is the loop's business, see Server.TLS")

// errNoRoom cannot occur: plaintext is shorter than its records.
var errNoRoom = errors.New("loop: more was decrypted than received")

// secure is the TLS layer of a connection. crypto/tls is above it, and takes it for a
// net.Conn. That blocks during the handshake, on the handshake's goroutine; then it never
// does, except while the connection is with the pages. In a loop, crypto/tls is given only
// whole records, and all that have come, so that no bytes are left in it between turns.
type secure struct {
	net.Conn // the one below; inLoop in a loop

	tls     *tls.Conn     // nil before the handshake
	shaking *tlsHandshake // nil before its first bytes and once it is done

	// In a loop.
	owner    *Conn  // nil with the pages
	in       []byte // whole records, for crypto/tls to read
	partial  []byte // the beginning of the next
	ended    bool   // the socket has
	notified bool   // close_notify is sent, or on its way
	behind   bool   // there may be something to read of which the poller knows nothing
	err      error  // what that is, if it is an error

	scan recordScan // of the bytes that crypto/tls has read with the pages
}

// below splits nc into its TLS layer, nil if it has none, and the connection below that.
func below(nc net.Conn) (*secure, net.Conn, error) {
	t, ok := nc.(*tls.Conn)
	if !ok {
		return nil, nc, nil
	}
	s, ok := t.NetConn().(*secure)
	if !ok {
		return nil, nil, errForeignTLS
	}
	return s, s.Conn, nil
}

// enter makes s the TLS layer of a connection in a loop.
func (s *secure) enter(c *Conn) {
	s.Conn, s.owner, s.ended = inLoop{}, c, false
	s.established()
}

// exit takes s out of the loop, puts it above nc, and returns the net.Conn with TLS.
func (s *secure) exit(nc net.Conn) (net.Conn, error) {
	if w := s.owner.out; w != nil && len(w.sealed) > 0 {
		if _, err := nc.Write(w.sealed); err != nil {
			nc.Close()
			return nil, err
		}
	}
	s.Conn, s.owner = nc, nil
	return s.tls, nil
}

// established is called when the handshake is done.
func (s *secure) established() {
	s.behind = true
	dropBuffer(s.tls, handBuffer)
}

// read reads from the socket and decrypts; p must be as long as readBuffer. more reports
// whether the socket may have more. An error comes alone, after the bytes before it.
func (s *secure) read(p []byte) (n int, more bool, err error) {
	if s.shaking != nil || s.tls == nil {
		return 0, false, s.readHandshake()
	}
	if s.err != nil {
		s.behind = false
		return 0, false, s.err
	}
	sealed, err := s.receive(readBuffer)
	if err != nil {
		return 0, false, err
	}
	s.behind = false
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
	} else if errors.Is(err, errAgain) {
		c.readMore(false)
	}
	return n, len(sealed) == readBuffer, err
}

// receive reads records from the socket, behind the beginning of one that was there: up to
// most bytes together. If crypto/tls may still have something, that comes first, and alone,
// so that there is room.
func (s *secure) receive(most int) (sealed []byte, err error) {
	sealed = s.owner.loop.sealedSpace()[:most]
	kept := copy(sealed, s.partial)
	if s.behind || kept == len(sealed) {
		return sealed[:kept], nil
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
	n := s.scan.whole(sealed)
	if s.partial = append(s.partial[:0], sealed[n:]...); n == len(sealed) {
		s.partial = nil
	}
	return sealed[:n]
}

// open decrypts the records in s.in, in a buffer that the loop lends.
func (s *secure) open(p []byte) (n int, err error) {
	lendBuffer(s.tls, &s.owner.loop.record)
	for err == nil { // until crypto/tls has nothing left
		if n == len(p) {
			return n, errNoRoom
		}
		var got int
		got, err = s.tls.Read(p[n:])
		n += got
	}
	takeBuffer(s.tls, &s.owner.loop.record)
	s.in = nil
	return n, err
}

// writeOut encrypts and writes some of the bytes that wait, and returns how many of them
// are done with.
func (s *secure) writeOut(w *outbox) (done int, err error) {
	c := s.owner
	lent := len(w.sealed) == 0
	if lent {
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
	last := w.size()
	p, q := w.next()
	p = p[:min(len(p), sealAtOnce)]
	q = q[:min(len(q), sealAtOnce-len(p))]
	w.sealed = s.owner.loop.sealedSpace()
	if _, err := s.tls.Write(p); err != nil {
		return err
	}
	if len(q) > 0 {
		if _, err := s.tls.Write(q); err != nil {
			return err
		}
	}
	w.covered = len(p) + len(q)
	if w.exempt > 0 {
		w.exempt += len(w.sealed) - w.covered // the overhead is exempt, too
	}
	if s.owner.state == lingering && w.covered == last {
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

// mustNotRead reports whether the handshake has not begun or is running: nothing is read for
// it then.
func (s *secure) mustNotRead() bool {
	return s.shaking != nil && !s.owner.loop.loops.tlsHandshakes.awaits(s.shaking)
}

// leave is called when the connection ends. It sends the last records of crypto/tls, as
// far as the socket takes them.
func (s *secure) leave() {
	c := s.owner
	if s.shaking != nil {
		c.loop.loops.tlsHandshakes.abandon(s.shaking)
		return
	}
	if s.tls == nil {
		return
	}
	s.notify()
	switch w := c.out; {
	case w == nil || len(w.sealed) == 0:
	case c.stream() != nil:
		c.stream().writeLast(w.sealed)
	default:
		c.writeSocket(w.sealed) // the connection ends anyway: an error changes nothing
	}
}

// sealRest encrypts all bytes that wait, and close_notify behind them. Only leave may be
// called after it.
func (s *secure) sealRest(w *outbox) []byte {
	s.tls.Write(w.rest()) // the connection ends anyway: an error changes nothing
	s.notify()
	sealed := w.sealed
	w.sealed = nil
	return sealed
}
