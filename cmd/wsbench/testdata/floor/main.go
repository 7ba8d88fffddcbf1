//go:build linux

// Floor is the least that an echo server in Go can do, to compare real ones
// with: one epoll loop that answers the upgrade and sends each frame back, all
// that came with one read in one write. It checks nothing, and trusts its
// clients to read.
//
//	floor -addr 127.0.0.1:9300
package main

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"flag"
	"log"
	"net"
	"syscall"
	"unsafe"
)

// conn is a connection: what it sent that is not a whole frame or head yet.
type conn struct {
	upgraded bool
	rest     []byte
}

var (
	conns = map[int32]*conn{}
	in    = make([]byte, 4<<20)
	out   []byte
)

func main() {
	addr := flag.String("addr", "127.0.0.1:9300", "IPv4 address and port")
	flag.Parse()
	to, err := net.ResolveTCPAddr("tcp4", *addr)
	check(err)
	listener, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0)
	check(err)
	check(syscall.SetsockoptInt(listener, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1))
	check(syscall.Bind(listener, &syscall.SockaddrInet4{Port: to.Port, Addr: [4]byte(to.IP.To4())}))
	check(syscall.Listen(listener, 4096))
	poll, err := syscall.EpollCreate1(0)
	check(err)
	watch(poll, listener)
	ready := make([]syscall.EpollEvent, 256)
	for {
		for _, e := range wait(poll, ready) {
			if int(e.Fd) == listener {
				accept(poll, listener)
			} else if !serve(int(e.Fd), conns[e.Fd]) {
				delete(conns, e.Fd)
				syscall.Close(int(e.Fd))
			}
		}
	}
}

// wait waits without the scheduler's hand-over, since nothing else is to run.
func wait(poll int, ready []syscall.EpollEvent) []syscall.EpollEvent {
	const millis = 1000
	n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(poll), uintptr(unsafe.Pointer(&ready[0])), uintptr(len(ready)), millis, 0, 0)
	if errno == syscall.EINTR {
		return nil
	}
	if errno != 0 {
		check(errno)
	}
	return ready[:n]
}

func watch(poll, fd int) {
	check(syscall.EpollCtl(poll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)}))
}

func accept(poll, listener int) {
	for {
		fd, _, err := syscall.Accept4(listener, syscall.SOCK_NONBLOCK)
		if err != nil {
			return
		}
		syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
		conns[int32(fd)] = new(conn)
		watch(poll, fd)
	}
}

// serve answers what has come; false ends the connection.
func serve(fd int, c *conn) bool {
	kept := copy(in, c.rest)
	n, errno := call(syscall.SYS_RECVFROM, fd, in[kept:])
	if errno == syscall.EAGAIN {
		return true
	}
	if errno != 0 || n == 0 {
		return false
	}
	b := in[:kept+n]
	out = out[:0]
	if !c.upgraded {
		b = upgrade(c, b)
	}
	open := true
	for open && c.upgraded {
		size, more := echo(b)
		if size == 0 {
			break
		}
		b, open = b[size:], more
	}
	c.rest = append(c.rest[:0], b...)
	return send(fd, out) && open
}

// upgrade answers the handshake once its head is whole.
func upgrade(c *conn, b []byte) []byte {
	head, rest, whole := bytes.Cut(b, []byte("\r\n\r\n"))
	if !whole {
		return b
	}
	_, key, _ := bytes.Cut(head, []byte("Sec-WebSocket-Key: "))
	key, _, _ = bytes.Cut(key, []byte("\r\n"))
	sum := sha1.Sum(append(append([]byte{}, key...), "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"...))
	out = append(out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	out = base64.StdEncoding.AppendEncode(out, sum[:])
	out = append(out, "\r\n\r\n"...)
	c.upgraded = true
	return rest
}

// echo appends the frame at the front of b to out, without its mask, and returns
// how long it is; 0 if it is not whole. more is false after a close frame.
func echo(b []byte) (size int, more bool) {
	if len(b) < 14 && (len(b) < 6 || len(b) < int(b[1]&0x7f)+6) {
		return 0, true
	}
	header, length := 2, int(b[1]&0x7f)
	switch length {
	case 126:
		header, length = 4, int(binary.BigEndian.Uint16(b[2:]))
	case 127:
		header, length = 10, int(binary.BigEndian.Uint64(b[2:]))
	}
	size = header + 4 + length
	if len(b) < size {
		return 0, true
	}
	start := len(out) + header
	out = append(out, b[0], b[1]&0x7f)
	out = append(out, b[2:header]...)
	out = append(out, b[header+4:size]...)
	payload, key := out[start:], binary.LittleEndian.Uint32(b[header:])
	word := uint64(key)<<32 | uint64(key)
	for ; len(payload) >= 8; payload = payload[8:] {
		binary.LittleEndian.PutUint64(payload, binary.LittleEndian.Uint64(payload)^word)
	}
	for i := range payload {
		payload[i] ^= byte(word >> (8 * i))
	}
	return size, b[0]&0xf != 8
}

// send writes all of p, and waits where the socket is full.
func send(fd int, p []byte) bool {
	for len(p) > 0 {
		n, errno := call(syscall.SYS_SENDTO, fd, p)
		if errno != 0 && errno != syscall.EAGAIN {
			return false
		}
		p = p[max(n, 0):]
	}
	return true
}

// call is a system call on a socket that does not block.
func call(number uintptr, fd int, p []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(number, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL, 0, 0)
	return int(n), errno
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
