package load

import (
	"fmt"

	"wschat/frame"
)

// conn is one connection, after its handshake.
type conn struct {
	decoder frame.Decoder
	out     []byte // what the socket has not taken yet
	sender  int32  // which sender it is; -1: none
	state   state
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

// closeFrame is the close frame that a client sends.
func closeFrame(key [4]byte) []byte {
	return frame.AppendMaskedFrame(nil, frame.Close, key, frame.AppendClose(nil, frame.NormalClosure, ""))
}

// control answers a control frame.
func (e *engine) control(slot int32, c *conn, m frame.Message) error {
	switch m.Opcode {
	case frame.Ping:
		if c.state == open {
			return e.transmit(slot, c, frame.AppendMaskedFrame(nil, frame.Pong, e.key, m.Payload))
		}
	case frame.Close:
		code, reason, _ := frame.ParseClose(m.Payload) // the decoder has checked it
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
	c.state, c.out = closed, nil
	e.closed++
	return nil
}

// name is how errors call a connection.
func (e *engine) name(slot int32) string {
	return fmt.Sprintf("connection %d (%d of %d are open)", firstNumber+slot, e.opened-e.closed, len(e.conns))
}
