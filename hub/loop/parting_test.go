package loop

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"wschat/frame"
)

// ends are the ways in which a server ends a connection, and what the client does to
// that end.
var ends = []struct {
	code frame.CloseCode
	end  func(c *client, conn *Conn)
}{
	{frame.GoingAway, func(_ *client, conn *Conn) {
		for _, c := range conn.loop.loops.snapshot() { // as Drain does
			c.Close(frame.GoingAway, shutdownReason)
		}
	}},
	{frame.PolicyViolation, func(_ *client, conn *Conn) { conn.Close(frame.PolicyViolation, "") }},
	{frame.InternalError, func(_ *client, conn *Conn) { conn.Close(frame.InternalError, "") }},
	{frame.Replaced, func(_ *client, conn *Conn) { conn.Close(frame.Replaced, "") }},
	{frame.TokenExpired, func(_ *client, conn *Conn) { conn.Close(frame.TokenExpired, "") }},
	{frame.ProtocolError, func(c *client, _ *Conn) { c.Raw([]byte{0x83, 0x80, 0, 0, 0, 0}) }},
	{frame.InvalidPayload, func(c *client, _ *Conn) { c.Raw(masked(frame.Text, "\xff")) }},
	{frame.MessageTooBig, func(c *client, _ *Conn) { c.Raw(masked(frame.Text, string(make([]byte, 1025)))) }},
}

// partingOf waits until conn is about to be closed.
func partingOf(t *testing.T, conn *Conn) {
	t.Helper()
	eventually(t, "it is about to be closed", func() (is bool) {
		onLoop(conn, func() { is = conn.isParting() })
		return is
	})
}

// wantCode expects a close frame with this code.
func (c *client) wantCode(want frame.CloseCode) {
	c.t.Helper()
	m := c.next()
	if code, _, _ := frame.ParseClose(m.Payload); m.Opcode != frame.Close || code != want {
		c.t.Fatalf("got %v %.40q, want close %v", m.Opcode, m.Payload, want)
	}
}

// PROTOCOL 4: "what was accepted is [...] acknowledged": no close frame overtakes an
// answer, and nothing is accepted behind it.
func TestAnswersBeforeTheCloseFrame(t *testing.T) {
	const accepted = 5
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{MaxMessage: 1024})
		for _, row := range ends {
			r := newRecord()
			handled := make(chan struct{}, accepted+1)
			r.onMessage = func(c *Conn, _ string) {
				c.Promise()
				handled <- struct{}{}
			}
			c := s.dial(r)
			conn := r.conn(t)
			for i := range accepted {
				c.text(fmt.Sprint(i))
				within(t, handled, "message")
			}
			row.end(c, conn)
			partingOf(t, conn)
			if row.code != frame.ProtocolError && row.code != frame.InvalidPayload && row.code != frame.MessageTooBig {
				c.text("not accepted")
			}
			conn.Send(text("news"))
			c.wantText("news")
			conn.Close(frame.InternalError, "one is enough")
			for i := range accepted {
				var answer Item // of some there is nothing to say
				if i%2 == 0 {
					answer = text(fmt.Sprint("answer to ", i))
				}
				go conn.Answer(answer)
				if answer != nil {
					c.wantText(fmt.Sprint("answer to ", i))
				}
			}
			c.wantCode(row.code)
			c.Close(row.code, "")
			c.wantEnd()
			c.conn.Close()
			t.Log(row.code)
			r.wantEvents(t, s.Loops, "open", "text 0", "text 1", "text 2", "text 3", "text 4", "closed "+row.code.String()[:4])
		}
	})
}

// An answer that is pulled is sent to its end, one that takes its time too.
func TestPullBeforeTheCloseFrame(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1, MaxMessage: 1024})
		for _, row := range ends[:5] {
			pulled := &source{name: "pulled", n: 50, body: string(make([]byte, 50_000))}
			begins := make(chan func(func() Item), 1)
			r := newRecord()
			r.onMessage = func(c *Conn, message string) { begins <- c.PullLater() }
			c := s.dialNarrow(r)
			conn := r.conn(t)
			c.text("history")
			begin := within(t, begins, "message")
			row.end(c, conn)
			partingOf(t, conn)
			begin(pulled.next)
			for i := range pulled.n {
				c.wantText(string(pulled.item(i)))
			}
			c.wantCode(row.code)
			c.Close(row.code, "")
			c.wantEnd()
			c.conn.Close()
			r.code(t)
		}
	})
}

// What a client has said to a list comes before the close frame, too, though the
// answer without words may be ahead of it.
func TestOwnMessageBeforeTheCloseFrame(t *testing.T) {
	const members = 4 * slice
	forEachDriver(t, func(t *testing.T, d driver) {
		if d.tls {
			return // nothing else than with goroutines
		}
		s := d.serve(t, Config{Loops: 1})
		list := s.NewList()
		for range members {
			r := newRecord()
			s.dial(r)
			list.Join(r.conn(t))
		}
		r := newRecord()
		r.onMessage = func(c *Conn, _ string) { c.Promise() }
		c := s.dial(r)
		conn := r.conn(t)
		list.Join(conn)
		c.text("x")
		eventually(t, "it is handled", func() bool { return len(r.all()) == 2 })
		conn.Close(frame.GoingAway, "")
		partingOf(t, conn)
		release := s.loops[0].hold()
		list.Publish(text("own"))
		conn.Answer(nil)
		release()
		c.wantText("own")
		c.wantCode(frame.GoingAway)
	})
}

