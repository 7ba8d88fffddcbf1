package loop

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"wschat/frame"
)

// RFC 6455 §5.5.1, §7.1.1; PROTOCOL section 4: a close frame is answered with
// the same code, then the server ends TCP first. What comes behind it is ignored.
func TestPeerCloses(t *testing.T) {
	rows := []struct {
		name string
		code frame.CloseCode
		sent []byte
		want string
	}{
		{"§7.4.1 1000", 1000, closeFrame(1000, ""), "closed 1000"},
		{"§7.4.1 1001 with a reason", 1001, closeFrame(1001, "bye 再见"), "closed 1001"},
		{"§7.4.1 1011", 1011, closeFrame(1011, ""), "closed 1011"},
		{"§7.4.2 3000", 3000, closeFrame(3000, ""), "closed 3000"},
		{"§7.4.2 4999", 4999, closeFrame(4999, "x"), "closed 4999"},
		{"§7.1.5 no code", frame.NoStatus, masked(frame.Close, ""), "closed 1005"},
	}
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{})
		for _, row := range rows {
			r := newRecord()
			c := s.dial(r)
			c.text("before")
			behind := append(masked(frame.Text, "behind"), closeFrame(4000, "again")...)
			if err := c.Raw(append(row.sent, behind...)); err != nil {
				t.Fatal(err)
			}
			c.text("later")
			c.wantClose(row.code, "")
			c.wantEnd()
			c.conn.Close()
			t.Log(row.name)
			r.wantEvents(t, s.Loops, "open", "text before", row.want)
		}
	})
}

// The codes that a close frame must not carry, and other breaches: one close
// frame with the error's code arrives, however much the client goes on sending.
func TestPeerBreaksTheProtocol(t *testing.T) {
	unmasked := frame.AppendFrame(nil, frame.Text, []byte("x"))
	rows := []struct {
		name string
		sent []byte
		want frame.CloseCode
	}{
		{"§5.1 not masked", unmasked, 1002},
		{"§5.2 reserved opcode", []byte{0x83, 0x80, 0, 0, 0, 0}, 1002},
		{"§5.4 continuation of nothing", masked(frame.Continuation, "x"), 1002},
		{"§5.5 ping in fragments", []byte{0x09, 0x80, 0, 0, 0, 0}, 1002},
		{"§5.5.1 half a close code", masked(frame.Close, "x"), 1002},
		{"§7.4.1 1005 on the wire", masked(frame.Close, "\x03\xed"), 1002},
		{"§7.4.1 1006 on the wire", masked(frame.Close, "\x03\xee"), 1002},
		{"§8.1 not UTF-8", masked(frame.Text, "\xff"), 1007},
		{"§10.4 over the limit", masked(frame.Binary, string(make([]byte, 1025))), 1009},
	}
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{MaxMessage: 1024})
		for _, row := range rows {
			r := newRecord()
			c := s.dial(r)
			c.Raw(append(masked(frame.Text, "before"), row.sent...))
			sent := make(chan error)
			go func() { sent <- c.Raw(bytes.Repeat(masked(frame.Text, "more"), 200_000)) }()
			m := c.next()
			if code, _, _ := frame.ParseClose(m.Payload); m.Opcode != frame.Close || code != row.want {
				t.Errorf("%s: got %v %q", row.name, m.Opcode, m.Payload)
			}
			if err := <-sent; err != nil {
				t.Errorf("%s: %v", row.name, err)
			}
			c.Close(row.want, "")
			c.wantEnd()
			c.conn.Close()
			t.Log(row.name)
			r.wantEvents(t, s.Loops, "open", "text before", "closed "+row.want.String()[:4])
		}
	})
}

// A connection that ends without a close frame (RFC 6455 §7.1.5: 1006).
func TestPeerVanishes(t *testing.T) {
	const much = 1 << 20
	rows := []struct {
		name   string
		vanish func(c *client)
		want   []string
	}{
		{"FIN", (*client).finish, []string{"open", "closed 1006"}},
		{"RST", (*client).reset, []string{"open", "closed 1006"}},
		{"FIN behind a message", func(c *client) {
			c.text("last")
			c.finish()
		}, []string{"open", "text last", "closed 1006"}},
		{"FIN within a message", func(c *client) {
			c.Raw(masked(frame.Text, "torn")[:8])
			c.finish()
		}, []string{"open", "closed 1006"}},
		{"close without a word", func(c *client) { c.tcp.Close() }, []string{"open", "closed 1006"}},
	}
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{})
		for _, row := range rows {
			r := newRecord()
			c := s.dial(r)
			r.conn(t)
			row.vanish(c)
			t.Log(row.name)
			r.wantEvents(t, s.Loops, row.want...)
		}
		r := newRecord()
		c := s.dialNarrow(r)
		r.conn(t).Send(text(make([]byte, much)))
		c.reset()
		r.wantEvents(t, s.Loops, "open", "closed 1006")
	})
}

