package load

import (
	"fmt"

	"wschat/frame"
)

// conn is one connection, after its handshake.
type conn struct {
	skim   skimmer
	part   *part  // of a message that has come in part
	out    []byte // what the socket has not taken yet
	sender int32  // which sender it is; -1: none
	state  state
}

type state uint8

const (
	unopened state = iota
	open
	closing // a close frame was sent
	closed
)

// maxOut is how many bytes may wait for a server that does not read.
const maxOut = 4 << 20

// transmit sends p, and keeps what the socket does not take. An error of the
// socket is left for the next read to tell, since a close frame may lie there.
func (e *engine) transmit(slot int32, c *conn, p []byte) error {
	if len(c.out) == 0 {
		n, err := e.sockets.write(slot, p)
		if err != nil && err != errAgain {
			return nil
		}
		if n == len(p) {
			return nil
		}
		p = p[n:]
		if err := e.sockets.again(slot, true); err != nil {
			return err
		}
	}
	if len(c.out) > maxOut {
		return fmt.Errorf("%s: the server does not read: %d bytes wait for it", e.name(slot), len(c.out))
	}
	c.out = append(c.out, p...)
	return nil
}

// flush sends what has been kept, once the socket takes more.
func (e *engine) flush(slot int32, c *conn) error {
	n, err := e.sockets.write(slot, c.out)
	if err == errAgain {
		return nil
	}
	if err != nil || n == len(c.out) {
		c.out = nil
		return e.sockets.again(slot, false)
	}
	c.out = append(c.out[:0], c.out[n:]...)
	return nil
}

// control answers a control frame.
func (e *engine) control(slot int32, c *conn, p piece) error {
	switch p.op {
	case frame.Ping:
		if c.state == open {
			return e.transmit(slot, c, frame.AppendMaskedFrame(nil, frame.Pong, e.key, p.data))
		}
	case frame.Close:
		code, reason, err := frame.ParseClose(p.data)
		if err != nil {
			return fmt.Errorf("%s: close frame: %w", e.name(slot), err)
		}
		if c.state != closing {
			if reason != "" {
				reason = fmt.Sprintf(" %q", reason)
			}
			return fmt.Errorf("%s: the server closed it with %v%s", e.name(slot), code, reason)
		}
		e.result.CleanCloses++
	}
	return nil
}

// ended is the end of what a connection sends.
func (e *engine) ended(slot int32, c *conn, err error) error {
	if c.state != closing {
		if err == nil {
			return fmt.Errorf("%s: the server ended it without a close frame", e.name(slot))
		}
		return fmt.Errorf("%s: %w", e.name(slot), err)
	}
	e.sockets.close(slot)
	c.state, c.part, c.out = closed, nil, nil
	e.closed++
	return nil
}

// name is how errors call a connection.
func (e *engine) name(slot int32) string {
	return fmt.Sprintf("connection %d (%d of %d are open)", firstNumber+slot, e.opened-e.closed, len(e.conns))
}
