//go:build e2e

package conformance

import (
	"fmt"
	"io"
	"net"
	"testing"
)

// inFlight is far more than the buffers between the two ends hold, and less than
// a server drains in the seconds that it gives a closing connection.
const inFlight = 32 << 20

// §7.1.1 and §7.1.7: what the client still sends does not cost it the close
// frame: the server drains it, instead of a reset.
func TestCloseWhileSending(t *testing.T) {
	for _, target := range targets(t) {
		for _, how := range []struct {
			name string
			code int
			send frame
		}{
			{"client closes", 1000, closing(1000, "")},
			{"client closes without a code", 0, closing(0, "")},
			{"protocol error", 1002, frame{op: 3}},
			{"text that is none", 1007, text("\xFF")},
			{"too big", 1009, announced(opBinary, 1<<40)},
		} {
			t.Run(target.name+"/"+how.name, func(t *testing.T) {
				t.Parallel()
				c := target.open(t)
				pieces := [][]byte{how.send.bytes()}
				rest := []byte(noise(64 << 10))
				for range inFlight / len(rest) {
					pieces = append(pieces, rest)
				}
				c.sendPieces(pieces)
				c.sending.Wait() // before a byte is read
				if c.sendError != nil {
					t.Fatalf("the server does not drain: %v", c.sendError)
				}
				c.isClosed(how.code)
			})
		}
	}
}

// narrow is a receive buffer that makes the server wait for its client.
const narrow = 128 << 10

// A client that has said all and ends its side (FIN, or TLS's close_notify)
// still gets all that it asked for, at its pace.
func TestHalfClosed(t *testing.T) {
	const messages = 8
	for _, target := range targets(t) {
		for _, n := range []int{10, 100_000, maxMessage} {
			for _, end := range []struct {
				name string
				send []byte
				want []answer
			}{
				{"behind a close frame", closing(1000, "").bytes(), []answer{closed(1000)}},
				{"behind an error", frame{op: 3}.bytes(), []answer{closed(1002)}},
				{"behind a message", nil, nil},
				{"within a message", frame{op: opText, more: true}.bytes(), nil},
				{"within a frame", []byte{0x81, 0x85, 1}, nil},
			} {
				t.Run(fmt.Sprintf("%s/%d bytes/%s", target.name, n, end.name), func(t *testing.T) {
					t.Parallel()
					c := target.open(t)
					c.tcp().SetReadBuffer(narrow)
					message := binaryMessage(noise(n))
					pieces := [][]byte{}
					for range messages {
						pieces = append(pieces, message.bytes())
					}
					c.sendLast(append(pieces, end.send))
					for range messages {
						c.wants(echoBinary(string(message.payload)))
					}
					for _, want := range end.want {
						c.wants(want)
					}
					c.ends()
				})
			}
		}
	}
}

// sendLast sends in the background, and then ends the client's side.
func (c *client) sendLast(pieces [][]byte) {
	c.sending.Go(func() {
		for _, p := range pieces {
			if _, c.sendError = c.conn.Write(p); c.sendError != nil {
				return
			}
		}
		c.sendError = c.conn.(interface{ CloseWrite() error }).CloseWrite()
	})
}

// §7.1.1: the server's end is a FIN, also on the wire below TLS, and comes
// while the client's side is still open.
func TestServerEndsFirst(t *testing.T) {
	for _, target := range targets(t) {
		t.Run(target.name, func(t *testing.T) {
			c := target.open(t)
			c.send(closing(1000, "").bytes())
			c.wants(closed(1000))
			c.ends()
			c.sendLast(nil)
			if rest, err := io.ReadAll(c.tcp()); err != nil || len(rest) > 0 {
				t.Errorf("want a FIN, got %q, %v", rest, err)
			}
		})
	}
}

// §5.5.1 and §7.1.1 from the other side: the server closes, the client answers
// behind what it was sending, and the server ends the stream, in order.
func TestServerCloses(t *testing.T) {
	for _, target := range targets(t) {
		t.Run(target.name, func(t *testing.T) {
			rest := []byte(noise(1 << 20))
			var clients []*client
			for range 20 {
				c := target.open(t)
				c.send(text("hello").bytes())
				c.wants(echoText("hello"))
				clients = append(clients, c)
			}
			target.server.Terminate()
			for _, c := range clients { // all at once: the server waits for none of them for long
				c.wants(closed(1001))
				c.sendPieces([][]byte{frames(text("late"), ping("late"), closing(1001, "")), rest})
			}
			for _, c := range clients {
				c.sending.Wait()
				c.ends()
				c.conn.Close()
			}
		})
	}
}

// tcp is what lies below TLS.
func (c *client) tcp() *net.TCPConn {
	if wrapped, ok := c.conn.(interface{ NetConn() net.Conn }); ok {
		return wrapped.NetConn().(*net.TCPConn)
	}
	return c.conn.(*net.TCPConn)
}
