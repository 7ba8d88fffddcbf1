package loop

import "syscall"

// sendsAtOnce reports whether a loop's socket has TCP_NODELAY.
func sendsAtOnce(c *Conn) bool {
	v, err := syscall.GetsockoptInt(int(c.fd), syscall.IPPROTO_TCP, syscall.TCP_NODELAY)
	return v != 0 && err == nil
}
