package loop

// The socket of a connection is a bare descriptor or a stream. read and write
// never block; they answer errAgain instead, and readiness is told later.

func (c *Conn) read(p []byte) (int, error) {
	if c.stream != nil {
		return c.stream.read(p)
	}
	return sysRead(int(c.fd), p)
}

func (c *Conn) write(p []byte) (int, error) {
	if c.stream != nil {
		return c.stream.write(p)
	}
	return sysWrite(int(c.fd), p)
}

// closeWrite tells the peer that nothing more comes.
func (c *Conn) closeWrite() {
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
