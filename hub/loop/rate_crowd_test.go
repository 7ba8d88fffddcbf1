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

// metered connects a client that Rate holds for.
func metered(t *testing.T, ls *Loops, h Handler) *client {
	t.Helper()
	near, far := net.Pipe()
	if err := ls.Add(Arrival{Conn: far, Handler: h, Metered: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close() })
	return &client{Peer: frametest.NewPeer(near, frame.Client, nil), t: t, conn: near}
}

// Each has its own allowance, however many are slowed down; nothing is lost or
// comes in another order.
func TestManyAreSlowed(t *testing.T) {
	const rate, n, conns = 5, 20, 100
	inBubble(t, Config{Loops: 2, Rate: rate}, func(t *testing.T, ls *Loops) {
		start := time.Now()
		done := make(chan error, conns)
		for range conns {
			c := metered(t, ls, newEcho())
			var sent []byte
			for i := range n {
				sent = append(sent, masked(frame.Text, fmt.Sprint(i))...)
			}
			go c.Raw(sent) // all in one read
			go func() {
				for i := range n {
					got, err := c.NextText()
					if err == nil && got != fmt.Sprint(i) {
						err = fmt.Errorf("got %q, want %d", got, i)
					}
					due := time.Second * time.Duration(max(0, i-rate+1)) / rate
					if at := time.Since(start); err == nil && (at < due || at > due+2*wakePeriod) {
						err = fmt.Errorf("%d came after %v, want %v", i, at, due)
					}
					if err != nil {
						done <- err
						return
					}
				}
				done <- nil
			}()
		}
		for range conns {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
}

// Who is slowed down is not listened to, and so is not silent, however long the
// time between two messages is beside a ping period; nor is it too slow.
func TestSlowedIsNotSilent(t *testing.T) {
	const n = 30
	inBubble(t, Config{Loops: 1, Rate: 1, Ping: 100 * time.Millisecond, Queue: 100}, func(t *testing.T, ls *Loops) {
		r := newRecord()
		c := metered(t, ls, r)
		go c.Raw(bytes.Repeat(masked(frame.Text, "x"), n))
		go func() { // reads on, and answers nothing
			for {
				if _, err := c.Next(); err != nil {
					return
				}
			}
		}()
		<-time.After(n*time.Second - time.Second/2)
		synctest.Wait()
		if got := len(r.all()) - 1; got != n || len(r.closed) != 0 {
			t.Errorf("%d of %d messages, %d closed", got, n, len(r.closed))
		}
		<-time.After(10 * time.Second) // when all is said, it is
		if code := r.code(t); code != frame.AbnormalClosure {
			t.Errorf("told %v", code)
		}
	})
}

// Closing does not wait for the allowance.
func TestClosedWhileSlowed(t *testing.T) {
	inBubble(t, Config{Loops: 1, Rate: 1}, func(t *testing.T, ls *Loops) {
		r := newRecord()
		c := metered(t, ls, r)
		go c.Raw(bytes.Repeat(masked(frame.Text, "x"), 100))
		<-time.After(3 * time.Second / 2)
		start := time.Now()
		r.conn(t).Close(frame.PolicyViolation, "kicked")
		c.wantClose(frame.PolicyViolation, "kicked")
		c.Close(frame.PolicyViolation, "")
		c.wantEnd()
		if took := time.Since(start); took > longestTick {
			t.Errorf("closed after %v", took)
		}
		if got := len(r.all()); got != 1+2+1 { // open, two messages, closed
			t.Errorf("told %q", r.all())
		}
	})
}
