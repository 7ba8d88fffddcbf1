//go:build linux && (amd64 || arm64)

package handshake

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// bareTries is how often others are let run before a connection that has sent
// nothing yet becomes a file, and waits.
const bareTries = 3

// bareConn is a connection that was accepted by a bareListener. As soon as
// something has to be waited for, its descriptor becomes a file, which waits in the
// runtime's poller; net has no way to do that without one more descriptor. Safe for
// concurrent use.
type bareConn struct {
	remote syscall.RawSockaddrInet6 // or what fits into it of a RawSockaddrInet4

	mu       sync.Mutex
	fd       int      // -1: closed, handed over, or in file
	file     *os.File // once there is one
	deadline time.Time
}

// accept takes the next connection of a listener, if there is one.
func (c *bareConn) accept(listener uintptr) syscall.Errno {
	for {
		size := uint32(unsafe.Sizeof(c.remote))
		fd, _, errno := syscall.RawSyscall6(syscall.SYS_ACCEPT4, listener, uintptr(unsafe.Pointer(&c.remote)),
			uintptr(unsafe.Pointer(&size)), syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0, 0)
		if errno == syscall.EINTR || errno == syscall.ECONNABORTED {
			continue
		}
		c.fd = int(fd)
		return errno
	}
}

// Read reads what is there, and waits if there is nothing.
func (c *bareConn) Read(p []byte) (int, error) {
	for range bareTries {
		n, errno, ok := c.readNow(p)
		switch {
		case !ok:
		case errno == syscall.EAGAIN:
			runtime.Gosched()
			continue
		case errno != 0:
			return 0, os.NewSyscallError("recvfrom", errno)
		case n == 0 && len(p) > 0:
			return 0, io.EOF
		default:
			return n, nil
		}
		break
	}
	file, err := c.waiting()
	if err != nil {
		return 0, err
	}
	n, err := file.Read(p)
	return n, netError("read", err)
}

// readNow reads without waiting, if the connection is bare.
func (c *bareConn) readNow(p []byte) (n int, errno syscall.Errno, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fd < 0 {
		return 0, 0, false
	}
	for {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(c.fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), syscall.MSG_DONTWAIT, 0, 0)
		if errno != syscall.EINTR {
			return int(n), errno, true
		}
	}
}

// waiting returns the connection as a file.
func (c *bareConn) waiting() (*os.File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.file != nil:
		return c.file, nil
	case c.fd < 0:
		return nil, net.ErrClosed
	}
	c.file, c.fd = os.NewFile(uintptr(c.fd), "connection"), -1
	return c.file, c.file.SetDeadline(c.deadline)
}

// netError makes of a file's error what net would say.
func netError(op string, err error) error {
	path := (*fs.PathError)(nil)
	switch {
	case err == nil, err == io.EOF:
		return err
	case errors.Is(err, os.ErrClosed):
		err = net.ErrClosed
	case errors.As(err, &path):
		err = path.Err
	}
	return &net.OpError{Op: op, Net: "tcp", Err: err}
}

// Detach returns the descriptor, which is the caller's from then on; or false, and
// it can only be duplicated.
func (c *bareConn) Detach() (fd int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fd, c.fd = c.fd, -1
	return fd, fd >= 0
}

// SyscallConn makes it a syscall.Conn.
func (c *bareConn) SyscallConn() (syscall.RawConn, error) {
	file, err := c.waiting()
	if err != nil {
		return nil, err
	}
	return file.SyscallConn()
}

// Write implements net.Conn.
func (c *bareConn) Write(p []byte) (int, error) {
	file, err := c.waiting()
	if err != nil {
		return 0, err
	}
	n, err := file.Write(p)
	return n, netError("write", err)
}

// CloseWrite tells the peer that nothing more comes.
func (c *bareConn) CloseWrite() error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = syscall.Shutdown(int(fd), syscall.SHUT_WR) }); err != nil {
		return netError("close", err)
	}
	return os.NewSyscallError("shutdown", failed)
}

// Close implements net.Conn.
func (c *bareConn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.file != nil {
		return netError("close", c.file.Close())
	}
	if c.fd < 0 {
		return net.ErrClosed
	}
	fd := c.fd
	c.fd = -1
	return os.NewSyscallError("close", syscall.Close(fd))
}

// SetDeadline implements net.Conn. What does not wait needs none.
func (c *bareConn) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	if c.file != nil {
		return netError("set", c.file.SetDeadline(t))
	}
	return nil
}

// SetReadDeadline implements net.Conn.
func (c *bareConn) SetReadDeadline(t time.Time) error {
	file, err := c.waiting()
	if err != nil {
		return err
	}
	return netError("set", file.SetReadDeadline(t))
}

// SetWriteDeadline implements net.Conn.
func (c *bareConn) SetWriteDeadline(t time.Time) error {
	file, err := c.waiting()
	if err != nil {
		return err
	}
	return netError("set", file.SetWriteDeadline(t))
}

// LocalAddr implements net.Conn; nil if the connection is closed.
func (c *bareConn) LocalAddr() net.Addr {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	var local syscall.Sockaddr
	raw.Control(func(fd uintptr) { local, _ = syscall.Getsockname(int(fd)) })
	switch local := local.(type) {
	case *syscall.SockaddrInet4:
		return &net.TCPAddr{IP: local.Addr[:], Port: local.Port}
	case *syscall.SockaddrInet6:
		addr := &net.TCPAddr{IP: local.Addr[:], Port: local.Port}
		if local.ZoneId != 0 {
			addr.Zone = zone(local.ZoneId)
		}
		return addr
	}
	return nil
}

// RemoteAddr implements net.Conn.
func (c *bareConn) RemoteAddr() net.Addr {
	raw := &c.remote
	if raw.Family == syscall.AF_INET {
		raw := (*syscall.RawSockaddrInet4)(unsafe.Pointer(raw))
		// In one piece: four bytes alone might share memory with something that
		// stays, and keep it from being shared better.
		addr := &struct {
			net.TCPAddr
			ip [4]byte
		}{net.TCPAddr{Port: int(hostOrder(raw.Port))}, raw.Addr}
		addr.IP = addr.ip[:]
		return &addr.TCPAddr
	}
	ip := netip.AddrFrom16(raw.Addr)
	if raw.Scope_id != 0 {
		ip = ip.WithZone(zone(raw.Scope_id))
	}
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip.Unmap(), hostOrder(raw.Port)))
}

// hostOrder turns a number from network byte order; the machines this is built
// for are little-endian.
func hostOrder(port uint16) uint16 { return port<<8 | port>>8 }

// zone names a zone of IPv6 as net does.
func zone(index uint32) string {
	if i, err := net.InterfaceByIndex(int(index)); err == nil {
		return i.Name
	}
	return strconv.FormatUint(uint64(index), 10)
}
