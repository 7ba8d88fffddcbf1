//go:build linux && (amd64 || arm64)

package handshake

import (
	"errors"
	"net"
	"os"
	"syscall"
)

// Most requests are there when their connection is accepted, or a moment later.
// Then all that net.Conn is made of is not needed: a place in the runtime's poller,
// timers, addresses. The listener below accepts bare descriptors and reads from
// them without waiting; that halves the system calls of a handshake.

// bareListener accepts *bareConn.
type bareListener struct {
	file *os.File // a duplicate of the listener's descriptor; net's does not let others wait for it
	raw  syscall.RawConn
	addr net.Addr
}

// bare makes ln accept bare connections, if it is a TCP listener, and owns it
// then. Otherwise, and if that fails, it returns ln.
func bare(ln net.Listener) net.Listener {
	tcp, ok := ln.(*net.TCPListener)
	if !ok {
		return ln
	}
	file, err := tcp.File()
	if err != nil {
		return ln
	}
	raw, err := file.SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) { // what is accepted inherits it
			_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
			_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1)
		})
	}
	if err != nil {
		file.Close()
		return ln
	}
	tcp.Close() // the socket lives on in file
	return &bareListener{file, raw, ln.Addr()}
}

func (l *bareListener) Addr() net.Addr { return l.addr }

func (l *bareListener) Close() error {
	err := l.file.Close()
	if errors.Is(err, os.ErrClosed) {
		return net.ErrClosed
	}
	return err
}

// Accept waits for a connection.
func (l *bareListener) Accept() (net.Conn, error) {
	c := new(bareConn)
	var errno syscall.Errno
	err := l.raw.Read(func(fd uintptr) bool {
		errno = c.accept(fd)
		return errno != syscall.EAGAIN
	})
	switch {
	case err != nil: // nothing else fails
		return nil, net.ErrClosed
	case errno != 0:
		return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.addr, Err: os.NewSyscallError("accept4", errno)}
	}
	return c, nil
}
