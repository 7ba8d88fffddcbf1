package loop

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
)

// sealAtOnce is how much of what waits is encrypted for one write to the socket. With
// the overhead of its records it fits into readBuffer.
const sealAtOnce = 64 << 10

// errForeignTLS is the answer to a *tls.Conn that blocks.
var errForeignTLS = errors.New("loop: TLS is the loop's business, see Server.TLS")

// errNoRoom cannot be: what is decrypted is shorter than what was received.
var errNoRoom = errors.New("loop: more was decrypted than received")

// secure is a connection's TLS. crypto/tls is above it, and takes it for a net.Conn:
// that of a handshake, then one that never blocks, and one that does while the
// connection is with the pages. In a loop crypto/tls is given whole records only,
// and all that there are, so that no bytes are left in it between two turns.
type secure struct {
	tls     *tls.Conn     // nil before the handshake
	shaking *tlsHandshake // until that is done

	// In a loop.
	owner    *Conn
	in       []byte // whole records, for crypto/tls to read
	partial  []byte // the beginning of the next
	ended    bool   // the socket has
	notified bool   // close_notify is sent, or on its way
	behind   bool   // there may be something to read that the socket does not tell of
	err      error  // this

	conn net.Conn   // with the pages; else nil
	scan recordScan // of what crypto/tls has read there
}

// newSecure returns the TLS of a connection that has yet to do its handshake.
func newSecure(c *Conn, config *tls.Config, remote netip.Addr) *secure {
	s := &secure{owner: c}
	s.shaking = &tlsHandshake{secure: s, config: config, from: network(remote)}
	return s
}

// below takes nc apart into its TLS, nil if it has none, and what is below that.
func below(nc net.Conn) (*secure, net.Conn, error) {
	t, ok := nc.(*tls.Conn)
	if !ok {
		return nil, nc, nil
	}
	s, ok := t.NetConn().(*secure)
	if !ok {
		return nil, nil, errForeignTLS
	}
	return s, s.conn, nil
}

// enter makes it the TLS of a connection in a loop.
func (s *secure) enter(c *Conn) {
	s.conn, s.owner, s.ended = nil, c, false
	s.established()
}

// exit makes it that of a net.Conn, which it returns.
func (s *secure) exit(nc net.Conn) (net.Conn, error) {
	if w := s.owner.out; w != nil && len(w.sealed) > 0 {
		if _, err := nc.Write(w.sealed); err != nil {
			nc.Close()
			return nil, err
		}
	}
	s.conn, s.owner = nc, nil
	return s.tls, nil
}

// established follows when the handshake is done.
func (s *secure) established() {
	s.behind = true
	dropBuffer(s.tls, handBuffer)
}

// read takes what the socket has, and decrypts it; p is as long as what is received at
// most. There may be more where that is full. An error comes alone, after what was
// read before it.
func (s *secure) read(p []byte) (n int, more bool, err error) {
	if s.shaking != nil {
		return 0, false, s.listen()
	}
	if s.err != nil {
		s.behind = false
		return 0, false, s.err
	}
	sealed, err := s.receive()
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

// receive reads what has come, behind the beginning of a record that was there. What
// crypto/tls may still have comes first, and alone, so that there is room for it.
func (s *secure) receive() (sealed []byte, err error) {
	sealed = s.owner.loop.sealedSpace()[:readBuffer]
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

// open decrypts the records that are there, in a buffer that the loop lends.
func (s *secure) open(p []byte) (n int, err error) {
	lendBuffer(s.tls, &s.owner.loop.record)
	for err == nil { // then nothing is left in it
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

// writeOut writes some of what waits to the socket, and returns for how much of
// it nothing is left to do.
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

// isDeaf reports whether nothing may be read for now.
func (s *secure) isDeaf() bool {
	return s.shaking != nil && s.owner.loop.loops.shakers.hasUnread(s.shaking)
}

// leave is called when the connection ends. It sends what crypto/tls still has to
// say, as far as the socket takes it.
func (s *secure) leave() {
	c := s.owner
	if s.shaking != nil {
		c.loop.loops.shakers.abandon(s.shaking)
		return
	}
	s.notify()
	switch w := c.out; {
	case w == nil || len(w.sealed) == 0:
	case c.stream() != nil:
		c.stream().writeLast(w.sealed)
	default:
		c.writeSocket(w.sealed) // there is nothing to do about an error any more
	}
}

// sealRest encrypts all that waits, and close_notify behind it. Only leave may
// follow.
func (s *secure) sealRest(w *outbox) []byte {
	s.tls.Write(w.buf[w.off+w.covered:]) // after an error there is nothing to say
	s.notify()
	sealed := w.sealed
	w.sealed = nil
	return sealed
}
