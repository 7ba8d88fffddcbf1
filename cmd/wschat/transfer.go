package main

import (
	"io"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"wschat/hub/loop"
)

// leastPace is how many bytes of a file must come, or go, in a second, on average.
const leastPace = 8 << 10

// One address may have 1/transferShare of all files on their way.
const transferShare = 4

// transfers bounds the files on their way, up and down: each has a descriptor beside that of its
// connection. Safe for concurrent use.
type transfers struct {
	most int // 0: no limit

	mu    sync.Mutex
	count int
	from  map[netip.Addr]int
}

// newTransfers takes a part of the reserve of descriptors; see limits.
func newTransfers() *transfers {
	return &transfers{most: reserve(descriptors()) / 4, from: make(map[netip.Addr]int)}
}

// begin counts one from an address, until done is called. The error is the rejection of one more.
func (t *transfers) begin(address netip.Addr) (done func(), err error) {
	address = loop.Network(address)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.most > 0 && (t.count >= t.most || t.from[address] >= max(1, t.most/transferShare)) {
		return nil, unavailable("files", "too many files are on their way", "1")
	}
	t.count++
	t.from[address]++
	return sync.OnceFunc(func() { t.end(address) }), nil
}

func (t *transfers) end(address netip.Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count--
	if t.from[address]--; t.from[address] == 0 {
		delete(t.from, address)
	}
}

// underWay returns how many there are.
func (t *transfers) underWay() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count
}

// patience is how long a client may keep a file waiting: as long as it may be silent on a
// WebSocket.
func (s *server) patience() time.Duration { return orForever(2 * s.ping) }

// pace says until when the next bytes of a file must have come or gone.
type pace struct {
	patience time.Duration
	end      time.Time // whatever is under way
}

func newPace(patience time.Duration) pace {
	return pace{patience, time.Now().Add(patience)}
}

// went notes bytes that have come or gone.
func (p *pace) went(n int) { p.end = p.end.Add(time.Duration(n) * time.Second / leastPace) }

func (p *pace) deadline() time.Time {
	next := time.Now().Add(p.patience)
	if next.After(p.end) {
		return p.end
	}
	return next
}

// pacedBody reads the body of an upload while it goes on.
type pacedBody struct {
	io.Reader
	control *http.ResponseController
	pace    pace
	err     error
}

func (b *pacedBody) Read(p []byte) (n int, err error) {
	if err = b.control.SetReadDeadline(b.pace.deadline()); err == nil {
		n, err = b.Reader.Read(p)
	}
	b.pace.went(n)
	if err != nil && n == 0 {
		b.err = err
	}
	return n, err
}

// pacedWriter writes an answer while its client reads.
type pacedWriter struct {
	http.ResponseWriter
	pace pace
}

func (w *pacedWriter) Write(p []byte) (int, error) {
	if err := http.NewResponseController(w.ResponseWriter).SetWriteDeadline(w.pace.deadline()); err != nil {
		return 0, err
	}
	n, err := w.ResponseWriter.Write(p)
	w.pace.went(n)
	return n, err
}
