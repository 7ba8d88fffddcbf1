package loop

import (
	"fmt"
	"net"
	"os"
	"syscall"
)

// maxEvents is how many sockets a loop serves before it looks at its mailbox.
const maxEvents = 256

// wakeSlot marks the event of the descriptor that wake writes to.
const wakeSlot = -1

// epoll is the poller of Linux. An epoll descriptor can itself be polled: a
// loop that has nothing to do parks in the runtime's own poller and costs no
// thread, while a blocking epoll_wait would cost a hand-over each time.
type epoll struct {
	fd     int
	file   *os.File // of fd, for parking
	raw    syscall.RawConn
	wakeFD int
	ready  []syscall.EpollEvent
	n      int                // how many of ready are valid
	ask    func(uintptr) bool // poll, as raw wants it; kept, so that waiting takes no memory
	events []event
}

func newPoller(goroutines bool) (poller, error) {
	if goroutines {
		return newParker(), nil
	}
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create1: %w", err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil { // so that os.NewFile parks
		syscall.Close(fd)
		return nil, fmt.Errorf("epoll: %w", err)
	}
	p := &epoll{
		fd: fd, file: os.NewFile(uintptr(fd), "epoll"), wakeFD: -1,
		ready: make([]syscall.EpollEvent, maxEvents), events: make([]event, 0, maxEvents),
	}
	p.ask = func(uintptr) bool { p.poll(); return p.n > 0 }
	if p.raw, err = p.file.SyscallConn(); err == nil {
		p.wakeFD, err = eventFD()
	}
	if err == nil {
		err = p.add(p.wakeFD, wakeSlot)
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *epoll) take(nc net.Conn) (int, error) {
	bare, isBare := nc.(interface{ Detach() (int, bool) })
	if isBare {
		if fd, ok := bare.Detach(); ok {
			return fd, nil
		}
	}
	switch nc.(type) {
	case *net.TCPConn, *net.UnixConn:
	default:
		if !isBare {
			return -1, nil
		}
	}
	raw, err := nc.(syscall.Conn).SyscallConn()
	if err != nil {
		return -1, fmt.Errorf("take descriptor: %w", err)
	}
	fd := -1
	var dupErr error
	err = raw.Control(func(old uintptr) { fd, dupErr = dup(int(old)) })
	if err == nil {
		err = dupErr
	}
	if err != nil {
		return -1, fmt.Errorf("take descriptor: %w", err)
	}
	nc.Close() // the socket lives on in fd
	return fd, nil
}

func (p *epoll) add(fd int, slot int32) error {
	return p.control(syscall.EPOLL_CTL_ADD, fd, slot, syscall.EPOLLIN)
}

func (p *epoll) modify(fd int, slot int32, read, write bool) error {
	var events uint32
	if read {
		events |= syscall.EPOLLIN
	}
	if write {
		events |= syscall.EPOLLOUT
	}
	return p.control(syscall.EPOLL_CTL_MOD, fd, slot, events)
}

func (p *epoll) control(op, fd int, slot int32, events uint32) error {
	// The kernel hands Fd back as it is: it holds the slot.
	return epollControl(p.fd, op, fd, &syscall.EpollEvent{Events: events, Fd: slot})
}

func (p *epoll) wait(block bool) []event {
	p.poll()
	if p.n == 0 && block {
		if err := p.raw.Read(p.ask); err != nil {
			panic("loop: epoll descriptor: " + err.Error()) // closed under the loop that owns it
		}
	}
	p.events = p.events[:0]
	for _, e := range p.ready[:p.n] {
		if e.Fd == wakeSlot {
			drainEventFD(p.wakeFD)
			continue
		}
		const over = syscall.EPOLLHUP | syscall.EPOLLERR
		p.events = append(p.events, event{
			slot:     e.Fd,
			readable: e.Events&(syscall.EPOLLIN|over) != 0,
			writable: e.Events&(syscall.EPOLLOUT|over) != 0,
			hangup:   e.Events&over != 0,
		})
	}
	return p.events
}

// poll asks epoll without waiting.
func (p *epoll) poll() {
	for {
		n, err := epollWait(p.fd, p.ready)
		switch err {
		case 0:
			p.n = n
			return
		case syscall.EINTR:
		default:
			panic("loop: epoll_wait: " + err.Error()) // only a bug makes it fail
		}
	}
}

func (p *epoll) wake() { signalEventFD(p.wakeFD) }

func (p *epoll) close() {
	p.file.Close()
	if p.wakeFD >= 0 {
		syscall.Close(p.wakeFD)
	}
}
