//go:build e2e

package conformance

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// client is a WebSocket connection, seen from the client.
type client struct {
	t         *testing.T
	conn      net.Conn // TCP or TLS
	from      *bufio.Reader
	response  response
	deflate   bool // agreed, always without a context of the server
	window    int  // bytes; how far the server may refer back
	sending   sync.WaitGroup
	sendError error // belongs to the goroutine that sends until sending is done
}

// received is a frame from the server. Server messages are one frame each.
type received struct {
	op         byte
	compressed bool
	payload    []byte // inflated
	size       int    // of the payload on the wire
}

func (r received) String() string {
	if r.op == opClose && len(r.payload) >= 2 {
		return fmt.Sprintf("close %d %q", binary.BigEndian.Uint16(r.payload), r.payload[2:])
	}
	return fmt.Sprintf("opcode %d with %d bytes %.40q", r.op, len(r.payload), r.payload)
}

// dial opens a connection on which nothing has been said.
func (tg *target) dial(t *testing.T) *client {
	t.Helper()
	conn, err := net.DialTimeout("tcp", tg.server.Addr, patience)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(patience))
	if tg.tls != nil {
		conn = tls.Client(conn, tg.tls)
	}
	c := &client{t: t, conn: conn, from: bufio.NewReader(conn)}
	t.Cleanup(func() {
		conn.Close()
		c.sending.Wait()
	})
	return c
}

// sendPieces sends in the background, so that what comes back meanwhile is read.
func (c *client) sendPieces(pieces [][]byte) {
	c.sending.Wait()
	c.sending.Go(func() {
		for _, p := range pieces {
			if _, c.sendError = c.conn.Write(p); c.sendError != nil {
				return
			}
		}
	})
}

// send sends now.
func (c *client) send(b []byte) {
	c.t.Helper()
	c.sendPieces([][]byte{b})
	if c.sending.Wait(); c.sendError != nil {
		c.t.Fatal(c.sendError)
	}
}

// message reads the next frame, and inflates it.
func (c *client) message() (received, error) {
	got, err := c.frame()
	if err != nil || !got.compressed {
		return got, err
	}
	got.payload, err = inflate(got.payload, c.window)
	return got, err
}

// frame reads a frame and checks what a server has to do (RFC 6455 §5.1, §5.2,
// §5.5; RFC 7692 §6.1).
func (c *client) frame() (got received, err error) {
	var head [2]byte
	if _, err := io.ReadFull(c.from, head[:]); err != nil {
		return got, fmt.Errorf("no frame: %w", err)
	}
	got.op = head[0] & 0xF
	got.compressed = head[0]&0x40 != 0
	data := got.op == opText || got.op == opBinary
	length := uint64(head[1] & 0x7F)
	switch {
	case head[0]&0x80 == 0 || got.op == opContinuation:
		return got, errors.New("the server sends fragments")
	case head[0]&0x30 != 0 || got.compressed && !(c.deflate && data):
		return got, fmt.Errorf("reserved bits in %x", head)
	case !data && got.op != opClose && got.op != opPing && got.op != opPong:
		return got, fmt.Errorf("reserved opcode %d", got.op)
	case head[1]&0x80 != 0:
		return got, errors.New("the server masks")
	case !data && length > 125:
		return got, errors.New("a control frame of more than 125 bytes")
	}
	least := uint64(0)
	switch length {
	case 126:
		var field [2]byte
		_, err = io.ReadFull(c.from, field[:])
		length, least = uint64(binary.BigEndian.Uint16(field[:])), 126
	case 127:
		var field [8]byte
		_, err = io.ReadFull(c.from, field[:])
		length, least = binary.BigEndian.Uint64(field[:]), 1<<16
	}
	if err != nil {
		return got, err
	}
	if length < least || length > 1<<26 {
		return got, fmt.Errorf("a length of %d not in its shortest form, or absurd", length)
	}
	got.size = int(length)
	got.payload = make([]byte, length)
	_, err = io.ReadFull(c.from, got.payload)
	return got, err
}

// ends checks that the stream ends here, before the client has ended its side,
// and not by a reset (RFC 6455 §7.1.1).
func (c *client) ends() {
	c.t.Helper()
	if b, err := c.from.ReadByte(); err == nil {
		rest, _ := c.from.Peek(c.from.Buffered())
		c.t.Fatalf("want the end, got %x and %x", b, rest)
	} else if err != io.EOF {
		c.t.Fatalf("want the end, got %v", err)
	}
}
