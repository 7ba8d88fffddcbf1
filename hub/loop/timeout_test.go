package loop

import (
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"wschat/frame"
	"wschat/frame/frametest"
)

// inBubble runs test in a bubble, with loops of the goroutine driver: net.Pipe
// and the parker wait in ways that let the bubble's time pass.
func inBubble(t *testing.T, config Config, test func(t *testing.T, ls *Loops)) {
	synctest.Test(t, func(t *testing.T) {
		config.Goroutines = true
		ls, err := Start(config)
		if err != nil {
			t.Fatal(err)
		}
		defer ls.Close()
		test(t, ls)
	})
}

// pipe connects a client by net.Pipe.
func pipe(t *testing.T, ls *Loops, h Handler) *client {
	t.Helper()
	near, far := net.Pipe()
	if err := ls.Add(Arrival{Conn: far, Handler: h}); err != nil {
		t.Fatal(err)
	}
	return pipeClient(t, near)
}

func pipeClient(t *testing.T, near net.Conn) *client {
	t.Cleanup(func() { near.Close() })
	return &client{Peer: frametest.NewPeer(near, frame.Client, nil), t: t, conn: near}
}

// halfPipe is net.Pipe with sides: the far end can end its own, and the near one
// sees nothing of it.
func halfPipe() (near, far net.Conn) {
	near, far = net.Pipe()
	return near, halfConn{far}
}

type halfConn struct{ net.Conn }

func (halfConn) CloseWrite() error { return nil }

// PROTOCOL section 4: TCP ends when our close frame is answered, or after 5 s.
func TestFiveSecondsToAnswerAClose(t *testing.T) {
	const slack = 2 * longestTick
	for _, ping := range []time.Duration{0, time.Second, 30 * time.Second, time.Hour} {
		inBubble(t, Config{Ping: ping}, func(t *testing.T, ls *Loops) {
			r := newRecord()
			c := pipe(t, ls, r)
			r.conn(t).Close(frame.Replaced, "")
			c.wantClose(frame.Replaced, "")
			if code := r.code(t); code != frame.Replaced {
				t.Errorf("told %v", code)
			}
			start := time.Now()
			c.wantEnd()
			if took := time.Since(start); took < closeTimeout || took > closeTimeout+slack {
				t.Errorf("ping %v: ended after %v", ping, took)
			}
			synctest.Wait()
			if n := ls.Len(); n != 0 {
				t.Errorf("%d connections left", n)
			}
		})
	}
}

func TestLateAnswerToAClose(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, ls *Loops) {
		r := newRecord()
		c := pipe(t, ls, r)
		r.conn(t).Close(frame.Replaced, "")
		c.wantClose(frame.Replaced, "")
		<-time.After(closeTimeout - time.Second)
		start := time.Now()
		c.Close(frame.Replaced, "")
		c.wantEnd()
		if took := time.Since(start); took != 0 {
			t.Errorf("ended %v after the answer", took)
		}
	})
}

// The same, for every driver, with ticks instead of time.
func TestCloseTimeout(t *testing.T) {
	rows := []struct {
		name string
		end  func(c *client, conn *Conn)
	}{
		{"no answer to a close frame", func(c *client, conn *Conn) {
			conn.Close(frame.Replaced, "")
			c.wantClose(frame.Replaced, "")
		}},
		{"answered, but TCP stays", func(c *client, conn *Conn) {
			c.Close(frame.Replaced, "")
			c.wantClose(frame.Replaced, "")
			c.wantEnd()
		}},
		{"refused, no answer", func(c *client, conn *Conn) {
			c.Raw([]byte{0xff, 0xff})
			c.wantClose(frame.ProtocolError, frame.ErrReservedBits.Reason)
		}},
		{"refused and answered, but TCP stays", func(c *client, conn *Conn) {
			c.Raw([]byte{0xff, 0xff})
			c.next()
			c.Close(frame.ProtocolError, "")
			c.wantEnd()
		}},
		{"our close frame waits behind what is not read", func(c *client, conn *Conn) {
			conn.Send(text(make([]byte, 1<<20)))
			conn.Close(frame.Replaced, "")
		}},
	}
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1, Ping: 100 * time.Second})
		for _, row := range rows {
			r := newRecord()
			c := s.dialNarrow(r)
			row.end(c, r.conn(t))
			r.code(t)
			s.pass(closeTimeout - time.Second)
			if s.Len() != 1 {
				t.Errorf("%s: ended too early", row.name)
			}
			s.pass(2 * time.Second)
			eventually(t, row.name+": ended", func() bool { return s.Len() == 0 })
			for {
				if _, err := c.Next(); err != nil {
					break
				}
			}
		}
	})
}

// The end of a connection does not count against a later one.
func TestManyEndingsKeepTheirOrder(t *testing.T) {
	inBubble(t, Config{Loops: 1}, func(t *testing.T, ls *Loops) {
		const n = 20
		var ended []time.Duration
		start := time.Now()
		done := make(chan time.Duration, n)
		for range n {
			r := newRecord()
			c := pipe(t, ls, r)
			r.conn(t).Close(frame.GoingAway, "")
			go func() {
				c.Next()
				_, err := c.Next()
				if !errors.Is(err, io.EOF) {
					t.Error(err)
				}
				done <- time.Since(start)
			}()
			<-time.After(time.Second)
		}
		for range n {
			ended = append(ended, <-done)
		}
		for i, at := range ended {
			if want := time.Duration(i)*time.Second + closeTimeout; at < want || at > want+2*longestTick {
				t.Errorf("%d ended after %v, want %v", i, at, want)
			}
		}
	})
}

// No time is over early, and none by two ticks late.
func TestTicksOf(t *testing.T) {
	for _, ping := range []time.Duration{0, time.Second, 30 * time.Second, time.Hour} {
		ls := &Loops{config: Config{Ping: ping}}
		period := ls.tickPeriod()
		for _, d := range []time.Duration{time.Millisecond, 200 * time.Millisecond, 4 * time.Second, closeTimeout, 10 * time.Second, period, 2 * period} {
			n := time.Duration(ls.ticksOf(d))
			if first, last := (n-1)*period, n*period; first < d || last >= d+2*period {
				t.Errorf("ping %v: %v takes from %v to %v", ping, d, first, last)
			}
		}
		if n := ls.ticksOf(1 << 62); int32(n) <= 0 {
			t.Errorf("ping %v: forever is %d ticks", ping, n)
		}
	}
}
