package loop

import (
	"fmt"
	"net"
	"os"
	"syscall"
)

// maxReads and maxWrites bound the sockets that a loop serves before it looks at its
// mailbox: those that can be read from, and those that can be written to again. The latter
// may be very many when a crowd does not keep up, and each may take long.
const (
	maxReads  = 256
	maxWrites = 32
)

// The slots of descriptors that are not connections: the one that wake writes to, and
// writers. Listeners have lower ones; see firstAcceptor.
const (
	wakeSlot    = -1
	writersSlot = -2
)

// epoll is the poller of Linux. An epoll descriptor can itself be polled: a
// loop that has nothing to do parks in the runtime's own poller and costs no
// thread, while a blocking epoll_wait would cost a hand-over each time. Sockets
// that have to wait until they can be written to are also in a set of their own, so
// that those that can be read from do not queue behind them.
type epoll struct {
	fd      int
	file    *os.File // of fd, for parking
	raw     syscall.RawConn
	wakeFD  int
	writers int // the set of those that wait to be written to
	ready   []syscall.EpollEvent
	n       int                // how many of ready are valid
	ask     func(uintptr) bool // poll, as raw wants it; kept, so that waiting takes no memory
	events  []event
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
		fd: fd, file: os.NewFile(uintptr(fd), "epoll"), wakeFD: -1, writers: -1,
		ready: make([]syscall.EpollEvent, maxReads+maxWrites), events: make([]event, 0, maxReads+maxWrites),
	}
	p.ask = func(uintptr) bool { p.poll(); return p.n > 0 }
	if p.raw, err = p.file.SyscallConn(); err == nil {
		err = p.open()
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *epoll) open() (err error) {
	if p.wakeFD, err = eventFD(); err != nil {
		return err
	}
	if p.writers, err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err != nil {
		return fmt.Errorf("epoll_create1: %w", err)
	}
	if err = p.add(p.wakeFD, wakeSlot); err != nil {
		return err
	}
	return p.add(p.writers, writersSlot)
}

func (p *epoll) take(nc net.Conn) (int, error) {
	switch nc.(type) {
	case *net.TCPConn, *net.UnixConn:
	default:
		return -1, nil
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
	return control(p.fd, syscall.EPOLL_CTL_ADD, fd, slot, syscall.EPOLLIN)
}

func (p *epoll) remove(fd int) error {
	return control(p.fd, syscall.EPOLL_CTL_DEL, fd, 0, 0)
}

func (p *epoll) watchRead(fd int, slot int32, on bool) error {
	var events uint32 // none: a hang-up is told all the same
	if on {
		events = syscall.EPOLLIN
	}
	return control(p.fd, syscall.EPOLL_CTL_MOD, fd, slot, events)
}

func (p *epoll) watchWrite(fd int, slot int32, on bool) error {
	op := syscall.EPOLL_CTL_DEL
	if on {
		op = syscall.EPOLL_CTL_ADD
	}
	return control(p.writers, op, fd, slot, syscall.EPOLLOUT)
}

func control(epfd, op, fd int, slot int32, events uint32) error {
	// The kernel hands Fd back as it is: it holds the slot.
	return epollControl(epfd, op, fd, &syscall.EpollEvent{Events: events, Fd: slot})
}

func (p *epoll) wait(block bool) []event {
	if !block {
		p.poll()
	} else if err := p.raw.Read(p.ask); err != nil { // it asks before it parks
		panic("loop: epoll descriptor: " + err.Error()) // closed under the loop that owns it
	}
	p.events = p.events[:0]
	for _, e := range p.ready[:p.n] {
		switch e.Fd {
		case wakeSlot:
			drainEventFD(p.wakeFD)
			continue
		case writersSlot: // they are behind it
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
	p.n = pollSet(p.fd, p.ready[:maxReads])
	for _, e := range p.ready[:p.n] {
		if e.Fd == writersSlot {
			p.n += pollSet(p.writers, p.ready[p.n:p.n+maxWrites])
			return
		}
	}
}

func pollSet(epfd int, ready []syscall.EpollEvent) int {
	for {
		n, err := epollWait(epfd, ready)
		switch err {
		case 0:
			return n
		case syscall.EINTR:
		default:
			panic("loop: epoll_wait: " + err.Error()) // only a bug makes it fail
		}
	}
}

func (p *epoll) wake() { signalEventFD(p.wakeFD) }

func (p *epoll) close() {
	p.file.Close()
	for _, fd := range []int{p.wakeFD, p.writers} {
		if fd >= 0 {
			syscall.Close(fd)
		}
	}
}
