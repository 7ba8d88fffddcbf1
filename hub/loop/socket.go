package loop

import (
	"io"
	"net"
)

// The socket of a connection is a bare descriptor or a stream. What is read from
// it and written to it passes through TLS if there is any. Nothing here ever
// blocks; the answer is errAgain instead, and readiness is told later.

// wire is what a connection has beside a bare descriptor.
type wire struct {
	stream *stream // nil: the descriptor is the socket
	secure *secure // nil: no TLS
}

// take makes nc the connection's socket.
func (c *Conn) take(nc net.Conn) error {
	secure, nc, err := below(nc)
	if err != nil {
		return err
	}
	fd, err := c.loop.poll.take(nc)
	if err != nil {
		return err
	}
	c.fd = int32(fd)
	if secure != nil {
		secure.enter(c)
	}
	if fd < 0 || secure != nil {
		c.wire = &wire{secure: secure}
	}
	if fd < 0 {
		c.wire.stream = newStream(nc, c)
	}
	return nil
}

func (c *Conn) stream() *stream {
	if c.wire == nil {
		return nil
	}
	return c.wire.stream
}

func (c *Conn) secure() *secure {
	if c.wire == nil {
		return nil
	}
	return c.wire.secure
}

// read reads what there is, and reports whether there may be more. The end is
// io.EOF.
func (c *Conn) read(p []byte) (n int, more bool, err error) {
	if s := c.secure(); s != nil {
		return s.read(p)
	}
	n, err = c.readSocket(p)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, n == len(p), err
}

// readSocket reads what has come. 0 without an error is the end.
func (c *Conn) readSocket(p []byte) (n int, err error) {
	if s := c.stream(); s != nil {
		n, err = s.read(p)
	} else {
		n, err = sysRead(int(c.fd), p)
	}
	if n > 0 {
		c.loop.stats.ReadBytes += uint64(n)
		c.hear(n)
	}
	return n, err
}

// write writes what the socket takes of what waits, and returns how much of buf
// is written.
func (c *Conn) write(w *outbox) (int, error) {
	if s := c.secure(); s != nil {
		return s.writeOut(w)
	}
	return c.writeSocket(w.buf[w.off:])
}

// writeSocket writes what the socket takes. The last bytes go out with the end, by
// one packet.
func (c *Conn) writeSocket(p []byte) (n int, err error) {
	if s := c.stream(); s != nil {
		n, err = s.write(p)
	} else {
		n, err = sysWrite(int(c.fd), p, c.state == lingering)
	}
	if n > 0 {
		c.wrote(n)
	}
	return n, err
}

// wrote notes that the socket has taken n bytes.
func (c *Conn) wrote(n int) {
	c.loop.stats.WrittenBytes += uint64(n)
	c.progress()
}

// written reports whether nothing is left to write, neither here nor with the
// goroutine that writes to a stream.
func (c *Conn) written() bool {
	if s := c.stream(); s != nil && s.isWriting() {
		return false
	}
	return c.out == nil || c.out.size() == 0
}

// closeWrite tells the peer that nothing more comes. TLS says so first; when that
// is written, flush calls once more.
func (c *Conn) closeWrite() {
	if s := c.secure(); s != nil && s.notify() {
		c.flush()
		return
	}
	if s := c.stream(); s != nil {
		s.closeWrite()
		return
	}
	sysCloseWrite(int(c.fd))
}

func (c *Conn) closeSocket() {
	if s := c.secure(); s != nil && c.state == gone {
		s.leave()
		c.wire.secure = nil // who still knows c does not keep that
	}
	if s := c.stream(); s != nil {
		s.close()
	} else {
		sysClose(int(c.fd))
	}
}
