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
	"time"
)

const (
	// maxHandshakes bounds the TLS handshakes that are under way, for each processor. Each
	// has a goroutine, since crypto/tls cannot suspend one: some 80 KiB with its state.
	maxHandshakes = 32

	// handshakeGrace is how long a client may take to answer while others wait to
	// begin: time for several round trips.
	handshakeGrace = time.Second
)

var errNotTLS = errors.New("loop: no record of a TLS handshake")

// tlsHandshake is a TLS handshake of a connection in a loop. It begins to wait for its turn
// when the header of its first record has come; the rest stays in the kernel. When it is its turn, a
// goroutine runs it: the loop gives it the records that come, and sends those that it makes.
type tlsHandshake struct {
	secure *secure
	config *tls.Config
	from   netip.Addr // the network among which turns are taken; see Network

	// Guarded by the lock of tlsHandshakes.
	in      []byte        // records that have come
	ended   bool          // the connection has
	halfway *list.Element // in tlsHandshakes.halfway; nil: it does not wait for its client
	since   time.Time     // when it began to wait for its client
	turn    chan struct{} // nil before it has begun

	// The goroutine's.
	out  []byte
	scan recordScan // of what crypto/tls has read
}

// tlsHandshakes runs the TLS handshakes. Each takes a millisecond or more of a processor,
// so only a few run at a time, and addresses take turns. When as many as may be are under
// way, the one that has waited longest for its client gives way to the next once its grace
// is over. Safe for concurrent use.
type tlsHandshakes struct {
	mu      sync.Mutex
	most    int             // bound on begun
	free    int             // how many more may run
	begun   int             // under way, running or waiting for their clients
	resumed []*tlsHandshake // begun, and may go on as soon as they may run
	hellos  fairQueue       // not begun
	halfway list.List       // begun, and waiting for their clients: the longest first
	grace   time.Duration
	timer   *time.Timer // runs while the next to begin waits for one to give way
	running *sync.WaitGroup
}

func newTLSHandshakes(running *sync.WaitGroup) *tlsHandshakes {
	// The other half of the processors is for the loops.
	free := max(1, runtime.GOMAXPROCS(0)/2)
	s := &tlsHandshakes{most: maxHandshakes * runtime.GOMAXPROCS(0), grace: handshakeGrace, free: free, hellos: newFairQueue(), running: running}
	s.timer = time.AfterFunc(time.Hour, s.retry)
	s.timer.Stop()
	return s
}

// enqueue has a handshake begin when it is its turn.
func (s *tlsHandshakes) enqueue(h *tlsHandshake) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hellos.push(h)
	s.dispatch()
}

// deliver gives a handshake records that have come.
func (s *tlsHandshakes) deliver(h *tlsHandshake, records []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.in = append(h.in, records...)
	s.resume(h)
	s.dispatch()
}

// abandon ends a handshake whose connection has ended.
func (s *tlsHandshakes) abandon(h *tlsHandshake) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.ended = true
	s.resume(h)
	s.dispatch()
}

// awaits reports whether a handshake waits for its client.
func (s *tlsHandshakes) awaits(h *tlsHandshake) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return h.halfway != nil
}

// resume lets a handshake that waits for its client go on. The lock is held.
func (s *tlsHandshakes) resume(h *tlsHandshake) {
	if h.halfway != nil {
		s.halfway.Remove(h.halfway)
		h.halfway = nil
		s.resumed = append(s.resumed, h)
	}
}

// dispatch runs the handshakes whose turn it is: first those that have begun. The lock is
// held.
func (s *tlsHandshakes) dispatch() {
	for s.free > 0 {
		switch {
		case len(s.resumed) > 0:
			h := s.resumed[0]
			s.resumed[0] = nil
			s.resumed = s.resumed[1:]
			s.free--
			h.turn <- struct{}{}
		case s.hellos.empty():
			return
		case s.full():
			if !s.makeRoom() {
				return
			}
		default:
			if h := s.hellos.pop(); h != nil {
				s.free--
				s.begun++
				h.turn = make(chan struct{}, 1)
				s.running.Go(func() { s.run(h) })
			}
		}
	}
}

// full reports whether as many handshakes are under way as may be. Some places more are for
// addresses that have none. The lock is held.
func (s *tlsHandshakes) full() bool {
	most := s.most
	if len(s.hellos.fresh) > 0 {
		most += most / 4
	}
	return s.begun >= most
}

