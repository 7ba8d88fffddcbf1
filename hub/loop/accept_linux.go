package loop

import (
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

const (
	// maxAccepts is how many connections are accepted before the loop does other work: as
	// many as are read, or the queue overflows in a siege, and TCP has clients try again
	// after a second.
	maxAccepts = 256

	// maxQueue is how many connections wait in a listener's queue at most
	// (net.core.somaxconn), unless an administrator has asked for more.
	maxQueue = 4096
)

// setOptions sets the options of a listener, which its connections inherit.
func setOptions(_, _ string, raw syscall.RawConn) error {
	return raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
		_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1)
	})
}

// acceptor is a listener on which the first loop accepts; it hands each of the others its
// share. A connection whose request is there when it is accepted needs no turn of its own.
type acceptor struct {
	loop   *Loop
	server *Server
	fd     int
	slot   int32
	failed failures
	retry  *time.Timer // nil: none runs
	batch  []*Conn
}

// newAcceptor has a loop accept on ln, whose descriptor it takes over. It reports
// whether it could.
func newAcceptor(s *Server, ln net.Listener) bool {
	tcp, isTCP := ln.(*net.TCPListener)
	l := s.Loops.loops[0]
	if _, isEpoll := l.poll.(*epoll); !isTCP || !isEpoll {
		return false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return false
	}
	e := &acceptor{loop: l, server: s, fd: -1, failed: failures{server: s, addr: ln.Addr()}}
	if raw.Control(func(fd uintptr) { e.fd, err = dup(int(fd)) }) != nil || err != nil {
		return false
	}
	tcp.Close() // the socket lives on in e.fd
	if !l.mail.call(e.begin) {
		sysClose(e.fd)
	}
	return true
}

func (e *acceptor) begin() {
	l := e.loop
	e.slot = firstAcceptor - int32(len(l.acceptors))
	l.acceptors = append(l.acceptors, e)
	if err := l.poll.add(e.fd, e.slot); err != nil {
		e.server.log().Error("cannot watch a listener", "error", err)
	}
	if e.server.isClosing() {
		e.end()
	}
}

// accept takes the connections that have come, and reports whether there may be more.
func (e *acceptor) accept() (more bool) {
	own := e.batch[:0]
	more = true
	for range maxAccepts {
		fd, remote, errno := sysAccept(e.fd)
		if errno == syscall.EAGAIN {
			more = false
			break
		}
		if errno != 0 {
			e.rest(e.failed.next(&net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", errno)}))
			more = false
			break
		}
		e.failed.end()
		l := e.server.Loops.nextLoop()
		c := e.server.newGuest(l, remote)
		c.fd = int32(fd)
		if l == e.loop {
			own = append(own, c)
		} else if !l.mail.call(func() { l.beginHandshake(c) }) {
			c.discard()
		}
	}
	for i, c := range own {
		e.loop.beginHandshake(c)
		own[i] = nil
	}
	e.batch = own
	return more
}

// acceptRest takes what waits in the queues of a server's listeners, and closes them.
func (l *Loop) acceptRest(s *Server) {
	for _, e := range l.acceptors {
		if e.server == s && e.fd >= 0 {
			for n := 0; n < maxQueue && e.accept(); n += maxAccepts {
			}
			e.end()
		}
	}
}

// rest accepts nothing for a while.
func (e *acceptor) rest(wait time.Duration) {
	_ = e.loop.poll.watchRead(e.fd, e.slot, false)
	e.retry = time.AfterFunc(wait, func() {
		e.loop.mail.call(func() {
			if e.fd >= 0 {
				_ = e.loop.poll.watchRead(e.fd, e.slot, true)
			}
		})
	})
}

func (e *acceptor) end() {
	if e.retry != nil {
		e.retry.Stop()
	}
	if e.fd >= 0 {
		sysClose(e.fd)
		e.fd = -1
	}
}

// stopAccepting closes the listeners of a server; nil: of all servers.
func (l *Loop) stopAccepting(s *Server) {
	for _, e := range l.acceptors {
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
