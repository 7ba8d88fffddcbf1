package loop

import (
	"testing"
	"testing/synctest"
	"time"

	"wschat/frame"
)

// PROTOCOL section 4: two pings in a row without any sign of life end the
// connection. A quarter of a period is what the coarse wheel may be early.
func TestSilentPeer(t *testing.T) {
	for _, ping := range []time.Duration{
		time.Second, 10 * time.Second, 30 * time.Second, 33 * time.Second, time.Minute, 10 * time.Minute,
	} {
		inBubble(t, Config{Loops: 1, Ping: ping}, func(t *testing.T, ls *Loops) {
			r := newRecord()
			c := pipe(t, ls, r)
			start := time.Now()
			for period := 1; period <= 3; period++ {
				m, err := c.Next()
				took := time.Since(start)
				latest := time.Duration(period)*ping + longestTick
				if took < latest-ping/4-2*longestTick || took > latest {
					t.Errorf("ping %v: period %d ended after %v", ping, period, took)
				}
				if period < 3 && (err != nil || m.Opcode != frame.Ping) {
					t.Errorf("ping %v: got %v, %v", ping, m.Opcode, err)
				}
				if period == 3 && err == nil {
					t.Errorf("ping %v: got %v after two pings", ping, m.Opcode)
				}
			}
			r.wantEvents(t, ls, "open", "closed 1006")
		})
	}
}

// Any frame, or a part of one, is a sign of life, an answer to a ping or not.
func TestSignsOfLife(t *testing.T) {
	rows := map[string]func(c *client){
		"pong":           func(c *client) { c.Send(frame.Pong, nil) },
		"message":        func(c *client) { c.text("x") },
		"part of one":    func(c *client) { c.Raw(masked(frame.Text, "x")[:1]); c.Raw(masked(frame.Text, "x")[1:]) },
		"pong unasked":   func(c *client) { c.Send(frame.Pong, []byte("unasked")) },
		"empty fragment": func(c *client) { c.Fragment(frame.Text, nil, nil) },
	}
	for name, live := range rows {
		inBubble(t, Config{Loops: 1, Ping: time.Second}, func(t *testing.T, ls *Loops) {
			r := newRecord()
			c := pipe(t, ls, r)
			for range 20 { // each answer after the second ping
				for range 2 {
					if m, err := c.Next(); err != nil || m.Opcode != frame.Ping {
						t.Fatalf("%s: got %v, %v", name, m.Opcode, err)
					}
				}
				live(c)
			}
			if len(r.closed) != 0 {
				t.Errorf("%s: closed", name)
			}
		})
	}
}

func TestTalkativePeerIsNotPinged(t *testing.T) {
	inBubble(t, Config{Ping: time.Second}, func(t *testing.T, ls *Loops) {
		r := newEcho()
		c := pipe(t, ls, r)
		for range 100 {
			<-time.After(time.Second / 2)
			c.text("still here")
			c.wantText("still here")
		}
	})
}

func TestNoPings(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, ls *Loops) {
		c := pipe(t, ls, newEcho())
		<-time.After(1000 * time.Hour / 100)
		c.text("still here")
		c.wantText("still here")
	})
}

// That the system takes what is sent to a peer is no sign of its life.
func TestSilentPeerThatIsSentTo(t *testing.T) {
	const ping = 10 * time.Second
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1, Ping: ping})
		r := newRecord()
		s.dial(r)
		conn := r.conn(t)
		for i := 0; len(r.closed) == 0; i++ {
			if i > 100 {
				t.Fatalf("%d quarters of a period in silence, and it is still there", i)
			}
			conn.Send(text("news"))
			s.pass(ping / 4)
		}
		r.wantEvents(t, s.Loops, "open", "closed 1006")
	})
}

// Who reads on slowly is alive, though it sends nothing.
func TestSlowReaderIsAlive(t *testing.T) {
	const ping = 10 * time.Second
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1, Ping: ping})
		src := &source{name: "pulled", n: 100, body: string(make([]byte, 64<<10))}
		r := newRecord()
		r.onOpen = func(c *Conn) { c.Pull(src.next) }
		c := s.dialNarrow(r)
		conn := r.conn(t)
		for i := 0; i < src.n; {
			// The sum of the pauses is many periods. In each some hundred KiB go
			// out, so that the socket has room for more.
			for range min(20, src.n-i) {
				for {
					m := c.next()
					if m.Opcode == frame.Ping {
						continue
					}
					if string(m.Payload) != string(src.item(i)) {
						t.Fatalf("got %v %.40q", m.Opcode, m.Payload)
					}
					break
				}
				i++
			}
			onLoop(conn, func() {})
			s.pass(ping * 2)
		}
		if len(r.closed) != 0 {
			t.Errorf("told %v", r.code(t))
		}
	})
}

// Each connection is looked after, in whatever slot it is.
func TestEveryConnectionIsVisited(t *testing.T) {
	inBubble(t, Config{Loops: 2, Ping: time.Second}, func(t *testing.T, ls *Loops) {
		const n = 77
		pinged := make(chan bool, n)
		for range n {
			c := pipe(t, ls, newRecord())
			go func() {
				m, err := c.Next()
				pinged <- err == nil && m.Opcode == frame.Ping
			}()
		}
		<-time.After(time.Second + 100*time.Millisecond)
		synctest.Wait()
		if len(pinged) != n {
			t.Errorf("%d of %d pinged after a period", len(pinged), n)
		}
		for range len(pinged) {
			if !<-pinged {
				t.Error("no ping")
			}
		}
	})
}

// The number of ticks may wrap, and deadlines with it.
func TestTicksWrap(t *testing.T) {
	inBubble(t, Config{Loops: 1}, func(t *testing.T, ls *Loops) {
		l := ls.loops[0]
		l.do(func() { l.ticks = 1<<32 - 3 })
		r := newRecord()
		c := pipe(t, ls, r)
		r.conn(t).Close(frame.GoingAway, "")
		c.wantClose(frame.GoingAway, "")
		start := time.Now()
		c.wantEnd()
		if took := time.Since(start); took < closeTimeout || took > closeTimeout+2*longestTick {
			t.Errorf("ended after %v", took)
		}
	})
}
