//go:build linux && !amd64 && !arm64

package loop

import (
	"net/netip"
	"syscall"
)

func accept(listener int) (int, netip.AddrPort, syscall.Errno) {
	fd, remote, err := syscall.Accept4(listener, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
	errno, _ := err.(syscall.Errno)
	switch remote := remote.(type) {
	case *syscall.SockaddrInet4:
		return fd, netip.AddrPortFrom(netip.AddrFrom4(remote.Addr), uint16(remote.Port)), errno
	case *syscall.SockaddrInet6:
		return fd, netip.AddrPortFrom(netip.AddrFrom16(remote.Addr).Unmap(), uint16(remote.Port)), errno
	}
	return fd, netip.AddrPort{}, errno
}

// Some processors have no recvfrom of their own. The descriptors do not block.

func recv(fd int, p []byte) (int, syscall.Errno)         { return result(syscall.Read(fd, p)) }
func send(fd int, p []byte, _ bool) (int, syscall.Errno) { return result(syscall.Write(fd, p)) }

func result(n int, err error) (int, syscall.Errno) {
	errno, _ := err.(syscall.Errno)
	return max(n, 0), errno
}

func shutdown(fd, how int) error { return syscall.Shutdown(fd, how) }
