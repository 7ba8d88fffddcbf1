package load

import (
	"fmt"
	"net"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// maxEvents is how many sockets are served before the clock is looked at.
const maxEvents = 256

const (
	sysEpollPwait2  = 441     // epoll_pwait2 of Linux 5.11, the same on all machines
	edgeTriggered   = 1 << 31 // EPOLLET; package syscall has it as a negative number
	prSetTimerslack = 29      // PR_SET_TIMERSLACK
	readable        = syscall.EPOLLIN | syscall.EPOLLRDHUP | edgeTriggered
	over            = syscall.EPOLLHUP | syscall.EPOLLERR
)

// epoll is the sockets of Linux, descriptors without anything of package net
// around them. Its calls keep the processor even where they wait, which is for
// some milliseconds at most: the hand-over of the scheduler would cost more.
type epoll struct {
	fd     int
	fds    []int32 // by slot; -1: closed
	ready  [maxEvents]syscall.EpollEvent
	events [maxEvents]event
}

// newSockets returns the sockets for plain TCP connections.
func newSockets(conns int) (sockets, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	s := &epoll{fd: fd, fds: make([]int32, conns)}
	for i := range s.fds {
		s.fds[i] = -1
	}
	// Timers of this thread are to be exact. A refusal costs 50 µs of that.
	syscall.RawSyscall(syscall.SYS_PRCTL, prSetTimerslack, 1, 0)
	return s, nil
}

func (s *epoll) add(nc net.Conn, slot int32) error {
	fd, err := take(nc)
	if err != nil {
		return err
	}
	s.fds[slot] = int32(fd)
	return s.control(syscall.EPOLL_CTL_ADD, slot, readable)
}

// take gets the descriptor out of a connection and closes the connection.
func take(nc net.Conn) (int, error) {
	raw, err := nc.(syscall.Conn).SyscallConn()
	if err != nil {
		return -1, fmt.Errorf("take descriptor: %w", err)
	}
	fd := -1
	var errno syscall.Errno
	err = raw.Control(func(old uintptr) {
		n, _, e := syscall.RawSyscall(syscall.SYS_FCNTL, old, syscall.F_DUPFD_CLOEXEC, 0)
		fd, errno = int(n), e
	})
	nc.Close() // the socket lives on in fd
	switch {
	case err != nil:
		return -1, fmt.Errorf("take descriptor: %w", err)
	case errno != 0:
		return -1, os.NewSyscallError("fcntl", errno)
	}
	return fd, nil
}

func (s *epoll) control(op int, slot int32, events uint32) error {
	e := syscall.EpollEvent{Events: events, Fd: slot} // the kernel hands Fd back as it is
	return os.NewSyscallError("epoll_ctl", syscall.EpollCtl(s.fd, op, int(s.fds[slot]), &e))
}

func (s *epoll) again(slot int32, write bool) error {
	events := uint32(readable)
	if write {
		events |= syscall.EPOLLOUT
	}
	return s.control(syscall.EPOLL_CTL_MOD, slot, events)
}

func (s *epoll) wait(most time.Duration) ([]event, error) {
	most = max(most, 0)
	timeout := [2]int64{int64(most / time.Second), int64(most % time.Second)} // 64 bits each on every machine
	n, _, errno := syscall.RawSyscall6(sysEpollPwait2, uintptr(s.fd), uintptr(unsafe.Pointer(&s.ready[0])),
		maxEvents, uintptr(unsafe.Pointer(&timeout)), 0, 0)
	switch errno {
	case 0:
	case syscall.EINTR:
		return nil, nil
	default:
		return nil, os.NewSyscallError("epoll_pwait2", errno)
	}
	for i, e := range s.ready[:n] {
		s.events[i] = event{
			slot:     e.Fd,
			readable: e.Events&(syscall.EPOLLIN|syscall.EPOLLRDHUP|over) != 0,
			writable: e.Events&(syscall.EPOLLOUT|over) != 0,
			hangup:   e.Events&(syscall.EPOLLRDHUP|over) != 0,
		}
	}
	return s.events[:n], nil
}

// The descriptors do not block, and not every processor has a recvfrom of its own.

func (s *epoll) read(slot int32, p []byte) (int, error) {
	return result("read", s.fds[slot], p, syscall.SYS_READ)
}

func (s *epoll) write(slot int32, p []byte) (int, error) {
	return result("write", s.fds[slot], p, syscall.SYS_WRITE)
}

func result(name string, fd int32, p []byte, call uintptr) (int, error) {
	for {
		n, _, errno := syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EINTR:
		case syscall.EAGAIN:
			return 0, errAgain
		default:
			return 0, os.NewSyscallError(name, errno)
		}
	}
}

func (s *epoll) close(slot int32) {
	syscall.Close(int(s.fds[slot]))
	s.fds[slot] = -1
}

func (s *epoll) closeAll() {
	for slot, fd := range s.fds {
		if fd >= 0 {
			s.close(int32(slot))
		}
	}
	syscall.Close(s.fd)
}
