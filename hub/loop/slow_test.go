package loop

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"wschat/frame"
)

// PROTOCOL section 4: more than Queue bytes wait for one reader. Its exit is
// told at once, what it has not begun to read is dropped, 4100 comes as soon as
// the socket takes it; the others are not disturbed.
func TestSlowReaderIsDropped(t *testing.T) {
	const queue, most = 128 << 10, 4000
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1, Queue: queue})
		list := s.NewList()
		slow := newRecord()
		slowClient := s.dialNarrow(slow)
		slowConn := slow.conn(t)
		list.Join(slowConn)
		var others []*client
		for range 3 {
			r := newRecord()
			others = append(others, s.dial(r))
			list.Join(r.conn(t))
		}
		message := func(i int) string { return fmt.Sprintf("%d %s", i, strings.Repeat("x", 4000)) }
		published := 0
		for len(slow.closed) == 0 && published < most {
			list.Publish(text(message(published)))
			for _, c := range others {
				c.wantText(message(published))
			}
			published++
		}
		if code := slow.code(t); code != frame.TooSlow {
			t.Fatalf("told %v", code)
		}
		onLoop(slowConn, func() { // it has read nothing yet, but its socket may have taken what was left
			if slowConn.state != closing || slowConn.out != nil && slowConn.out.size() > 2*len(message(0)) {
				t.Errorf("%+v still has %+v", slowConn, slowConn.out)
			}
		})
		list.Publish(text("life goes on"))
		for _, c := range others {
			c.wantText("life goes on")
		}
		got := 0
		m := slowClient.next()
		for ; m.Opcode == frame.Text; m = slowClient.next() {
			if string(m.Payload) != message(got) {
				t.Fatalf("message %d is %.40q", got, m.Payload)
			}
			got++
		}
		if code, _, _ := frame.ParseClose(m.Payload); code != frame.TooSlow {
			t.Fatalf("got %v %q", m.Opcode, m.Payload)
		}
		if got >= published-queue/len(message(0))/2 {
			t.Errorf("got %d of %d: nothing was dropped", got, published)
		}
		slowClient.Close(frame.TooSlow, "")
		slowClient.wantEnd()
		slowClient.conn.Close()
		eventually(t, "its socket is closed", func() bool { return s.Len() == len(others) })
		if got := slow.all(); !slices.Equal(got, []string{"open", "closed 4100"}) {
			t.Errorf("told %q", got)
		}
	})
}

// The handshake's response stays whole, even if nothing of it could be written.
func TestTooSlowBeforeTheResponseIsWritten(t *testing.T) {
	var w outbox
	w.buf, w.lead = []byte("HTTP/1.1 101 ...\r\n\r\n"), 20
	first := len(w.buf)
	w.append(receiptedText{text: "first"}, false, nil)
	w.append(receiptedText{text: "second"}, false, nil)
	receipts := map[int]int{first: 0, first + 7: 1, len(w.buf): 2} // by what is kept
	for off := range len(w.buf) {
		x := w
		x.buf, x.off, x.receipts = slices.Clone(w.buf), off, slices.Clone(w.receipts)
		x.drop()
		want := 0 // the end of what is begun
		for _, end := range []int{first, first + 7, len(w.buf)} {
			if want = end; end >= off {
				break
			}
		}
		if left := string(x.buf[x.off:]); left != string(w.buf[off:want]) || len(x.receipts) != receipts[want] {
			t.Errorf("written %d: kept %q, %d receipts; want %q, %d", off, left, len(x.receipts), w.buf[off:want], receipts[want])
		}
	}
}

func TestTooSlowWithinTheResponse(t *testing.T) {
	const queue = 64 << 10
	response := strings.Repeat("HTTP/1.1", 1<<18) // longer than any, so that it does not fit into the socket
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1, Queue: queue})
		r := newRecord()
		c, far := s.connectNarrow()
		s.add(far, response, nil, r)
		conn := r.conn(t)
		eventually(t, "the response has been begun", func() (begun bool) {
			onLoop(conn, func() { begun = conn.out.off > 0 })
			return begun
		})
		conn.Send(text("dropped"))
		if code := r.code(t); code != frame.TooSlow {
			t.Errorf("told %v", code)
		}
		got := make([]byte, len(response))
		if _, err := io.ReadFull(c.conn, got); err != nil || string(got) != response {
			t.Fatalf("got %d bytes, %v", len(got), err)
		}
		c.wantClose(frame.TooSlow, "too slow a reader")
	})
}

// "One message alone is never too much, however long it is."
func TestOneLongMessageIsNotTooSlow(t *testing.T) {
	const queue = 64 << 10
	long := text(strings.Repeat("long", queue*10))
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1, Queue: queue})
		r := newRecord()
		c := s.dialNarrow(r)
		conn := r.conn(t)
		conn.Send(long)
		onLoop(conn, func() {
			if conn.state != open || conn.out == nil {
				t.Error("the long message does not wait")
			}
		})
		c.wantText(string(long))
		conn.Send(text("short"))
		c.wantText("short")

		conn.Send(long)
		eventually(t, "it has been begun", func() (begun bool) {
			onLoop(conn, func() { begun = conn.out.off > 0 })
			return begun
		})
		conn.Send(text("now it is too much"))
		if code := r.code(t); code != frame.TooSlow {
			t.Errorf("told %v", code)
		}
		c.wantText(string(long)) // it had been begun
		c.wantClose(frame.TooSlow, "too slow a reader")
	})
}

