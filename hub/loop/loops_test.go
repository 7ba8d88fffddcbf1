package loop

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wschat/frame"
)

func TestAddAfterClose(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{})
		c, far := s.connect()
		s.Loops.Close()
		r := newRecord()
		if err := s.Add(Arrival{Conn: far, Handler: r}); !errors.Is(err, ErrClosed) {
			t.Errorf("got %v", err)
		}
		c.wantOver()
		if n := s.Len(); n != 0 || len(r.all()) != 0 {
			t.Errorf("%d connections, told %q", n, r.all())
		}
		s.NewList().Publish(text("nobody hears it")) // and nothing breaks
	})
}

// Close ends connections in every state, and tells handlers that have not been
// told yet.
func TestCloseEndsEverything(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 2})
		open, paused, closing := newRecord(), newEcho(), newRecord()
		c1, c2, c3 := s.dial(open), s.dialNarrow(paused), s.dial(closing)
		open.conn(t)
		c2.flood(500, 16<<10)
		paused.conn(t)
		closing.conn(t).Close(frame.Replaced, "")
		c3.wantClose(frame.Replaced, "")
		added := newRecord() // still in a mailbox when Close is called
		c4, far := s.connect()
		release := s.loops[int(s.next.Load()+1)%2].hold()
		s.add(far, "", nil, added)
		closed := make(chan struct{})
		go func() { s.Loops.Close(); close(closed) }()
		<-s.stop
		release()
		within(t, closed, "Close")
		for _, r := range []*record{open, paused, added} {
			events := r.all()
			if code := r.code(t); code != frame.GoingAway || events[0] != "open" || events[len(events)-1] != "closed 1001" {
				t.Errorf("told %v: %q", code, events)
			}
		}
		if got := closing.all(); !slices.Equal(got, []string{"open", "closed 4000"}) {
			t.Errorf("told %q", got)
		}
		for _, c := range []*client{c1, c4} { // they are told, as far as their sockets take it
			c.wantClose(frame.GoingAway, shutdownReason)
			c.wantOver()
		}
		if s.Len() != 0 {
			t.Errorf("%d connections left", s.Len())
		}
		s.Loops.Close() // has no effect
	})
}

// Connections come and publishes go while the loops end.
func TestCloseUnderLoad(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 2})
		list := s.NewList()
		var wg sync.WaitGroup
		var records []*record
		for i := range 20 {
			r := newRecord()
			r.onOpen = func(c *Conn) { list.Join(c) }
			records = append(records, r)
			_, far := s.connect()
			wg.Go(func() { // told, or refused
				if err := s.Add(Arrival{Conn: far, Handler: r}); err != nil {
					r.closed <- 0
				}
			})
			wg.Go(func() {
				for range 100 {
					list.Publish(text("x"))
				}
			})
			if i == 10 {
				wg.Go(s.Loops.Close)
			}
		}
		wg.Wait()
		for _, r := range records {
			r.code(t)
		}
	})
}

// answering connects a client that answers the close frame, and notes when it came.
func answering(t *testing.T, ls *Loops, since time.Time) <-chan time.Duration {
	c := pipe(t, ls, newRecord())
	at := make(chan time.Duration, 1)
	go func() {
		m, err := c.Next()
		if code, _, _ := frame.ParseClose(m.Payload); err != nil || code != frame.GoingAway {
			t.Errorf("got %v %q, %v", m.Opcode, m.Payload, err)
		}
		at <- time.Since(since)
		c.Close(frame.GoingAway, "")
	}()
	return at
}

