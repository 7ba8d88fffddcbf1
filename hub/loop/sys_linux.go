package loop

import (
	"os"
	"syscall"
	"time"
	"unsafe"
)

// The calls here never block, so they do without the scheduler's hand-over that
// syscall.Syscall pays for. At low load that is two thirds of their cost: no
// monitor thread has to be woken.

// epollWait is epoll_wait with a timeout of zero.
func epollWait(fd int, events []syscall.EpollEvent) (int, syscall.Errno) {
	n, _, err := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(fd),
		uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), 0, 0, 0)
	return int(n), err
}

// epollControl is epoll_ctl.
func epollControl(epfd, op, fd int, event *syscall.EpollEvent) error {
	_, _, err := syscall.RawSyscall6(syscall.SYS_EPOLL_CTL, uintptr(epfd), uintptr(op), uintptr(fd),
		uintptr(unsafe.Pointer(event)), 0, 0)
	if err != 0 {
		return os.NewSyscallError("epoll_ctl", err)
	}
	return nil
}

// dup duplicates a descriptor.
func dup(fd int) (int, error) {
	n, _, err := syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD_CLOEXEC, 0)
	if err != 0 {
		return -1, os.NewSyscallError("fcntl", err)
	}
	return int(n), nil
}

func eventFD() (int, error) {
	const flags = syscall.O_CLOEXEC | syscall.O_NONBLOCK
	fd, _, err := syscall.RawSyscall(syscall.SYS_EVENTFD2, 0, flags, 0)
	if err != 0 {
		return -1, os.NewSyscallError("eventfd2", err)
	}
	return int(fd), nil
}

// signalEventFD makes fd readable. It cannot fail but by an overflow of the
// counter, when fd is readable anyway.
func signalEventFD(fd int) {
	one := [8]byte{1} // any number but 0, in whatever byte order
	syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&one)), 8)
}

// drainEventFD makes fd unreadable again.
func drainEventFD(fd int) {
	var count [8]byte
	syscall.RawSyscall(syscall.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&count)), 8)
}

// sysRead reads from a socket. 0 without an error is its end.
func sysRead(fd int, p []byte) (int, error) {
	for {
		if n, errno := recv(fd, p); errno != syscall.EINTR {
			return outcome(n, errno, "recvfrom")
		}
	}
}

// outcome is what a call on a socket has come to, in Go's terms.
func outcome(n int, errno syscall.Errno, call string) (int, error) {
	switch errno {
	case 0:
		return n, nil
	case syscall.EAGAIN:
		return 0, errAgain
	}
	return 0, os.NewSyscallError(call, errno)
}

// sysWrite writes what the socket takes. The system may hold it back for a moment
// if more comes, or the end.
func sysWrite(fd int, p []byte, more bool) (int, error) {
	for {
		if n, errno := send(fd, p, more); errno != syscall.EINTR {
			return outcome(n, errno, "sendto")
		}
	}
}

// sysWriteTwo writes what the socket takes of p, and q behind it. The descriptors
// of a loop do not block.
func sysWriteTwo(fd int, p, q []byte) (int, error) {
	parts := [2]syscall.Iovec{{Base: unsafe.SliceData(p)}, {Base: unsafe.SliceData(q)}}
	parts[0].SetLen(len(p))
	parts[1].SetLen(len(q))
	for {
		n, _, errno := syscall.RawSyscall(syscall.SYS_WRITEV, uintptr(fd), uintptr(unsafe.Pointer(&parts)), uintptr(len(parts)))
		if errno != syscall.EINTR {
			return outcome(int(n), errno, "writev")
		}
	}
}

// maxUnsent is from how many bytes on, that it could not send yet, the system takes no more
// for a connection. It would take up to 4 MiB (tcp_wmem) for each that reads nothing.
const maxUnsent = 128 << 10

func sysBoundUnsent(fd int) {
	const tcpNotsentLowat = 25 // TCP_NOTSENT_LOWAT, see tcp(7)
	_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, tcpNotsentLowat, maxUnsent)
}

// sysForget has the system keep what the peer has not taken for orphanTimeout at most, once
// it takes nothing any more. Otherwise that is minutes.
func sysForget(fd int) {
	const tcpUserTimeout = 18 // TCP_USER_TIMEOUT, see tcp(7)
	_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, tcpUserTimeout, int(orphanTimeout/time.Millisecond))
}

const orphanTimeout = 30 * time.Second

// Whoever has no peer any more gets an error of the next call anyway.

func sysCloseWrite(fd int) { _ = shutdown(fd, syscall.SHUT_WR) }
func sysClose(fd int)      { syscall.RawSyscall(syscall.SYS_CLOSE, uintptr(fd), 0, 0) }
