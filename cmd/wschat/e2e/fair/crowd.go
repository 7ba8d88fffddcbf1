//go:build e2e || soak

package fair

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
	"wschat/frame/frametest"
	"wschat/handshake"
)

// gather connects n innocent users, some at a time.
func (m *Mob) gather(n int, d handshake.Dialer, then func(i int, c *target.Client) error) error {
	const atOnce = 16
	var connecting sync.WaitGroup
	var mu sync.Mutex
	var failed error
	for first := range atOnce {
		connecting.Go(func() {
			for i := first; i < n; i += atOnce {
				c, err := m.innocent(i, d)
				if err == nil {
					err = then(i, c)
				}
				if err != nil {
					mu.Lock()
					failed = fmt.Errorf("innocent %d: %w", i, err)
					mu.Unlock()
					return
				}
			}
		})
	}
	connecting.Wait()
	return failed
}

// stay keeps somebody online who reads everything, and answers pings before they come.
func (m *Mob) stay(c *target.Client) {
	c.Conn.SetDeadline(time.Time{})
	go func() {
		_, err := io.Copy(io.Discard, c.Conn)
		m.Fault("somebody who is online: the connection ends: %v", err)
	}()
	go func() {
		for range time.Tick(20 * time.Second) {
			c.Send(frame.Pong, nil) // an error shows above
		}
	}()
}

// online is users who hear what there is to hear.
func online(usual, full int) func(*Mob) error {
	return func(m *Mob) error {
		return m.gather(size{usual, full}.now(), handshake.Dialer{}, func(_ int, c *target.Client) error {
			m.stay(c)
			return nil
		})
	}
}

// jsonGroup is members of groupBig who speak JSON.
func jsonGroup(usual, full int) func(*Mob) error {
	return func(m *Mob) error {
		return m.gather(size{usual, full}.now(), speaksJSON, func(_ int, c *target.Client) error {
			if _, err := ask(c, `{"op":"join","id":"1","group":"groupBig"}`, `"event":"ack"`); err != nil {
				return err
			}
			m.stay(c)
			return nil
		})
	}
}

// nonReaders are users who read nothing.
func nonReaders(usual, full int) func(*Mob) error {
	return func(m *Mob) error {
		return m.gather(size{usual, full}.now(), handshake.Dialer{}, func(_ int, c *target.Client) error {
			m.hold(c)
			return c.Conn.SetReadBuffer(4 << 10)
		})
	}
}

// slowReaders is 30 users with 10 Mbit/s each. The worst is done when they have read all
// that was said.
func slowReaders(d handshake.Dialer) func(*Mob) error {
	return func(m *Mob) error {
		return m.gather(30, d, func(_ int, c *target.Client) error {
			m.victims.Go(func() {
				if err := m.readSlowly(c); err != nil {
					m.Fault("a reader with 10 Mbit/s: %v", err)
				}
			})
			return c.Conn.SetReadBuffer(64 << 10)
		})
	}
}

// readSlowly reads until the attackers have ended, and all that they have said is heard.
func (m *Mob) readSlowly(c *target.Client) error {
	slow := throttled{c.Conn, time.NewTicker(10 * time.Millisecond)}
	defer slow.pace.Stop()
	c.Peer = frametest.NewPeer(slow, frame.Client, c.Response.Early)
	for heard := 0; !m.exhausted.Load() || heard < m.counted("said"); {
		switch message, err := c.NextMessage(); {
		case err != nil:
			return fmt.Errorf("%d of %d heard: %w", heard, m.counted("said"), err)
		case message.Opcode == frame.Close:
			code, reason, _ := frame.ParseClose(message.Payload) // the decoder has checked it
			return fmt.Errorf("closed with %v %q", code, reason)
		case bytes.Contains(message.Payload, []byte("(mallory=>")), bytes.Contains(message.Payload, []byte(`"from":"mallory"`)):
			heard++
		}
	}
	return nil
}

// throttled is a connection that is read with 10 Mbit/s.
type throttled struct {
	net.Conn
	pace *time.Ticker
}

func (t throttled) Read(b []byte) (int, error) {
	<-t.pace.C
	return t.Conn.Read(b[:min(len(b), 12_500)])
}
