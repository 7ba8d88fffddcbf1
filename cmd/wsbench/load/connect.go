package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"wschat/frame"
	"wschat/handshake"
)

// finPatience is how long a connection is waited for to end once its closing
// handshake is done.
const finPatience = 500 * time.Millisecond

// runConnect is Run for Connect. Before the load one connection is opened by a
// handshake.Dialer, which checks the answer in every detail.
func runConnect(ctx context.Context, c *Config) (*Result, error) {
	first := c.dial(ctx, 0)
	if first.err != nil {
		return nil, first.err
	}
	first.conn.Close()
	r := new(Result)
	u, err := url.Parse(numbered(c.URL, 0))
	if err != nil {
		return nil, err
	}
	if address := first.conn.RemoteAddr(); u.Scheme == "ws" && canConnectBare && !c.streams {
		err = connectBare(ctx, c, u.Host, address.(*net.TCPAddr), r)
	} else {
		err = connectByDialer(ctx, c, r)
	}
	return r, err
}

// connectByDialer opens and closes connections with a goroutine for each that
// there is at a time.
func connectByDialer(ctx context.Context, c *Config, r *Result) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	from := time.Now().Add(c.Warmup)
	to := from.Add(c.Time)
	var handshakes atomic.Uint64
	var next atomic.Int32
	var workers sync.WaitGroup
	for range c.Conns {
		workers.Go(func() {
			for time.Now().Before(to) && ctx.Err() == nil {
				if err := c.openAndClose(ctx, next.Add(1)); err != nil {
					cancel(err)
					return
				}
				if now := time.Now(); now.After(from) && now.Before(to) {
					handshakes.Add(1)
				}
			}
		})
	}
	err := c.watchWindow(ctx, from, to, r)
	workers.Wait()
	r.Handshakes = handshakes.Load()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// watchWindow takes what is used within the window.
func (c *Config) watchWindow(ctx context.Context, from, to time.Time, r *Result) error {
	var w window
	for _, step := range []struct {
		at   time.Time
		take func() error
	}{
		{from, func() error { return w.begin(c.PIDs) }},
		{to, func() error { return w.end(c.PIDs, r) }},
	} {
		select {
		case <-time.After(time.Until(step.at)):
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := step.take(); err != nil {
			return err
		}
	}
	return nil
}

// openAndClose does one cycle.
func (c *Config) openAndClose(ctx context.Context, i int32) error {
	d := c.dial(ctx, i)
	if d.err != nil {
		return d.err
	}
	defer d.conn.Close()
	d.conn.SetDeadline(time.Now().Add(c.Timeout))
	if _, err := d.conn.Write(closeFrame(nil)); err != nil {
		return fmt.Errorf("connection %d: %w", firstNumber+i, err)
	}
	config := frame.Config{Role: frame.Client}
	decoder := frame.NewDecoder(&config)
	b := d.response.Early
	buf := make([]byte, 1024)
	for {
		for len(b) > 0 {
			m, n, err := decoder.Next(b)
			if err != nil || m.Opcode == frame.Close {
				return err
			}
			b = b[n:]
		}
		n, err := d.conn.Read(buf)
		if err != nil {
			return fmt.Errorf("connection %d: no answer to the close frame: %w", firstNumber+i, err)
		}
		b = buf[:n]
	}
}

// closeFrame appends the close frame that a client sends. Its payload is
// nothing to be hidden, so its key may be fixed.
func closeFrame(dst []byte) []byte {
	return frame.AppendMaskedFrame(dst, frame.Close, [4]byte{0x5a, 0x3c, 0x96, 0xe1}, frame.AppendClose(nil, frame.NormalClosure, ""))
}

// request is a handshake as Dialer would send it, cut where the number of the
// connection belongs. The key is put behind it, and an empty line.
func (c *Config) request(host string) []string {
	const number = "wsbenchNUMBERwsbench" // nothing of it is escaped in a URL
	put := strings.NewReplacer("{i}", number)
	u, _ := url.Parse(put.Replace(c.URL)) // Check has parsed it
	head := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n", u.RequestURI(), host)
	if c.Subprotocol != "" {
		head += "Sec-WebSocket-Protocol: " + c.Subprotocol + "\r\n"
	}
	return strings.Split(head+"Sec-WebSocket-Key: ", number)
}

// accepts reports what is wrong with an answer to the request with this key, as
// far as the answers of one server can differ. head ends with a line's end.
func accepts(head []byte, key string) error {
	const field = "sec-websocket-accept:"
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 101")) {
		status, _, _ := bytes.Cut(head, []byte("\r\n"))
		return fmt.Errorf("the server refused the handshake: %.100q", status)
	}
	for line := range bytes.Lines(head) {
		if len(line) < len(field) || !strings.EqualFold(string(line[:len(field)]), field) {
			continue
		}
		got, want := string(bytes.TrimSpace(line[len(field):])), handshake.AcceptKey(key)
		if got != want {
			return fmt.Errorf("expected Sec-WebSocket-Accept %q, got %.100q", want, got)
		}
		return nil
	}
	return errors.New("expected Sec-WebSocket-Accept in the answer, found none")
}
