package loop

import (
	"net"
	"os"
)

// The socket of a connection is a bare descriptor or a stream. read and write
// never block; they answer errAgain instead, and readiness is told later.

func (c *Conn) read(p []byte) (int, error) {
	if c.stream != nil {
		return c.stream.read(p)
	}
	return sysRead(int(c.fd), p)
}

// write writes what the socket takes. The last bytes go out with the end, by one
// packet.
func (c *Conn) write(p []byte) (int, error) {
	if c.stream != nil {
		return c.stream.write(p)
	}
	return sysWrite(int(c.fd), p, c.state == lingering)
}

// take makes nc the socket of c; after an error it is closed.
func (c *Conn) take(nc net.Conn) error {
	fd, err := c.loop.poll.take(nc)
	switch {
	case err != nil:
		nc.Close()
		return err
	case fd >= 0:
		c.fd = int32(fd)
	default:
		c.stream = newStream(nc, c)
		c.stream.stepped = c.shake() != nil
	}
	return nil
}

// discard closes the socket of a connection that its loop has not got.
func (c *Conn) discard() {
	if c.stream != nil {
		abort(c.stream.nc)
	} else {
		sysClose(int(c.fd))
	}
}

// netConn is the inverse of take, for a connection that has left its loop.
func (c *Conn) netConn() (net.Conn, error) {
	if c.stream != nil {
		c.stream.stop()
		return c.stream.nc, nil
	}
	file := os.NewFile(uintptr(c.fd), "connection")
	defer file.Close() // the socket lives on in the net.Conn
	return net.FileConn(file)
}

// written reports whether nothing is left to write, neither here nor with the
// goroutine that writes to a stream.
func (c *Conn) written() bool {
	return (c.out == nil || c.out.size() == 0) && (c.stream == nil || !c.stream.isWriting())
}

// closeWrite tells the peer that nothing more comes.
func (c *Conn) closeWrite() {
	if l := c.loop; l.draining {
		l.lingering.add(c, l.ticks+l.loops.ticksOf(drainLinger))
	}
	if c.stream != nil {
		c.stream.closeWrite()
		return
	}
	sysCloseWrite(int(c.fd))
}

func (c *Conn) closeSocket() {
	if c.stream != nil {
		c.stream.close()
		return
	}
	sysClose(int(c.fd))
}