// The answers are waited for as long as they may take, and no longer.
func TestAnswersThatDoNotCome(t *testing.T) {
	inBubble(t, Config{Loops: 1}, func(t *testing.T, ls *Loops) {
		r := newRecord()
		r.onMessage = func(c *Conn, _ string) { c.Promise() }
		c := pipe(t, ls, r)
		conn := r.conn(t)
		c.text("x")
		synctest.Wait()
		start := time.Now()
		conn.Close(frame.Replaced, "")
		c.wantClose(frame.Replaced, "")
		if took := time.Since(start); took < answerTimeout || took > answerTimeout+2*longestTick {
			t.Errorf("closed after %v", took)
		}
		conn.Answer(text("too late"))
		c.Close(frame.Replaced, "")
		c.wantEnd()
	})
}

// PROTOCOL 4: too slow a reader is not waited for.
func TestTooSlowOwesNothing(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1})
		for _, parting := range []bool{false, true} {
			r := newRecord()
			r.onMessage = func(c *Conn, _ string) { c.Promise() }
			c := s.dial(r)
			conn := r.conn(t)
			c.text("x")
			eventually(t, "it is handled", func() bool { return len(r.all()) == 2 })
			if parting {
				conn.Close(frame.GoingAway, "")
			}
			conn.Close(frame.TooSlow, "")
			c.wantClose(frame.TooSlow, "")
			c.Close(frame.TooSlow, "")
			c.wantEnd()
			c.conn.Close()
			r.wantEvents(t, s.Loops, "open", "text x", "closed 4100")
		}
	})
}

// When the time for a drain is over everybody gets a close frame, those who still
// wait for answers and those who have just come.
func TestCloseFramesAtTheEnd(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1})
		waiting, answered, late := newRecord(), newRecord(), newRecord()
		for _, r := range []*record{waiting, answered} {
			r.onMessage = func(c *Conn, _ string) { c.Promise() }
		}
		c1, c2 := s.dial(waiting), s.dial(answered)
		for _, c := range []*client{c1, c2} {
			c.text("x")
		}
		for _, r := range []*record{waiting, answered} {
			eventually(t, "it is handled", func() bool { return len(r.all()) == 2 })
			r.conn(t).Close(frame.Replaced, "replaced")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := s.Drain(ctx, 0); err == nil {
			t.Error("drained, without the answers")
		}
		c3, far := s.connect()
		release := s.loops[0].hold()
		s.add(far, "response", nil, late)
		closed := make(chan struct{})
		go func() { s.Loops.Close(); close(closed) }()
		<-s.stop
		for _, e := range answered.all() {
			if e == "closed 4000" {
				t.Error("closed without the answer")
			}
		}
		release()
		within(t, closed, "Close")
		c3.conn.Read(make([]byte, len("response")))
		c3.wantClose(frame.GoingAway, shutdownReason)
		c1.wantClose(frame.Replaced, "replaced")
		c2.wantClose(frame.Replaced, "replaced")
		for _, c := range []*client{c1, c2, c3} {
			c.wantOver()
		}
	})
}

// While draining, a client that keeps TCP open behind a finished closing handshake is
// waited for one second only, whether that has been finished before, is then, or our
// close frame is still being written.
func TestDrainDoesNotWaitForTCP(t *testing.T) {
	inBubble(t, Config{Loops: 1}, func(t *testing.T, ls *Loops) {
		closeBoth := func(c *client) {
			c.Close(frame.NormalClosure, "")
			c.wantClose(frame.NormalClosure, "")
		}
		keep := func() *client {
			r := newRecord()
			near, far := halfPipe()
			if err := ls.Add(Arrival{Conn: far, Handler: r}); err != nil {
				t.Fatal(err)
			}
			r.conn(t)
			return pipeClient(t, near)
		}
		before, unread, meanwhile := keep(), keep(), keep()
		closeBoth(before)
		unread.Close(frame.NormalClosure, "")
		synctest.Wait()
		start := time.Now()
		go func() {
			meanwhile.wantClose(frame.GoingAway, shutdownReason)
			meanwhile.Close(frame.GoingAway, "")
			unread.wantClose(frame.NormalClosure, "")
		}()
		if err := ls.Drain(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < drainLinger || took > drainLinger+2*longestTick {
			t.Errorf("took %v", took)
		}
	})
}

// Written means: by the socket, not by whoever writes to it.
func TestReceiptOfAStream(t *testing.T) {
	inBubble(t, Config{Loops: 1}, func(t *testing.T, ls *Loops) {
		r := newRecord()
		c := pipe(t, ls, r)
		conn := r.conn(t)
		var written []string
		send := func(s string) {
			conn.Send(receiptedText{text(s), func(Handler) { written = append(written, s) }})
		}
		send("read")
		c.wantText("read")
		synctest.Wait()
		send("not read")
		synctest.Wait()
		send("nor this")
		synctest.Wait()
		c.conn.Close()
		synctest.Wait()
		if !slices.Equal(written, []string{"read"}) {
			t.Errorf("receipts for %q", written)
		}
	})
}
