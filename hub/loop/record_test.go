package loop

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"wschat/frame"
)

// record is a Handler that notes what it is told, and may do something then. It
// is for one connection.
type record struct {
	onOpen    func(c *Conn)
	onMessage func(c *Conn, text string)
	onClosed  func(c *Conn)

	opened chan *Conn
	closed chan frame.CloseCode
	mu     sync.Mutex
	events []string
}

func newRecord() *record {
	return &record{opened: make(chan *Conn, 2), closed: make(chan frame.CloseCode, 2)}
}

func (r *record) Open(c *Conn) {
	r.note("open")
	if r.onOpen != nil {
		r.onOpen(c)
	}
	r.opened <- c
}

func (r *record) Message(c *Conn, op frame.Opcode, payload []byte) {
	if len(payload) > 40 {
		r.note(fmt.Sprintf("%v of %d bytes", op, len(payload)))
	} else {
		r.note(fmt.Sprintf("%v %s", op, payload))
	}
	if r.onMessage != nil {
		r.onMessage(c, string(payload))
	}
}

func (r *record) Closed(c *Conn, code frame.CloseCode) {
	r.note(fmt.Sprintf("closed %d", code))
	if r.onClosed != nil {
		r.onClosed(c)
	}
	r.closed <- code
}

func (r *record) note(event string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, event)
}

func (r *record) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// conn waits for Open.
func (r *record) conn(t testing.TB) *Conn { t.Helper(); return within(t, r.opened, "open") }

// code waits for Closed.
func (r *record) code(t testing.TB) frame.CloseCode { t.Helper(); return within(t, r.closed, "closed") }

func within[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(deadline):
		t.Fatalf("in vain waited for %s", what)
		panic("not reached")
	}
}

// wantEvents expects that after the end of the connection these, and no others,
// have been told.
func (r *record) wantEvents(t testing.TB, ls *Loops, want ...string) {
	t.Helper()
	r.code(t)
	eventually(t, "no connection is left", func() bool { return ls.Len() == 0 })
	if got := r.all(); !slices.Equal(got, want) {
		t.Errorf("told %q\nwant %q", got, want)
	}
}

// text is an Item for everyone.
type text string

func (x text) AppendFrame(dst []byte, _ Handler) []byte {
	dst = frame.AppendHeader(dst, frame.Header{Fin: true, Opcode: frame.Text, Length: int64(len(x))})
	return append(dst, x...)
}

func (x text) Size() int { return len(x) }

// receiptedText is a text that calls written.
type receiptedText struct {
	text
	written func(to Handler)
}

func (x receiptedText) Receipt() Receipt   { return x }
func (x receiptedText) Written(to Handler) { x.written(to) }

// onLoop runs f on c's loop and waits for it.
func onLoop(c *Conn, f func()) { c.loop.do(f) }

func (l *Loop) do(f func()) {
	done := make(chan struct{})
	if l.mail.call(func() { f(); close(done) }) {
		<-done
	}
}

// hold stops l until release is called, which may be done twice.
func (l *Loop) hold() (release func()) {
	stop := make(chan struct{})
	started := make(chan struct{})
	l.mail.call(func() { close(started); <-stop })
	<-started
	return sync.OnceFunc(func() { close(stop) })
}

// pass makes as many ticks pass as there are in d.
func (ls *Loops) pass(d time.Duration) {
	for range d / ls.tickPeriod() {
		for _, l := range ls.loops {
			l.do(l.tick)
		}
	}
}
