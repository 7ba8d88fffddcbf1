//go:build linux && (amd64 || arm64)

package loop

import (
	"net/netip"
	"syscall"
	"unsafe"
)

func accept(listener int) (int, netip.AddrPort, syscall.Errno) {
	var raw syscall.RawSockaddrInet6 // or what fits into it of a RawSockaddrInet4
	size := uint32(unsafe.Sizeof(raw))
	fd, _, errno := syscall.RawSyscall6(syscall.SYS_ACCEPT4, uintptr(listener), uintptr(unsafe.Pointer(&raw)),
		uintptr(unsafe.Pointer(&size)), syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0, 0)
	ip := netip.AddrFrom16(raw.Addr)
	if raw.Family == syscall.AF_INET {
		ip = netip.AddrFrom4((*syscall.RawSockaddrInet4)(unsafe.Pointer(&raw)).Addr)
	}
	// These processors are little-endian, the network is not.
	return int(fd), netip.AddrPortFrom(ip.Unmap(), raw.Port<<8|raw.Port>>8), errno
}

func recv(fd int, p []byte) (int, syscall.Errno) {
	n, _, err := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), syscall.MSG_DONTWAIT, 0, 0)
	return int(n), err
}

func send(fd int, p []byte, more bool) (int, syscall.Errno) {
	const msgMore = 0x8000 // MSG_MORE, which package syscall does not have
	flags := uintptr(syscall.MSG_DONTWAIT | syscall.MSG_NOSIGNAL)
	if more {
		flags |= msgMore
	}
	n, _, err := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), flags, 0, 0)
	return int(n), err
}

func shutdown(fd, how int) syscall.Errno {
	_, _, err := syscall.RawSyscall(syscall.SYS_SHUTDOWN, uintptr(fd), uintptr(how), 0)
	return err
}
