//go:build e2e

package abuse

import (
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
)

// Who sends a byte every so often is never silent, and never done. There are
// bounds to that.
func TestSlowloris(t *testing.T) {
	head := "GET /socket?userId=slow HTTP/1.1\r\nHost: localhost\r\nX: "
	for i := range 1000 {
		head += fmt.Sprint(i)
	}
	long := masked(frame.Header{Fin: true, Opcode: frame.Text}, make([]byte, 100_000))
	pong := masked(frame.Header{Fin: true, Opcode: frame.Pong}, make([]byte, 100))
	var fragments []byte // the message never ends
	for i := range 1000 {
		op := frame.Continuation
		if i == 0 {
			op = frame.Binary
		}
		fragments = append(fragments, masked(frame.Header{Opcode: op}, []byte("x"))...)
	}
	for _, row := range []struct {
		name   string
		path   string // "": before the handshake
		send   []byte
		within time.Duration // by the flags below
	}{
		{"heads", "", []byte(head), time.Second},
		{"frames", "/socket?userId=slow", long, 3 * time.Second},
		{"fragments", "/echo", fragments, 3 * time.Second},
		{"control frames", "/echo", pong, 3 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, "-handshake-timeout", "1s", "-ping", "1s")
			under(t, s, 16*mib, func() {
				began := time.Now()
				conns := make(crowd, 200)
				many(t, len(conns), func(i int) error {
					if row.path == "" {
						conn, err := s.Raw()
						conns[i] = conn
						return err
					}
					c, err := s.Open(row.path)
					if err == nil {
						conns[i] = c.Conn
					}
					return err
				})
				defer conns.close()
				drip(t, conns, row.send)
				took := time.Since(began)
				t.Logf("dropped after %v", took.Round(time.Millisecond))
				// The server looks at a quarter of a period's end; the rest is
				// for a busy machine.
				if took < row.within*9/10 || took > 2*row.within+5*time.Second {
					t.Errorf("dropped after %v, want some %v", took, row.within)
				}
			})
		})
	}
}

// drip sends the bytes to all connections, one every 50 ms, until all are ended.
func drip(t *testing.T, conns crowd, send []byte) {
	t.Helper()
	var endings = make(chan error, len(conns))
	for _, conn := range conns {
		go func() {
			_, err := io.Copy(io.Discard, conn) // pings come before
			if errors.Is(err, syscall.ECONNRESET) {
				err = nil // a byte came behind the end
			}
			endings <- err
		}()
	}
	pace := time.NewTicker(50 * time.Millisecond)
	defer pace.Stop()
	give := time.NewTimer(target.Patience)
	defer give.Stop()
	for left := len(conns); left > 0; {
		select {
		case err := <-endings:
			if err != nil && !errors.Is(err, net.ErrClosed) {
				t.Fatal(err)
			}
			left--
		case <-pace.C:
			if len(send) == 0 {
				t.Fatalf("%d connections have taken everything", left)
			}
			for _, conn := range conns {
				conn.Write(send[:1]) // the server may have ended it
			}
			send = send[1:]
		case <-give.C:
			t.Fatalf("%d connections are there still", left)
		}
	}
}
