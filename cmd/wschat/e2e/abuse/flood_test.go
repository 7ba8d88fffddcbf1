//go:build e2e

package abuse

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
	"wschat/frame/frametest"
)

// ended checks that the server ends a connection, whatever it has sent on it.
func ended(conn net.Conn) error {
	if _, err := io.Copy(io.Discard, conn); err != nil && !errors.Is(err, syscall.ECONNRESET) {
		return fmt.Errorf("want the end, got %w", err)
	}
	return nil
}

// crowd is connections that are held open until the test has seen enough.
type crowd []net.Conn

func (c crowd) close() {
	for _, conn := range c {
		conn.Close()
	}
}

// gather opens n connections and sends the same on each.
func gather(t *testing.T, s *target.Server, n int, send string) crowd {
	t.Helper()
	all := make(crowd, n)
	t.Cleanup(func() {
		for _, conn := range all {
			if conn != nil {
				conn.Close()
			}
		}
	})
	many(t, n, func(i int) error {
		conn, err := s.Raw()
		if err != nil {
			return err
		}
		all[i] = conn
		_, err = io.WriteString(conn, send)
		return err
	})
	return all
}

// PROTOCOL 1: a head that is not complete in -handshake-timeout is dropped.
func TestHalfHandshakes(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		n    int
		send string
	}{
		{"connections that send nothing", size(500, 2000), ""},
		{"half handshakes", size(200, 500), "GET /socket?userId=A HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnec"},
		{"half bodies", size(200, 500), "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := start(t, "-handshake-timeout", "2s")
			under(t, s, int64(size(16, 32))*mib, func() {
				for _, conn := range gather(t, s, row.n, row.send) {
					if err := ended(conn); err != nil {
						t.Fatal(err)
					}
					conn.Close()
				}
			})
		})
	}
}

// What shakes hands and then says nothing costs next to nothing.
func TestSilentUsers(t *testing.T) {
	s := start(t)
	under(t, s, 16*mib, func() {
		all := make(crowd, 2000)
		many(t, len(all), func(i int) error {
			c, err := s.Open(fmt.Sprint("/socket?userId=silent", i))
			if err != nil {
				return err
			}
			all[i] = c.Conn
			return nil
		})
		_, peak := s.Memory()
		t.Logf("with 2000 silent users the peak is %.1f MiB", float64(peak)/mib)
		all.close()
	})
}

func TestNoise(t *testing.T) {
	noise := func(i int) []byte {
		source := rand.NewChaCha8([32]byte{byte(i), byte(i >> 8)}) // the same in each run
		b := make([]byte, 4096)
		source.Read(b) // never fails
		return b
	}
	t.Run("before the handshake", func(t *testing.T) {
		s := start(t)
		under(t, s, 16*mib, func() {
			many(t, 500, func(i int) error {
				conn, err := s.Raw()
				if err != nil {
					return err
				}
				defer conn.Close()
				return pour(target.TCP(conn), noise(i))
			})
		})
	})
	t.Run("after the handshake", func(t *testing.T) {
		s := start(t, "-compress")
		under(t, s, 16*mib, func() {
			many(t, 500, func(i int) error {
				c, err := s.Open([]string{"/echo", "/socket"}[i%2], []string{"permessage-deflate"}[:i/2%2]...)
				if err != nil {
					return err
				}
				defer c.Conn.Close()
				return pour(c.Conn, noise(i))
			})
		})
	})
}

// pour sends b and no more, and waits for the end.
func pour(conn *net.TCPConn, b []byte) error {
	if _, err := conn.Write(b); err != nil {
		return ignoreReset(err)
	}
	if err := conn.CloseWrite(); err != nil && !errors.Is(err, syscall.ENOTCONN) {
		return err
	}
	return ended(conn)
}

// ignoreReset passes over what a sender sees when the server has had enough.
func ignoreReset(err error) error {
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

func TestCrashesInMidFrame(t *testing.T) {
	s := start(t)
	header := frame.AppendHeader(nil, frame.Header{Fin: true, Opcode: frame.Text, Masked: true, Length: 100_000})
	under(t, s, 16*mib, func() {
		many(t, 500, func(i int) error {
			c, err := s.Open([]string{"/echo", "/socket"}[i%2])
			if err != nil {
				return err
			}
			defer c.Reset()
			return c.Raw(append(header[:len(header):len(header)], make([]byte, i*100)...)[:1+i*100])
		})
	})
}

func TestShortConnections(t *testing.T) {
	for _, row := range []struct {
		name string
		once func(*target.Server) error
	}{
		{"that say nothing", func(s *target.Server) error {
			conn, err := s.Raw()
			if err == nil {
				(&target.Client{Conn: target.TCP(conn)}).Reset()
			}
			return err
		}},
		{"handshakes", func(s *target.Server) error {
			c, err := s.Open("/socket?userId=short")
			if err == nil {
				c.Reset()
			}
			return err
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := start(t)
			under(t, s, 32*mib, func() {
				many(t, size(2000, 10_000), func(int) error { return row.once(s) })
			})
		})
	}
}

// A flood of pings does not pile up, whether or not the pongs are read.
func TestPingFlood(t *testing.T) {
	pings := ping(125, 10_000)
	t.Run("read", func(t *testing.T) {
		s := start(t)
		under(t, s, 16*mib, func() {
			many(t, 8, func(int) error {
				c, err := s.Open("/echo")
				if err != nil {
					return err
				}
				defer c.Conn.Close()
				sent := make(chan error, 1)
				go func() {
					_, err := c.Conn.Write(pings)
					sent <- errors.Join(err, c.SendText("last"))
				}()
				return errors.Join(readUntil(c.Peer, "last"), <-sent)
			})
		})
	})
	t.Run("not read", func(t *testing.T) {
		s := start(t)
		under(t, s, 16*mib, func() {
			many(t, 8, func(int) error {
				c, err := s.Open("/echo")
				if err != nil {
					return err
				}
				defer c.Conn.Close()
				_, err = stuff(c.Conn, func() []byte { return pings }, 64*mib)
				return err
			})
		})
	})
}

func ping(length, n int) (pings []byte) {
	h := frame.AppendHeader(nil, frame.Header{Fin: true, Opcode: frame.Ping, Masked: true, Length: int64(length)})
	for range n {
		pings = append(append(pings, h...), make([]byte, length)...)
	}
	return pings
}

// readUntil reads over pongs.
func readUntil(p *frametest.Peer, text string) error {
	for {
		m, err := p.Next()
		if err != nil || string(m.Payload) == text {
			return err
		}
		if m.Opcode != frame.Pong {
			return fmt.Errorf("got %v %.80q", m.Opcode, m.Payload)
		}
	}
}

// stuff writes until the server has taken no more for half a second, or until
// most bytes are written; it returns how many were.
func stuff(conn net.Conn, next func() []byte, most int) (written int, err error) {
	const stuck = time.Second / 2
	for written < most {
		for b := next(); len(b) > 0; {
			conn.SetWriteDeadline(time.Now().Add(stuck))
			n, err := conn.Write(b)
			written += n
			b = b[n:]
			if errors.Is(err, os.ErrDeadlineExceeded) {
				if n == 0 {
					return written, nil
				}
				continue
			}
			if err != nil {
				return written, err
			}
		}
	}
	return written, nil
}
