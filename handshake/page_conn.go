package handshake

import (
	"crypto/tls"
	"net"
)

// pageConn is a connection that http.Server reads requests from, some of whose
// bytes have been read already. It skips the empty lines before a request, which
// http.Server does not. For that it watches where heads end, and hands nothing on
// from behind one until it is asked for more. Behind a request with a body, or one
// that it cannot read itself, only http.Server knows where the next one begins;
// from there all bytes go by unseen.
//
// http.Server reads from one goroutine at a time.
type pageConn struct {
	net.Conn
	server *Server
	held   []byte // read, but not handed on yet

	head    []byte // of the request under way, as far as it was handed on
	scan    headScan
	skipped []byte // what was, since the last head ended
	unseen  bool
}

func (c *pageConn) Read(p []byte) (n int, err error) {
	for n == 0 && err == nil && len(p) > 0 {
		if n = copy(p, c.held); n > 0 {
			c.held = c.held[n:]
		} else {
			c.held = nil
			n, err = c.Conn.Read(p)
		}
		if !c.unseen && n > 0 {
			n = c.handOn(p[:n])
		}
	}
	return n, err
}

// handOn takes empty lines out of b, and what is behind the end of a head. It
// returns how many bytes are left at the start of b.
func (c *pageConn) handOn(b []byte) int {
	rest := b
	for len(c.head) == 0 && len(c.skipped) < 2*maxEmpty && len(rest) > 0 && (rest[0] == '\r' || rest[0] == '\n') {
		c.skipped = append(c.skipped, rest[0])
		rest = rest[1:]
	}
	b = b[:copy(b, rest)]
	c.head = append(c.head, b...)
	end, err := c.scan.end(c.head)
	switch {
	case err != nil || len(c.head) > maxHead:
		c.unseen, c.head = true, nil
	case end > 0:
		behind := len(c.head) - end
		b, c.held = b[:len(b)-behind], append(c.head[end:len(c.head):len(c.head)], c.held...)
		r, err := ParseRequest(c.head[:end])
		c.unseen = err != nil || checkBody(r) != nil
		c.head, c.scan, c.skipped = nil, headScan{}, nil
	}
	return len(b)
}

// CloseWrite lets http.Server end a connection in order.
func (c *pageConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close ends a connection in order: http.Server closes right behind its answer
// to a request that it cannot read, with bytes of that still on their way.
func (c *pageConn) Close() error {
	if !c.server.isClosing() {
		linger(c.Conn)
	}
	return c.Conn.Close()
}

// tlsPageConn tells http.Server that the connection is one of TLS.
type tlsPageConn struct {
	*pageConn
	tls *tls.Conn
}

func (c *tlsPageConn) ConnectionState() tls.ConnectionState { return c.tls.ConnectionState() }

// unwrap returns what take handed to http.Server.
func unwrap(conn net.Conn) *pageConn {
	if c, ok := conn.(*tlsPageConn); ok {
		return c.pageConn
	}
	return conn.(*pageConn)
}
