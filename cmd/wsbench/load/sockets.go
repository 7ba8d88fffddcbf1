package load

import (
	"errors"
	"net"
	"time"
)

// errAgain is the answer of a socket that would have to wait.
var errAgain = errors.New("load: socket not ready")

// event is what a connection is ready for.
type event struct {
	slot               int32
	readable, writable bool
	hangup             bool // the peer sends no more
}

// sockets are those of all connections, by the connection's slot. Readiness is
// told once, when it comes about: who is told reads until a read is short, or
// says again. For the engine's goroutine alone.
type sockets interface {
	// add takes a connection over; the caller no longer uses nc.
	add(nc net.Conn, slot int32) error
	// wait returns what is ready, after the time given at the latest. The
	// events are valid until the next call.
	wait(most time.Duration) ([]event, error)
	// read reads what is there; 0 without an error is the end.
	read(slot int32, p []byte) (int, error)
	// write writes what the socket takes.
	write(slot int32, p []byte) (int, error)
	// again has wait tell the readiness once more; for writing, too, if write
	// is set.
	again(slot int32, write bool) error
	close(slot int32)
	// closeAll ends whatever is still open, and goroutines.
	closeAll()
}