// The rest of a message is written as soon as there is room, though nothing else
// happens to the connection.
func TestLongMessageIsWrittenToItsEnd(t *testing.T) {
	long := text(strings.Repeat("long", 1<<19))
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1})
		list := s.NewList()
		for _, send := range []func(*Conn){
			func(conn *Conn) { conn.Send(long) },
			func(conn *Conn) { list.Join(conn); list.Publish(long) },
		} {
			r := newRecord()
			c := s.dialNarrow(r)
			conn := r.conn(t)
			send(conn)
			onLoop(conn, func() {}) // the socket is full
			c.wantText(string(long))
		}
	})
}

// Written is called in order, once, and never for what was dropped.
func TestReceipts(t *testing.T) {
	const most = 4000
	body := strings.Repeat("x", 1500)
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1, Queue: 256 << 10})
		r := newRecord()
		c := s.dialNarrow(r)
		conn := r.conn(t)
		var written []int // of the loop's goroutine
		item := func(i int) Item {
			return receiptedText{text(fmt.Sprint(i, " ", body)), func(to Handler) {
				if to != r {
					t.Errorf("receipt for %v", to)
				}
				written = append(written, i)
			}}
		}
		sent := 0
		for ; sent < 300; sent++ { // some are read...
			conn.Send(item(sent))
			c.next()
		}
		receipts := func(n int) bool {
			all := false
			onLoop(conn, func() { all = len(written) >= n })
			return all
		}
		eventually(t, "there are receipts", func() bool { return receipts(sent) })
		onLoop(conn, func() {
			if len(written) != sent {
				t.Errorf("%d receipts for %d", len(written), sent)
			}
		})
		for ; len(r.closed) == 0 && sent < most; sent++ { // ...and some are not
			conn.Send(item(sent))
			onLoop(conn, func() {})
		}
		got := 300
		m := c.next()
		for ; m.Opcode == frame.Text; m = c.next() {
			got++
		}
		if m.Opcode != frame.Close {
			t.Fatalf("got %v", m.Opcode)
		}
		eventually(t, "there are receipts", func() bool { return receipts(got) })
		onLoop(conn, func() {
			for i, n := range written {
				if n != i {
					t.Fatalf("receipt %d is for %d", i, n)
				}
			}
			if len(written) != got || got == sent {
				t.Errorf("%d sent, %d received, %d receipts", sent, got, len(written))
			}
		})
	})
}

// neverAppends is a Receipted for which nothing is appended.
type neverAppends struct{ receiptedText }

func (neverAppends) AppendFrame(dst []byte, _ Handler) []byte { return dst }

func TestNoReceiptForNothing(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{})
		r := newRecord()
		c := s.dial(r)
		conn := r.conn(t)
		var written atomic.Int32
		count := func(Handler) { written.Add(1) }
		for range 10 {
			conn.Send(neverAppends{receiptedText{"", count}})
			conn.Send(receiptedText{"x", count})
			conn.Send(neverAppends{receiptedText{"", count}})
			c.wantText("x")
		}
		eventually(t, "there are receipts", func() bool { return written.Load() >= 10 })
		onLoop(conn, func() {})
		if n := written.Load(); n != 10 {
			t.Errorf("%d receipts for 10 frames", n)
		}
	})
}

// An outbox that is never empty forgets what has been written of it, and the
// receipts keep their places.
func TestOutboxIsCompacted(t *testing.T) {
	const window = 120
	body := strings.Repeat("x", 8000)
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1})
		r := newRecord()
		c := s.dialNarrow(r)
		conn := r.conn(t)
		var mu sync.Mutex
		written, received := 0, 0
		for i := range 1000 {
			conn.Send(receiptedText{text(fmt.Sprint(i, " ", body)), func(Handler) {
				mu.Lock()
				defer mu.Unlock()
				if written != i {
					t.Errorf("receipt %d for %d", written, i)
				}
				written++
			}})
			if i < window {
				continue
			}
			c.wantText(fmt.Sprint(received, " ", body))
			received++
			onLoop(conn, func() {
				if conn.out != nil && cap(conn.out.buf) > 4*window*len(body) {
					t.Fatalf("%d bytes for %d that wait", cap(conn.out.buf), conn.out.size())
				}
			})
		}
		for ; received < 1000; received++ {
			c.wantText(fmt.Sprint(received, " ", body))
		}
		eventually(t, "there are 1000 receipts", func() bool { // which may come behind the frames
			mu.Lock()
			defer mu.Unlock()
			return written == 1000
		})
	})
}
