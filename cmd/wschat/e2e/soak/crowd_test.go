//go:build soak

package soak

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/fair"
	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
	"wschat/frame/frametest"
	"wschat/handshake"
)

// crowd is the people and what has happened to them.
type crowd struct {
	addr   string // host:port; the same for all servers, one after the other
	report *time.Ticker
	many   bool // come from many addresses, as logins of one are rationed
	*fair.Tally
}

// judge fails the test if something odd happened, or something that should have
// happened did not.
func (c *crowd) judge(t *testing.T) {
	t.Helper()
	for _, what := range c.Faults[:min(len(c.Faults), 20)] {
		t.Error(what)
	}
	for _, what := range []string{"said", "heard", "left", "crashed", "vanished", "silent", "deaf", "echoed", "echoed compressed", "1001", "1002", "4100"} {
		if c.Counts[what] == 0 {
			t.Errorf("nobody was ever: %s", what)
		}
	}
}

// live is what one of the people does until the end: connections of all sorts.
func (c *crowd) live(ctx context.Context, i int) {
	user := fmt.Sprint("U", i)
	for ctx.Err() == nil {
		var err error
		switch n := rand.IntN(100); {
		case n < 75:
			err = c.talk(ctx, user, i)
		case n < 82:
			err = c.listenBadly(ctx, i)
		case n < 88:
			err = c.sayNothing(ctx)
		case n < 94:
			err = c.talkNonsense(user)
		case n < 97:
			err = c.testEcho()
		default:
			err = c.testCompressedEcho()
		}
		c.comeBack(ctx, err)
	}
}

// comeBack waits as a client does before its next connection, and judges what
// has ended the last one.
func (c *crowd) comeBack(ctx context.Context, err error) {
	var status *handshake.StatusError
	switch {
	case err == nil, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, context.Canceled),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed):
	case errors.Is(err, syscall.ECONNREFUSED):
		c.Count("refused", 1)
	case errors.As(err, &status) && status.Status == 503:
		c.Count("503", 1)
	default:
		c.Fault("%v", err)
	}
	pause(ctx, 10*time.Millisecond, 200*time.Millisecond)
}

// pause waits for a random while, but not beyond the end.
func pause(ctx context.Context, least, most time.Duration) {
	timer := time.NewTimer(least + rand.N(most-least))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// open connects to a path of whatever server is there.
func (c *crowd) open(path string) (*frametest.Peer, *net.TCPConn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), target.Patience)
	defer cancel()
	var d handshake.Dialer
	if c.many {
		d.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 1, byte(rand.IntN(250)), byte(1+rand.IntN(250)))}
	}
	conn, response, err := d.Dial(ctx, "ws://"+c.addr+path)
	if err != nil {
		return nil, nil, err
	}
	conn.SetDeadline(time.Now().Add(2 * target.Patience))
	return frametest.NewPeer(conn, frame.Client, response.Early), conn.(*net.TCPConn), nil
}

// talk is an ordinary connection, up to how it ends.
func (c *crowd) talk(ctx context.Context, user string, i int) error {
	p, conn, err := c.open("/socket?userId=" + user)
	if err != nil {
		return err
	}
	defer conn.Close()
	heard := make(chan error, 1)
	go func() { heard <- c.hear(p) }()
	for range 1 + rand.IntN(40) {
		if err := p.SendText(something(i)); err != nil {
			return errors.Join(<-heard, c.known(err))
		}
		c.Count("said", 1)
		pause(ctx, 10*time.Millisecond, 150*time.Millisecond)
	}
	switch rand.IntN(4) {
	case 0:
		c.Count("crashed", 1)
		conn.SetLinger(0)
		conn.Close()
	case 1:
		c.Count("vanished", 1)
		conn.Close()
	default:
		c.Count("left", 1)
		if err := p.Close(frame.NormalClosure, ""); err != nil {
			return errors.Join(<-heard, c.known(err))
		}
	}
	return <-heard
}

