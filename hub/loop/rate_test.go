package loop

import (
	"bytes"
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"wschat/frame"
	"wschat/frame/frametest"
)

// PROTOCOL sections 6 and 7: a connection that sends faster than Rate is not
// read from until it may go on. The burst is one second's worth; nothing is lost.
func TestRateSlowsDown(t *testing.T) {
	const rate, n = 10, 60
	inBubble(t, Config{Loops: 1, Rate: rate, Ping: time.Second}, func(t *testing.T, ls *Loops) {
		for _, metered := range []bool{true, false} {
			near, far := net.Pipe()
			defer near.Close()
			if err := ls.Add(Arrival{Conn: far, Handler: newEcho(), Metered: metered}); err != nil {
				t.Fatal(err)
			}
			c := &client{Peer: frametest.NewPeer(near, frame.Client, nil), t: t, conn: near}
			for range 2 { // the second time after a pause that pays for a burst again
				start := time.Now()
				go func() {
					for i := range n {
						c.SendText(fmt.Sprint(i))
					}
				}()
				for i := range n {
					c.wantText(fmt.Sprint(i))
					var due time.Duration
					if metered {
						due = time.Second * time.Duration(max(0, i-rate+1)) / rate
					}
					if at := time.Since(start); at < due || at > due+2*wakePeriod {
						t.Errorf("metered %v: message %d was answered after %v, want %v", metered, i, at, due)
					}
				}
				<-time.After(2*time.Second + time.Second/2)
				for range 2 { // who is silent then is pinged
					if m := c.next(); m.Opcode != frame.Ping {
						t.Errorf("got %v", m.Opcode)
					}
				}
			}
		}
	})
}

// A peer that resets while it is not read from, with nothing to be written to
// it either, is missed: by epoll at once, which would tell of it all the time; by
// a stream when what it has sent before is handled.
func TestSlowedPeerResets(t *testing.T) {
	const rate, n = 100, 250 // takes 1.5 s
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1, Rate: rate})
		r := newRecord()
		c, far := s.connect()
		if err := s.Add(Arrival{Conn: far, Handler: r, Metered: true}); err != nil {
			t.Fatal(err)
		}
		conn := r.conn(t)
		c.Raw(bytes.Repeat(masked(frame.Text, "x"), n))
		paused(t, conn)
		c.reset()
		if code := r.code(t); code != frame.AbnormalClosure {
			t.Errorf("told %v", code)
		}
		eventually(t, "the connection is gone", func() bool { return s.Len() == 0 })
		if got := len(r.all()) - 2; conn.stream() == nil && got > n/2 || got > n {
			t.Errorf("%d messages", got)
		}
	})
}

// The timer of the slowed ones ends with them.
func TestNobodyIsSlowed(t *testing.T) {
	inBubble(t, Config{Loops: 1, Rate: 1}, func(t *testing.T, ls *Loops) {
		near, far := net.Pipe()
		if err := ls.Add(Arrival{Conn: far, Handler: newRecord(), Metered: true}); err != nil {
			t.Fatal(err)
		}
		near.Write(bytes.Repeat(masked(frame.Text, "x"), 10))
		<-time.After(time.Minute)
		near.Close()
		synctest.Wait()
		l := ls.loops[0]
		l.do(func() {
			if l.clock.timer != nil || len(l.slowed) != 0 {
				t.Errorf("%d slowed, timer %v", len(l.slowed), l.clock.timer)
			}
		})
	})
}