// PROTOCOL section 4: every connection gets 1001, spread over the time given.
func TestDrainIsSpread(t *testing.T) {
	inBubble(t, Config{Loops: 2}, func(t *testing.T, ls *Loops) {
		const n, over = 100, 5 * time.Second
		start := time.Now()
		var closed []<-chan time.Duration
		for range n {
			closed = append(closed, answering(t, ls, start))
		}
		arriving := make(chan (<-chan time.Duration))
		go func() {
			<-time.After(2 * time.Second)
			arriving <- answering(t, ls, start)
		}()
		if err := ls.Drain(t.Context(), over); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < over || took > over+100*time.Millisecond {
			t.Errorf("took %v", took)
		}
		var times []time.Duration
		for _, at := range append(closed, <-arriving) {
			times = append(times, <-at)
		}
		slices.Sort(times)
		for i, at := range times[:n] {
			due := time.Duration(i) * over / n
			if at < due || at > due+over/n {
				t.Errorf("%d was closed after %v, want %v", i, at, due)
			}
		}
		if late := times[n]; late < over || late > over+100*time.Millisecond {
			t.Errorf("who came meanwhile was closed after %v", late)
		}
	})
}

func TestDrain(t *testing.T) {
	t.Run("nobody is there", func(t *testing.T) {
		inBubble(t, Config{}, func(t *testing.T, ls *Loops) {
			start := time.Now()
			if err := ls.Drain(t.Context(), time.Minute); err != nil || time.Since(start) != 0 {
				t.Errorf("%v after %v", err, time.Since(start))
			}
		})
	})
	t.Run("at once", func(t *testing.T) {
		inBubble(t, Config{}, func(t *testing.T, ls *Loops) {
			at := answering(t, ls, time.Now())
			if err := ls.Drain(t.Context(), 0); err != nil || <-at != 0 {
				t.Error(err)
			}
		})
	})
	t.Run("a peer does not answer", func(t *testing.T) {
		inBubble(t, Config{}, func(t *testing.T, ls *Loops) {
			c := pipe(t, ls, newRecord())
			go c.Next()
			start := time.Now()
			err := ls.Drain(t.Context(), time.Second)
			if took := time.Since(start); err != nil || took > time.Second+closeTimeout+2*longestTick {
				t.Errorf("%v after %v", err, took)
			}
		})
	})
	t.Run("the context is done", func(t *testing.T) {
		inBubble(t, Config{}, func(t *testing.T, ls *Loops) {
			c := pipe(t, ls, newRecord())
			go c.Next()
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			start := time.Now()
			err := ls.Drain(ctx, time.Second)
			if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != 3*time.Second {
				t.Errorf("%v after %v", err, took)
			}
		})
	})
	t.Run("the loops are closed", func(t *testing.T) {
		inBubble(t, Config{}, func(t *testing.T, ls *Loops) {
			pipe(t, ls, newRecord())
			synctest.Wait()
			done := make(chan error)
			go func() { done <- ls.Drain(t.Context(), time.Minute) }()
			synctest.Wait()
			ls.Close()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	})
}

// heavy is an Item that counts for much and is nothing.
type heavy struct{}

func (heavy) AppendFrame(dst []byte, _ Handler) []byte { return dst }
func (heavy) Size() int                                { return 1 << 20 }

// While one loop lags behind, nobody is read from, on the other loops either;
// then it goes on.
func TestCongestion(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 2})
		list := s.NewList()
		lagging, r := s.loops[0], newEcho()
		var c *client
		var conn *Conn
		for conn == nil || conn.loop == lagging {
			r = newEcho()
			c = s.dial(r)
			conn = r.conn(t)
		}
		release := lagging.hold()
		defer release()
		for range maxBacklog>>20 + 1 {
			list.Publish(heavy{})
		}
		onLoop(conn, func() {}) // it has seen that
		for i := range 3 {
			if err := c.SendText("x"); err != nil {
				t.Fatal(i, err)
			}
		}
		if conn.stream() != nil {
			eventually(t, "the loop knows of it", func() (late bool) {
				onLoop(conn, func() { late = len(conn.loop.late) > 0 })
				return late
			})
		}
		for range 10 {
			onLoop(conn, func() {})
		}
		if got := r.all(); len(got) != 1 {
			t.Errorf("told %q while a loop lags behind", got)
		}
		release()
		for range 3 {
			c.wantText("x")
		}
		for _, l := range s.loops {
			eventually(t, "the backlog is gone", func() bool { return l.mail.backlog.Load() == 0 })
		}
	})
}