// A peer that answers our close frame, but in its own way.
func TestServerCloses(t *testing.T) {
	rows := []struct {
		name   string
		answer func(c *client)
	}{
		{"the same code", func(c *client) { c.Close(4000, "") }},
		{"another code", func(c *client) { c.Close(1000, "whatever") }},
		{"no code", func(c *client) { c.Send(frame.Close, nil) }},
		{"messages and pings first", func(c *client) {
			c.text("not heard")
			c.Send(frame.Ping, []byte("not answered"))
			c.Close(4000, "")
			c.text("not heard either")
		}},
		{"a protocol error", func(c *client) { c.Raw([]byte{0xff, 0xff}) }},
	}
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{})
		for _, row := range rows {
			r := newRecord()
			c := s.dial(r)
			conn := r.conn(t)
			conn.Send(text("before"))
			conn.Close(frame.Replaced, "a newer connection")
			conn.Close(frame.GoingAway, "too late")
			conn.Send(text("behind"))
			if code := r.code(t); code != frame.Replaced { // told before the peer answers
				t.Errorf("told %v", code)
			}
			r.closed <- 0
			c.wantText("before")
			c.wantClose(frame.Replaced, "a newer connection")
			row.answer(c)
			c.wantEnd()
			c.conn.Close()
			t.Log(row.name)
			r.wantEvents(t, s.Loops, "open", "closed 4000")
		}
	})
}

func TestPeerAnswersTheServersCloseByVanishing(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{})
		for _, vanish := range []func(*client){(*client).finish, (*client).reset} {
			r := newRecord()
			c := s.dial(r)
			r.conn(t).Close(frame.TokenExpired, "")
			c.wantClose(frame.TokenExpired, "")
			vanish(c)
			r.wantEvents(t, s.Loops, "open", "closed 4001")
		}
	})
}

// Both sides close at once: one close frame from the server, whichever came first.
func TestCloseFramesThatCross(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1})
		for range 20 {
			r := newRecord()
			c := s.dial(r)
			conn := r.conn(t)
			release := s.loops[0].hold()
			c.Close(frame.NormalClosure, "")
			conn.Close(frame.NormalClosure, "")
			release()
			c.wantClose(frame.NormalClosure, "")
			c.wantEnd()
			c.conn.Close()
			r.wantEvents(t, s.Loops, "open", "closed 1000")
		}
	})
}

func TestHandlerClosesItsOwnConnection(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{})
		shut := func(c *Conn) {
			c.Write(frame.Text, []byte("last words"))
			c.Close(frame.PolicyViolation, "out")
		}
		inOpen := newRecord()
		inOpen.onOpen = shut
		inMessage := newRecord()
		inMessage.onMessage = func(c *Conn, _ string) { shut(c) }
		for r, events := range map[*record][]string{
			inOpen:    {"open", "closed 1008"},
			inMessage: {"open", "text go", "closed 1008"},
		} {
			r.onClosed = func(c *Conn) { c.Close(frame.InternalError, "again"); c.Send(text("nothing")) }
			c := s.dial(r)
			if r == inMessage {
				c.text("go")
			}
			c.wantText("last words")
			c.wantClose(frame.PolicyViolation, "out")
			c.Close(frame.PolicyViolation, "")
			c.wantEnd()
			c.conn.Close()
			r.wantEvents(t, s.Loops, events...)
		}
	})
}

// That the peer has vanished may be found out by a write, with its close frame in
// hand.
func TestPeerVanishesBehindItsCloseFrame(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1, Queue: 1}) // each answer is written before the next message
		for range 20 {
			r := newEcho()
			c := s.dial(r)
			r.conn(t)
			release := s.loops[0].hold()
			c.Raw(append(masked(frame.Text, "a"), closeFrame(1000, "")...))
			c.reset()
			release()
			r.code(t)
			eventually(t, "no connection is left", func() bool { return s.Len() == 0 })
			events := r.all()
			if i := slices.IndexFunc(events, func(e string) bool { return strings.HasPrefix(e, "closed") }); i != len(events)-1 {
				t.Fatalf("told %q", events)
			}
		}
	})
}

// A command may come for a connection that is gone.
func TestCommandsForAConnectionThatIsGone(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1})
		r := newRecord()
		list := s.NewList()
		c := s.dial(r)
		conn := r.conn(t)
		c.reset()
		r.wantEvents(t, s.Loops, "open", "closed 1006")
		list.Join(conn)
		conn.Send(text("x"))
		conn.Close(frame.NormalClosure, "")
		list.Publish(text("y"))
		list.Leave(conn)
		onLoop(conn, func() {
			if len(list.shards[0].members) != 0 || conn.out != nil || conn.state != gone {
				t.Errorf("a connection that is gone came back: %+v", conn)
			}
		})
	})
}