// known passes over what a sender sees when the connection has just ended:
// hear tells why.
func (c *crowd) known(err error) error {
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

// something is what user number i may say or ask.
func something(i int) string {
	body := strings.Repeat("话", 1+rand.IntN(200))
	switch n := rand.IntN(100); {
	case n < 50:
		return fmt.Sprintf("group%d,%s", (i+rand.IntN(3))%20, body)
	case n < 75: // one of two neighbours, so that conversations are few
		return fmt.Sprintf("U%d,%s", (i+1+rand.IntN(2)*(people-2))%people, body)
	case n < 80:
		return "all," + body
	case n < 85:
		return "who,"
	case n < 90:
		return fmt.Sprintf("history,group%d", i%20)
	case n < 95:
		return fmt.Sprintf("leave,group%d", (i+rand.IntN(3))%20)
	default:
		return "nonsense"
	}
}

// hear reads until the connection ends. How it may end: by our close frame or
// the server's, or with the socket.
func (c *crowd) hear(p *frametest.Peer) error {
	heard := 0
	defer func() { c.Count("heard", heard) }()
	for {
		m, err := p.Next()
		if err != nil {
			return err
		}
		switch m.Opcode {
		case frame.Ping:
			err = p.Send(frame.Pong, m.Payload)
		case frame.Close:
			code, reason, _ := frame.ParseClose(m.Payload) // the decoder has checked it
			c.Count(fmt.Sprint(uint16(code)), 1)
			if code != frame.NormalClosure && code != frame.GoingAway && code != frame.TooSlow {
				return fmt.Errorf("closed with %v %q", code, reason)
			}
			err = p.Send(frame.Close, m.Payload)
		default:
			heard++
		}
		if err != nil {
			return c.known(err)
		}
	}
}

// listenBadly says much in a group of such people, and reads nothing for a while.
func (c *crowd) listenBadly(ctx context.Context, i int) error {
	p, conn, err := c.open(fmt.Sprint("/socket?userId=D", i%10))
	if err != nil {
		return err
	}
	defer conn.Close()
	c.Count("deaf", 1)
	conn.SetReadBuffer(8 << 10)
	for range 60 {
		if err := p.SendText("groupDeaf," + strings.Repeat("x", 40_000)); err != nil {
			return c.known(err)
		}
	}
	pause(ctx, time.Second, 3*time.Second)
	if rand.IntN(2) == 0 {
		conn.SetLinger(0)
		return nil
	}
	conn.SetReadBuffer(1 << 20)
	conn.SetDeadline(time.Now().Add(2 * time.Second))
	if err := c.hear(p); !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return nil
}

// sayNothing is a connection without a whole handshake.
func (c *crowd) sayNothing(ctx context.Context) error {
	conn, err := net.Dial("tcp", c.addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	c.Count("silent", 1)
	if rand.IntN(2) == 0 {
		if _, err := io.WriteString(conn, "GET /socket HTTP/1.1\r\nHost: localhost\r\n"); err != nil {
			return err
		}
	}
	if rand.IntN(2) == 0 {
		pause(ctx, time.Millisecond, time.Second)
		return nil
	}
	conn.SetDeadline(time.Now().Add(target.Patience))
	_, err = io.Copy(io.Discard, conn) // until the server has had enough
	return err
}

// talkNonsense breaks the protocol, and reads what it is told.
func (c *crowd) talkNonsense(user string) error {
	p, conn, err := c.open("/socket?userId=" + user)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := p.Raw([]byte{0x83, 0x80, 1, 2, 3, 4}); err != nil { // a reserved opcode
		return c.known(err)
	}
	for {
		m, err := p.Next()
		if err != nil {
			return err
		}
		if m.Opcode != frame.Close {
			continue
		}
		code, _, _ := frame.ParseClose(m.Payload) // the decoder has checked it
		c.Count(fmt.Sprint(uint16(code)), 1)
		if code != frame.ProtocolError && code != frame.GoingAway {
			c.Fault("a reserved opcode was answered with close %v", code)
		}
		return nil
	}
}
