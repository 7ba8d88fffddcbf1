package load

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"wschat/frame"
)

// runConnect is Run for Connect: a goroutine for each connection that there is at a time.
func runConnect(ctx context.Context, c *Config) (*Result, error) {
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
	r := new(Result)
	var w window
	err := sleepUntil(ctx, from)
	if err == nil {
		err = w.begin(c.PID)
	}
	if err == nil {
		err = sleepUntil(ctx, to)
	}
	if err == nil {
		err = w.end(c.PID, r)
	}
	if err != nil {
		cancel(err)
	}
	workers.Wait()
	r.Handshakes = handshakes.Load()
	return r, context.Cause(ctx)
}

func sleepUntil(ctx context.Context, t time.Time) error {
	select {
	case <-time.After(time.Until(t)):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// openAndClose does one cycle.
func (c *Config) openAndClose(ctx context.Context, i int32) error {
	d := c.dial(ctx, i)
	if d.err != nil {
		return d.err
	}
	defer d.conn.Close()
	d.conn.SetDeadline(time.Now().Add(c.Timeout))
	if _, err := d.conn.Write(closeFrame([4]byte{})); err != nil {
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
