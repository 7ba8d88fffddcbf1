package loop

import (
	"io"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"wschat/frame"
	"wschat/handshake"
)

// sendsAtOnce reports whether a loop's socket has TCP_NODELAY.
func sendsAtOnce(c *Conn) bool {
	v, err := syscall.GetsockoptInt(int(c.fd), syscall.IPPROTO_TCP, syscall.TCP_NODELAY)
	return v != 0 && err == nil
}

// unsent is how many bytes the kernel has of a connection that its peer has not taken.
func unsent(c *Conn) (n int32) {
	syscall.Syscall(syscall.SYS_IOCTL, uintptr(c.fd), syscall.TIOCOUTQ, uintptr(unsafe.Pointer(&n)))
	return n
}

// For a reader who takes nothing the kernel holds little. Who reads on when the time of the
// connection is over gets that.
func TestKernelHoldsLittle(t *testing.T) {
	ts := drivers[0].shake(t, &Server{Endpoints: map[string]Endpoint{"/socket": func(*handshake.Request) (Acceptance, error) {
		return Acceptance{Metered: true, Enter: func() (Handler, error) { return Echo{}, nil }}, nil
	}}})
	conn := ts.dial()
	transmit(t, conn, "GET /socket HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	var c *Conn
	eventually(t, "the connection is open", func() bool {
		ts.Loops.ask(func(l *Loop) {
			for _, open := range l.openConns() {
				c = open
			}
		})
		return c != nil
	})
	c.Send(text(strings.Repeat("x", 4<<20)))
	eventually(t, "the kernel has something", func() bool { return unsent(c) > 0 })
	if n := unsent(c); n > 3*maxUnsent {
		t.Errorf("the kernel holds %d bytes", n)
	}
	c.Close(frame.GoingAway, "")
	ts.Loops.pass(closeTimeout + time.Second)
	eventually(t, "the connection is over", func() bool { return ts.Loops.Len() == 0 })
	if n, err := io.Copy(io.Discard, conn); err != nil || n < maxUnsent {
		t.Errorf("read %d bytes, %v", n, err)
	}
}
