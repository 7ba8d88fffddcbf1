package handshake

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	defaultTimeout    = 10 * time.Second
	defaultMaxPending = 4096
)

// ErrServerClosed is what [Server.Serve] returns after [Server.Close].
var ErrServerClosed = errors.New("handshake: server closed")

// Acceptance is an [Endpoint]'s yes.
type Acceptance struct {
	Protocol string // the chosen subprotocol, "" for none
	Header   Header // further fields of the 101, such as Sec-WebSocket-Extensions

	// Start takes the connection over, and owns it from now on. It must write
	// response (the 101) first; early is what the client sent behind its
	// request, nil if nothing. Both slices belong to Start. The conn is the
	// one that the listener returned, without deadlines; from a
	// *net.TCPListener it may have a method Detach() (fd int, ok bool), which,
	// if ok, hands the bare descriptor over. Start is called once, from a
	// goroutine of the Server that Close waits for, so it returns soon and
	// leaves the rest to goroutines of its own.
	Start func(conn net.Conn, response, early []byte)
}

// Endpoint decides on an upgrade that [Verify] and [CheckOrigin] have passed.
// An error that is a *Rejection is sent as it is, another one as 500 without
// its text. It is called from many goroutines at once, and its time is not
// bounded by the Server. It must not panic.
type Endpoint func(r *Request) (Acceptance, error)

// Server does opening handshakes on listeners, and serves pages beside them.
// Its fields must not change after the first call of Serve; its methods are
// safe for concurrent use.
//
// Handshakes under way are bounded by MaxPending. When as many are under way,
// Serve stops accepting until one is done: further connections wait in the
// kernel's queue, and none is refused. Each is done after Timeout at the
// latest (a rejection may linger for one second more). Accepted upgrades and
// connections handed to the pages do not count.
//
// A head of more than 16 KiB gets 431, one that is not whole after Timeout is
// dropped without an answer.
//
// For TLS, give Serve a listener made by [tls.NewListener]. HTTP/2 is not
// spoken: its Config.NextProtos should be "http/1.1" alone.
type Server struct {
	Endpoints   map[string]Endpoint // by path, such as "/socket"
	Pages       http.Handler        // everything else; nil: 404
	AllowOrigin []string            // for [CheckOrigin]; each is what [ParseOrigin] returns
	Timeout     time.Duration       // for a whole handshake, TLS included; 0: 10 s
	MaxPending  int                 // handshakes under way at once; 0: 4096
	Log         *slog.Logger        // nil: nothing is logged

	// AllowHost is asked for the Host of every request, that for a page too, as
	// [CheckHost] does. It is called from many goroutines at once; nil: any host.
	AllowHost func(host string) bool

	// Observe, if not nil, is called for each connection's upgrade that was
	// accepted (status 101) or refused, with the time since it was accepted, or,
	// on a kept-alive connection, since its request was read. It must not block.
	Observe func(status int, took time.Duration)

	draining  atomic.Bool
	upgrading atomic.Int32 // upgrades that an endpoint decides on, or hands over

	begin   sync.Once
	closing chan struct{} // closed by Close
	slots   chan struct{} // one element for each handshake under way
	pages   *pages

	mu        sync.Mutex
	closed    bool
	listeners map[net.Listener]struct{}
	conns     map[net.Conn]struct{} // what Close has to close: handshakes and pages
	running   sync.WaitGroup        // added to under mu while not closed, or by who is counted already
}

func (s *Server) init() {
	s.closing = make(chan struct{})
	pending := s.MaxPending
	if pending <= 0 {
		pending = defaultMaxPending
	}
	s.slots = make(chan struct{}, pending)
	s.listeners = make(map[net.Listener]struct{})
	s.conns = make(map[net.Conn]struct{})
	s.pages = newPages(s)
	s.running.Go(s.pages.serve)
}

// Drain makes the server answer every request from now on, that for a page too,
// with 503 and Retry-After. Listeners stay open.
func (s *Server) Drain() { s.draining.Store(true) }

// Settle waits until every upgrade that Drain came too late for is refused, or handed
// to its Start, or until ctx is done.
func (s *Server) Settle(ctx context.Context) error {
	const step = 10 * time.Millisecond
	ticker := time.NewTicker(step)
	defer ticker.Stop()
	for s.upgrading.Load() > 0 {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// retryAfter is what Drain's answers ask for, in seconds: the server is about to
// end, and a next one will not be there at once.
const retryAfter = "5"

// drained returns the answer to every request after Drain, and nil before.
func (s *Server) drained() *Rejection {
	if !s.draining.Load() {
		return nil
	}
	return &Rejection{
		Status: http.StatusServiceUnavailable,
		Header: Header{{"Retry-After", retryAfter}},
		Reason: "the server is shutting down",
	}
}

// Close closes the listeners and every connection whose handshake is not done
// or that is with the pages, and waits until all goroutines of the Server have
// ended. Connections that were handed to a Start are not its business. It must
// not be called from an Endpoint, a Start or a page. A second call does
// nothing but wait. The error is that of closing the listeners.
func (s *Server) Close() error {
	s.begin.Do(s.init)
	err := s.shut()
	s.running.Wait()
	return err
}

func (s *Server) shut() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	close(s.closing)
	var errs []error
	for ln := range s.listeners {
		errs = append(errs, ln.Close())
	}
	for conn := range s.conns {
		abort(conn)
	}
	errs = append(errs, s.pages.http.Close())
	return errors.Join(errs...)
}

// abort closes a connection without a word. Closing a *tls.Conn would send an
// alert, and wait up to five seconds for a client that does not read.
func abort(conn net.Conn) {
	if tc, ok := conn.(*tls.Conn); ok {
		conn = tc.NetConn()
	}
	conn.Close()
}

// adopt takes responsibility for a connection that was accepted; it reports
// whether the server is still open.
func (s *Server) adopt(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.conns[conn] = struct{}{}
	s.running.Add(1)
	return true
}

// release gives the responsibility up: the connection is closed, or another's.
func (s *Server) release(conn net.Conn) {
	s.mu.Lock()
	delete(s.conns, conn)
	s.mu.Unlock()
}

func (s *Server) timeout() time.Duration {
	if s.Timeout <= 0 {
		return defaultTimeout
	}
	return s.Timeout
}

func (s *Server) log() *slog.Logger {
	if s.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Log
}
