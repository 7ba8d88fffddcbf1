package loop

import (
	"container/list"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime"
	"sync"
)

// maxHandshakes is how many handshakes of TLS may have begun and not be done. Each
// has a goroutine, since crypto/tls cannot pause one: some 30 KiB with its state.
const maxHandshakes = 512

var errNotTLS = errors.New("loop: no record of a TLS handshake")

// tlsHandshake is a handshake of TLS in a loop. Until its first record is there it
// is a few bytes of that; then it is run by a goroutine, to which the loop gives
// what comes and from which it takes what is to be sent.
type tlsHandshake struct {
	secure *secure
	config *tls.Config
	from   netip.Addr // the network whose turn it takes

	// Guarded by the lock of shakers.
	in      []byte // records that have come
	ended   bool   // the connection has
	queued  bool   // its first record has come
	halfway *list.Element
	turn    chan struct{} // nil before it has begun

	// The goroutine's.
	out  []byte
	scan recordScan // of what crypto/tls has read
}

// shakers runs the handshakes of TLS. They take a processor each for a millisecond
// or more in all, so only some run at a time, and addresses take turns. When too
// many wait for their clients, the one that has waited longest gives way. Safe for
// concurrent use.
type shakers struct {
	mu      sync.Mutex
	most    int // that may have begun
	free    int // how many more may run
	begun   int
	resumed []*tlsHandshake // begun, and may go on as soon as they may run
	hellos  fairQueue       // not begun
	halfway list.List       // begun, and waiting for their clients: the longest first
	running *sync.WaitGroup
}

func newShakers(running *sync.WaitGroup) *shakers {
	// The loops want to run, too.
	free := max(1, runtime.GOMAXPROCS(0)/2)
	return &shakers{most: maxHandshakes, free: free, hellos: fairQueue{by: make(map[netip.Addr][]*tlsHandshake)}, running: running}
}

// deliver gives a handshake records that have come.
func (s *shakers) deliver(h *tlsHandshake, records []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.in = append(h.in, records...)
	if !h.queued {
		h.queued = true
		s.hellos.push(h)
	}
	s.resume(h)
	s.dispatch()
}

// abandon ends a handshake whose connection has ended.
func (s *shakers) abandon(h *tlsHandshake) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.ended = true
	s.resume(h)
	s.dispatch()
}

// hasUnread reports whether a handshake has yet to read what it was given.
func (s *shakers) hasUnread(h *tlsHandshake) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(h.in) > 0
}

// resume lets a handshake that waits for its client go on. The lock is held.
func (s *shakers) resume(h *tlsHandshake) {
	if h.halfway != nil {
		s.halfway.Remove(h.halfway)
		h.halfway = nil
		s.resumed = append(s.resumed, h)
	}
}

// dispatch lets run whose turn it is. The lock is held.
func (s *shakers) dispatch() {
	for ; s.free > 0; s.free-- {
		if len(s.resumed) > 0 {
			h := s.resumed[0]
			s.resumed[0] = nil
			s.resumed = s.resumed[1:]
			h.turn <- struct{}{}
			continue
		}
		h := s.hellos.pop()
		if h == nil {
			return
		}
		if oldest := s.halfway.Front(); oldest != nil && s.begun >= s.most {
			out := oldest.Value.(*tlsHandshake)
			out.ended = true
			s.resume(out) // to its end, ahead of others that have not begun
		}
		s.begun++
		h.turn = make(chan struct{}, 1)
		s.running.Go(func() { s.run(h) })
	}
}

// run is a handshake's goroutine.
func (s *shakers) run(h *tlsHandshake) {
	h.secure.tls = tls.Server(h.secure, h.config)
	err := h.secure.tls.Handshake()
	s.mu.Lock()
	s.free++
	s.begun--
	s.dispatch()
	s.mu.Unlock()
	c, out := h.secure.owner, h.out
	c.loop.mail.call(func() { c.shaken(h, out, err) })
}

// read is what crypto/tls reads from during a handshake. When there is nothing, it
// sends what has been said so far and waits for the answer.
func (h *tlsHandshake) read(p []byte) (int, error) {
	c := h.secure.owner
	s := c.loop.loops.shakers
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(h.in) == 0 {
		if h.ended {
			return 0, net.ErrClosed
		}
		out := h.out
		h.out = nil
		c.loop.mail.call(func() { c.sendTLS(out) })
		h.halfway = s.halfway.PushBack(h)
		s.free++
		s.dispatch()
		s.mu.Unlock()
		<-h.turn
		s.mu.Lock()
	}
	n := copy(p[:min(len(p), h.scan.rest())], h.in) // none of the next record
	h.scan.pass(p[:n])
	if h.in = h.in[n:]; len(h.in) == 0 {
		h.in = nil
	}
	return n, nil
}

// listen takes what has come for a handshake. Nothing of it is for the connection.
func (s *secure) listen() error {
	c := s.owner
	sealed, err := s.receive()
	if err != nil {
		return err
	}
	if s.ended {
		return io.ErrUnexpectedEOF
	}
	h := s.shaking
	if !h.queued && !startsTLS(sealed) {
		return errNotTLS
	}
	records := s.cut(sealed)
	if len(records) == 0 {
		c.readMore(false)
		return errAgain
	}
	c.loop.loops.shakers.deliver(h, records)
	c.loop.touch(c) // it stops reading
	return errAgain
}

// startsTLS reports whether b may be the beginning of a TLS handshake.
func startsTLS(b []byte) bool {
	const handshake, major = 22, 3
	return (len(b) < 1 || b[0] == handshake) && (len(b) < 2 || b[1] == major) &&
		(len(b) < recordHeader || bodyLength(b) <= maxRecord)
}

// sendTLS sends what a handshake says, which reads on then.
func (c *Conn) sendTLS(records []byte) {
	if c.state == gone {
		return
	}
	if len(records) > 0 {
		w := c.waiting()
		w.sealed = append(w.sealed, records...)
	}
	c.readMore(false)
	c.loop.touch(c)
}

// shaken is the end of a handshake.
func (c *Conn) shaken(h *tlsHandshake, last []byte, err error) {
	if c.state == gone {
		return
	}
	s := c.secure()
	s.shaking = nil
	if len(last) > 0 {
		s.Write(last)
	}
	if err != nil {
		shake := c.shake()
		shake.server.log().Debug("TLS handshake failed", "remote", shake.remote, "error", err)
		c.vanished()
		return
	}
	s.established()
	s.partial = append(h.in, s.partial...) // what came right behind
	c.loop.touch(c)
}

// fairQueue is handshakes in the order in which they came, but for that addresses
// take turns.
type fairQueue struct {
	by    map[netip.Addr][]*tlsHandshake
	turns []netip.Addr // those that have some
}

func (q *fairQueue) push(h *tlsHandshake) {
	if len(q.by[h.from]) == 0 {
		q.turns = append(q.turns, h.from)
	}
	q.by[h.from] = append(q.by[h.from], h)
}

// pop returns the next whose connection has not ended meanwhile, nil if there is
// none.
func (q *fairQueue) pop() *tlsHandshake {
	for len(q.turns) > 0 {
		from := q.turns[0]
		q.turns = q.turns[1:]
		h := q.by[from][0]
		if rest := q.by[from][1:]; len(rest) > 0 {
			q.by[from] = rest
			q.turns = append(q.turns, from)
		} else {
			delete(q.by, from)
		}
		if !h.ended {
			return h
		}
	}
	return nil
}
