package loop

import (
	"errors"
	"net"
)

// errAgain is the answer of a socket that would have to wait.
var errAgain net.Error = again{}

// again is temporary, so that crypto/tls asks again after it.
type again struct{}

func (again) Error() string   { return "loop: socket not ready" }
func (again) Timeout() bool   { return false }
func (again) Temporary() bool { return true }

// firstAcceptor is the slot of a loop's first listener; the others lie below.
const firstAcceptor = -3

// event is the readiness of one socket.
type event struct {
	slot               int32
	readable, writable bool
	hangup             bool // the connection is over in both directions
}

// poller waits for sockets and for wake. wake is safe for concurrent use, the
// rest is for the loop's goroutine; take for any.
type poller interface {
	// take gets the descriptor out of nc and closes nc, or returns -1 if nc has
	// to be driven by goroutines.
	take(nc net.Conn) (fd int, err error)
	// add watches a new descriptor for reading.
	add(fd int, slot int32) error
	// remove watches it no more; what has been closed is not watched anyway.
	remove(fd int) error
	watchRead(fd int, slot int32, on bool) error
	watchWrite(fd int, slot int32, on bool) error
	// wait returns the events there are; if block is set it waits for some, or
	// for wake. They are valid until the next call.
	wait(block bool) []event
	wake()
	close()
}

// parker is the poller of loops that have only streams: it has no sockets, and
// waits for wake alone.
type parker struct{ woken chan struct{} }

func newParker() parker { return parker{make(chan struct{}, 1)} }

func (parker) take(net.Conn) (int, error) { return -1, nil }

func (parker) add(int, int32) error { return errors.ErrUnsupported }

func (parker) remove(int) error { return errors.ErrUnsupported }

func (parker) watchRead(int, int32, bool) error { return errors.ErrUnsupported }

func (parker) watchWrite(int, int32, bool) error { return errors.ErrUnsupported }

func (p parker) wait(block bool) []event {
	if block {
		<-p.woken
	}
	return nil
}

func (p parker) wake() {
	select {
	case p.woken <- struct{}{}:
	default:
	}
}

func (parker) close() {}
