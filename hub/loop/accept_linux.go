package loop

import (
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// maxAccepts is how many connections are accepted before others have their turn.
const maxAccepts = 64

// ear is a listener that a loop accepts on: the first, which hands its share to each
// of the others. A connection whose request is there when it is accepted needs no
// turn of its own.
type ear struct {
	loop   *Loop
	server *Server
	fd     int
	slot   int32
	failed failures
	retry  *time.Timer // nil: none runs
	batch  []*Conn
}

// newEar has a loop accept on ln, whose descriptor it takes over. It reports
// whether it could.
func newEar(s *Server, ln net.Listener) bool {
	tcp, isTCP := ln.(*net.TCPListener)
	l := s.Loops.loops[0]
	if _, isEpoll := l.poll.(*epoll); !isTCP || !isEpoll {
		return false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return false
	}
	e := &ear{loop: l, server: s, fd: -1, failed: failures{server: s, addr: ln.Addr()}}
	if raw.Control(func(fd uintptr) { // what is accepted inherits the options
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
		_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1)
		e.fd, err = dup(int(fd))
	}) != nil || err != nil {
		return false
	}
	tcp.Close() // the socket lives on in e.fd
	if !l.mail.call(e.begin) {
		sysClose(e.fd)
	}
	return true
}

func (e *ear) begin() {
	l := e.loop
	e.slot = firstEar - int32(len(l.ears))
	l.ears = append(l.ears, e)
	if err := l.poll.add(e.fd, e.slot); err != nil {
		e.server.log().Error("cannot watch a listener", "error", err)
	}
	if e.server.isClosing() {
		e.end()
	}
}

// accept takes the connections that have come.
func (e *ear) accept() {
	own := e.batch[:0]
	for range maxAccepts {
		fd, remote, errno := sysAccept(e.fd)
		if errno == syscall.EAGAIN {
			break
		}
		if errno != 0 {
			e.rest(e.failed.next(&net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", errno)}))
			break
		}
		e.failed.end()
		l := e.server.Loops.nextLoop()
		c := e.server.newGuest(l, remote)
		c.fd = int32(fd)
		if l == e.loop {
			own = append(own, c)
		} else if !l.mail.call(func() { l.welcome(c) }) {
			c.discard()
		}
	}
	for i, c := range own {
		e.loop.welcome(c)
		own[i] = nil
	}
	e.batch = own
}

// rest accepts nothing for a while.
func (e *ear) rest(wait time.Duration) {
	_ = e.loop.poll.watchRead(e.fd, e.slot, false)
	e.retry = time.AfterFunc(wait, func() {
		e.loop.mail.call(func() {
			if e.fd >= 0 {
				_ = e.loop.poll.watchRead(e.fd, e.slot, true)
			}
		})
	})
}

func (e *ear) end() {
	if e.retry != nil {
		e.retry.Stop()
	}
	if e.fd >= 0 {
		sysClose(e.fd)
		e.fd = -1
	}
}

// deafen closes the listeners of a server; nil: of all.
func (l *Loop) deafen(s *Server) {
	for _, e := range l.ears {
		if s == nil || e.server == s {
			e.end()
		}
	}
}

// sysAccept takes the next connection of a listener, if there is one.
func sysAccept(listener int) (fd int, remote netip.AddrPort, errno syscall.Errno) {
	for {
		fd, remote, errno = accept(listener)
		if errno != syscall.EINTR && errno != syscall.ECONNABORTED {
			return fd, remote, errno
		}
	}
}