// makeRoom ends the handshake that has waited longest for its client, if its grace is over.
// If not, dispatch is called again at that time. The lock is held.
func (s *tlsHandshakes) makeRoom() bool {
	oldest := s.halfway.Front()
	if oldest == nil {
		return false // all are running: the first to end makes room
	}
	h := oldest.Value.(*tlsHandshake)
	if left := s.grace - time.Since(h.since); left > 0 {
		s.timer.Reset(left)
		return false
	}
	h.ended = true
	s.resume(h)
	return true
}

func (s *tlsHandshakes) retry() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dispatch()
}

// run is a handshake's goroutine.
func (s *tlsHandshakes) run(h *tlsHandshake) {
	h.secure.tls = tls.Server(h.secure, h.config)
	err := h.secure.tls.Handshake()
	s.mu.Lock()
	s.free++
	s.begun--
	s.hellos.done(h)
	s.dispatch()
	s.mu.Unlock()
	c, out := h.secure.owner, h.out
	c.loop.mail.call(func() { c.shaken(h, out, err) })
}

// read is the Read of crypto/tls during a handshake. When there is nothing to read, it
// sends the records that have been made so far, and waits for the client's answer.
func (h *tlsHandshake) read(p []byte) (int, error) {
	c := h.secure.owner
	s := c.loop.loops.tlsHandshakes
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(h.in) == 0 {
		if h.ended {
			return 0, net.ErrClosed
		}
		out := h.out
		h.out = nil
		c.loop.mail.call(func() { c.sendTLS(out) })
		h.halfway, h.since = s.halfway.PushBack(h), time.Now()
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

// readHandshake reads records from the socket and gives them to the handshake. There are no
// bytes for the connection among them.
func (s *secure) readHandshake() error {
	c, h := s.owner, s.shaking
	handshakes := c.loop.loops.tlsHandshakes
	most := readBuffer
	if h == nil {
		most = recordHeader
	} else if !handshakes.awaits(h) {
		return errAgain
	}
	sealed, err := s.receive(most)
	switch {
	case err != nil:
		return err
	case s.ended:
		return io.ErrUnexpectedEOF
	case h == nil && !startsTLS(sealed):
		return s.refuseClear(sealed)
	}
	records := s.cut(sealed)
	switch {
	case h == nil && len(sealed) == recordHeader:
		shake := c.shake()
		s.shaking = &tlsHandshake{secure: s, config: shake.server.TLS, from: Network(shake.remote.Addr())}
		handshakes.enqueue(s.shaking)
	case len(records) > 0:
		handshakes.deliver(h, records)
	default:
		c.readMore(false)
		return errAgain
	}
	c.loop.touch(c) // it stops reading
	return errAgain
}

// startsTLS reports whether b may be the beginning of a TLS handshake.
func startsTLS(b []byte) bool {
	const handshake, major = 22, 3
	return (len(b) < 1 || b[0] == handshake) && (len(b) < 2 || b[1] == major) &&
		(len(b) < recordHeader || bodyLength(b) > 0 && bodyLength(b) <= maxRecord)
}

// What is said to whoever does not speak TLS.
var (
	speaksHTTP = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n" +
		"this port speaks TLS: expected https:// or wss://\n"
	tooLongRecord = "\x15\x03\x01\x00\x02\x02\x16" // a fatal alert, record_overflow
)

// refuseClear says why a connection ends on which no TLS has begun, and returns the error that
// ends it. first has its first bytes.
func (s *secure) refuseClear(first []byte) error {
	answer := ""
	switch {
	case 'A' <= first[0] && first[0] <= 'Z': // a method
		answer = speaksHTTP
	case len(first) == recordHeader && first[0] == 22 && first[1] == 3 && bodyLength(first) > maxRecord:
		answer = tooLongRecord
	}
	c := s.owner
	s.receive(readBuffer) // what is left unread would reset the connection, and destroy the answer
	if _, err := c.writeSocket([]byte(answer)); err != nil {
		return err
	}
	shake := c.shake()
	shake.server.log().Debug("TLS handshake failed", "remote", shake.remote, "error", errNotTLS)
	return errNotTLS
}

// sendTLS sends records of a handshake, and reads on for it.
func (c *Conn) sendTLS(records []byte) {
	if c.state == gone {
		return
	}
	if len(records) > 0 {
		w := c.waiting()
		w.sealed = append(w.sealed, records...)
	}
	c.readMore(false)
	c.readOnce() // the rest of a first record is there
	c.loop.touch(c)
}

// shaken ends a handshake; last has the records that it has still to send.
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
