package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"wschat/handshake"
)

// dialed is an attempt to open a connection.
type dialed struct {
	slot     int32
	conn     net.Conn
	response *handshake.Response
	err      error
}

// dialAll opens all connections, burst at a time, and sends each to the channel
// that it returns, which it closes after the last. The caller has to receive
// until then; ending ctx makes what is left fail.
func (c *Config) dialAll(ctx context.Context) <-chan dialed {
	results := make(chan dialed)
	var next atomic.Int32
	var workers sync.WaitGroup
	for range min(burst, c.Conns) {
		workers.Go(func() {
			for {
				i := next.Add(1) - 1
				if int(i) >= c.Conns || ctx.Err() != nil {
					return
				}
				results <- c.dial(ctx, i)
			}
		})
	}
	go func() {
		workers.Wait()
		close(results)
	}()
	return results
}

// dial opens connection i.
func (c *Config) dial(ctx context.Context, i int32) dialed {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	d := handshake.Dialer{TLS: c.tls}
	if c.Subprotocol != "" {
		d.Protocols = []string{c.Subprotocol}
	}
	conn, response, err := d.Dial(ctx, numbered(c.URL, int(i)))
	if err == nil && response.Protocol != c.Subprotocol {
		conn.Close()
		err = errors.New("the server chose no subprotocol")
	}
	if err != nil {
		err = fmt.Errorf("connection %d: %w", firstNumber+i, err)
	}
	return dialed{i, conn, response, err}
}

// open opens all connections and adds them to the engine.
func (e *engine) open() error {
	ctx, cancel := context.WithCancel(e.ctx)
	defer cancel()
	results := e.config.dialAll(ctx)
	look := time.NewTicker(time.Millisecond) // at what comes in meanwhile
	defer look.Stop()
	var failed error
	fail := func(err error) {
		if err != nil && failed == nil {
			failed = err
			cancel()
		}
	}
	for {
		select {
		case d, more := <-results:
			switch {
			case !more:
				return failed
			case d.err != nil:
				fail(d.err)
			case failed != nil:
				d.conn.Close()
			default:
				fail(e.add(d))
			}
		case <-look.C:
			if failed == nil {
				fail(e.turn(0))
			}
		}
	}
}

// add takes over a connection whose handshake is done.
func (e *engine) add(d dialed) error {
	if err := e.sockets.add(d.conn, d.slot); err != nil {
		return err
	}
	c := &e.conns[d.slot]
	c.state = open
	e.opened++
	if err := e.greet(d.slot, c); err != nil {
		return err
	}
	return e.receive(d.slot, c, d.response.Early, e.now())
}
