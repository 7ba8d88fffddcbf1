package loop

import (
	"io"
	"net"
	"os"
)

// The socket of a connection is a bare descriptor or a stream. What is read from
// it and written to it passes through TLS if there is any. Nothing here ever
// blocks; the answer is errAgain instead, and readiness is told later.

// wire is what a connection has beside a bare descriptor.
type wire struct {
	stream *stream // nil: the descriptor is the socket
	secure *secure // nil: no TLS
}

// take makes nc the socket of c; after an error it is closed.
func (c *Conn) take(nc net.Conn) error {
	secure, under, err := below(nc)
	fd := -1
	if err == nil {
		fd, err = c.loop.poll.take(under)
	}
	if err != nil {
		abort(nc)
		return err
	}
	c.fd = int32(fd)
	if secure != nil {
		secure.enter(c)
		c.wired().secure = secure
	}
	if fd < 0 {
		s := newStream(under, c)
		s.stepped = c.shake() != nil
		c.wired().stream = s
	}
	return nil
}

// wired returns the wire of c, a new one if there is none.
func (c *Conn) wired() *wire {
	if c.wire == nil {
		c.wire = new(wire)
	}
	return c.wire
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

// write writes what the socket takes of what waits, and returns how much of that is
// written.
func (c *Conn) write(w *outbox) (int, error) {
	if s := c.secure(); s != nil {
		return s.writeOut(w)
	}
	p, q := w.next()
	if len(q) == 0 || c.stream() != nil {
		return c.writeSocket(p)
	}
	n, err := sysWriteTwo(int(c.fd), p, q)
	if n > 0 {
		c.wrote(n)
	}
	return n, err
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

// discard closes the socket of a connection that its loop has not got.
func (c *Conn) discard() {
	if s := c.stream(); s != nil {
		s.nc.Close()
	} else {
		sysClose(int(c.fd))
	}
}

// netConn is the inverse of take, for a connection that has left its loop.
func (c *Conn) netConn() (nc net.Conn, err error) {
	if s := c.stream(); s != nil {
		s.stop()
		nc = s.nc
	} else {
		nc, err = c.loop.loops.newConn(int(c.fd))
	}
	if s := c.secure(); s != nil && err == nil {
		return s.exit(nc)
	}
	return nc, err
}

// newConn makes a net.Conn of a descriptor. For that it takes another one, so that only one
// is made at a time.
func (ls *Loops) newConn(fd int) (net.Conn, error) {
	ls.making.Lock()
	defer ls.making.Unlock()
	file := os.NewFile(uintptr(fd), "connection")
	defer file.Close() // the socket lives on in the net.Conn
	return net.FileConn(file)
}

// readMore lets a stream that is stepped read on, once, or from now on if free is
// set.
func (c *Conn) readMore(free bool) {
	if s := c.stream(); s != nil {
		s.next(free)
	}
}

// writeLast has a stream write what waits, before it is closed. What a descriptor
// does not take at once is lost.
func (c *Conn) writeLast() {
	w, s := c.out, c.stream()
	if s == nil || w == nil || w.size() == 0 {
		return
	}
	if t := c.secure(); t != nil {
		s.writeLast(t.sealRest(w))
		return
	}
	s.writeLast(w.rest())
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
	if l := c.loop; l.draining {
		l.lingerDue.add(c, l.ticks+l.loops.ticksOf(drainLinger))
	}
	if s := c.stream(); s != nil {
		s.closeWrite()
		return
	}
	sysCloseWrite(int(c.fd))
}

func (c *Conn) closeSocket() {
	if s := c.secure(); s != nil {
		s.leave()
		c.wire.secure = nil // who still knows c does not keep that
	}
	if s := c.stream(); s != nil {
		s.close()
	} else {
		sysClose(int(c.fd))
	}
}
