package loop

import (
	"errors"
	"io"
	"net"
	"time"

	"wschat/handshake"
)

// A client may still be sending when it gets the last answer. If its bytes met a closed
// socket, the RST would destroy the answer. So they are read, within these bounds.
const (
	lingerTime  = time.Second
	lingerBytes = 256 << 10
)

// maxEmptyBytes is how many bytes of empty lines are skipped before a request (RFC 9112
// §2.2).
const maxEmptyBytes = 8

// pageConn is a connection from which http.Server reads requests; its first bytes have
// been read already. It skips empty lines before a request, which http.Server does not.
// For that it follows where heads end, and hands on no byte from behind one until it is
// asked for more. After a request with a body, or one that it cannot parse, only
// http.Server knows where the next one begins; from there on all bytes pass unseen.
//
// http.Server reads from one goroutine at a time.
type pageConn struct {
	net.Conn
	shake   *shake
	held    []byte // read, but not handed on yet
	skipped []byte // before the last head
	begun   bool   // within a head
	unseen  bool   // bytes pass unseen
	turn    turn
}

func (c *pageConn) Read(p []byte) (n int, err error) {
	for n == 0 && err == nil && len(p) > 0 {
		if n = copy(p, c.held); n > 0 {
			c.held = c.held[n:]
		} else {
			c.held = nil
			if c.unseen { // perhaps a body, for which http.Server waits before it answers
				c.endTurn()
			}
			n, err = c.Conn.Read(p)
			if c.unseen && n > 0 {
				c.awaitShortTurn()
			}
		}
		if !c.unseen && n > 0 {
			n = c.handOn(p[:n])
		}
	}
	return n, err
}

// handOn takes empty lines and the bytes behind a head out of b. It returns how many bytes
// are left at the start of b.
func (c *pageConn) handOn(b []byte) int {
	rest := b
	for !c.begun && len(rest) > 0 && len(c.skipped) < maxEmptyBytes && (rest[0] == '\r' || rest[0] == '\n') {
		c.skipped = append(c.skipped, rest[0])
		rest = rest[1:]
	}
	b = b[:copy(b, rest)]
	if len(b) == 0 {
		return 0
	}
	c.begun = true
	r, n, err := c.shake.decoder.Next(b)
	switch {
	case err != nil:
		c.unseen = true
	case r != nil:
		c.held = append(append([]byte(nil), b[n:]...), c.held...)
		b = b[:n]
		c.unseen, c.begun, c.skipped = hasBody(r), false, nil
	}
	return len(b)
}

func hasBody(r *handshake.Request) bool {
	for length := range r.Header.Values("Content-Length") {
		if length != "0" {
			return true
		}
	}
	for range r.Header.Values("Transfer-Encoding") {
		return true
	}
	return false
}

// CloseWrite lets http.Server end a connection in order.
func (c *pageConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// Close ends a connection in order: http.Server closes it directly after the answer to a
// request that it cannot read, while bytes of that are still on their way.
func (c *pageConn) Close() error {
	c.endTurn()
	if !c.shake.server.isClosing() && c.CloseWrite() == nil {
		c.Conn.SetDeadline(time.Now().Add(lingerTime))
		// However this ends, by EOF, time or size, there is nothing more to do.
		io.Copy(io.Discard, io.LimitReader(c.Conn, lingerBytes))
	}
	return c.Conn.Close()
}

// giveWay ends a connection that has lost its place to another.
func (c *pageConn) giveWay() { abort(c.Conn) }
