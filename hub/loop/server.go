package loop

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"wschat/frame"
	"wschat/handshake"
)

const defaultTimeout = 10 * time.Second

// ErrServerClosed is what [Server.Serve] returns after [Server.Close].
var ErrServerClosed = errors.New("loop: server closed")

// Endpoint decides on an upgrade that [handshake.Verify], CheckHost and CheckOrigin
// have passed. An error that is a *handshake.Rejection is sent as it is, another one
// as 500 without its text. It is called on the loops, many at once: it must not
// block, nor panic.
type Endpoint func(r *handshake.Request) (Acceptance, error)

// Acceptance is the answer of an Endpoint that accepts an upgrade.
type Acceptance struct {
	Protocol string           // the chosen subprotocol, "" for none
	Header   handshake.Header // further fields of the 101, such as Sec-WebSocket-Extensions
	Deflate  *frame.Deflate   // the parameters of compression; nil: none
	Metered  bool             // Config.Rate holds for the connection

	// Enter returns the connection's handler. It is called when the connection has a
	// user's place. Its error is answered like one of the Endpoint. If MayBlock is set,
	// Enter is called on a goroutine of the Server; if the connection has ended
	// meanwhile, Abandon gets the handler.
	Enter    func() (Handler, error)
	MayBlock bool
	Abandon  func(Handler) // only with MayBlock
}

// Server accepts connections for Loops, does their handshakes there, and serves
// pages beside them. Its fields must not change after the first call of Serve; its
// methods are safe for concurrent use.
//
// A connection in its handshake is in its loop like any other, and costs some hundred
// bytes and the part of its request that has come. [Limits] bounds their number. A head of
// more than 16 KiB gets 431; a connection whose request is not whole after Timeout is
// ended without an answer.
//
// HTTP/2 is not spoken. Pages are not told of TLS: their Request.TLS is nil.
type Server struct {
	Loops       *Loops
	Endpoints   map[string]Endpoint // by path, such as "/socket"
	Pages       http.Handler        // everything else; nil: 404
	AllowOrigin []string            // for [handshake.CheckOrigin]
	Timeout     time.Duration       // until the request is whole, TLS included; 0: 10 s
	Limits      Limits
	TLS         *tls.Config  // nil: in the clear; its NextProtos should be "http/1.1" alone
	Log         *slog.Logger // nil: nothing is logged

	// AllowHost decides on the Host of every request, even that for a page; see
	// [handshake.CheckHost]. It is called from many goroutines at once; nil: any host.
	AllowHost func(host string) bool

	// Observe, if not nil, is called for each upgrade that succeeded (refused is nil) or
	// was refused. from is the client's address; took is the time since the connection was
	// accepted or, on a kept-alive connection, since the request was read. It must not block.
	Observe func(refused *handshake.Rejection, from netip.Addr, took time.Duration)

	begin     sync.Once
	closing   chan struct{} // closed by Close
	admission *admission
	entries   entries
	pages     *pages

	mu        sync.Mutex
	closed    bool
	listeners map[net.Listener]struct{} // those that goroutines accept on
	running   sync.WaitGroup            // added to under mu while not closed, or by who is counted already
}

func (s *Server) init() {
	s.closing = make(chan struct{})
	s.admission = newAdmission(s.Limits)
	s.listeners = make(map[net.Listener]struct{})
	s.pages = newPages(s)
	s.running.Go(s.pages.serve)
}

// retryAfter is the Retry-After of answers during Loops.Drain, in seconds: the server is
// about to end, and its successor will not be there at once.
const retryAfter = "5"

// drained returns the answer to every request during Loops.Drain, else nil.
func (s *Server) drained() *handshake.Rejection {
	if !s.Loops.draining.Load() {
		return nil
	}
	return unavailable("draining", "the server is shutting down", retryAfter)
}

// full returns the answer to a connection for which there is no place.
func full(kind, reason string) error { return unavailable(kind, reason, "30") }

func unavailable(kind, reason, retryAfter string) *handshake.Rejection {
	return &handshake.Rejection{
		Status: http.StatusServiceUnavailable,
		Header: handshake.Header{{Name: "Retry-After", Value: retryAfter}},
		Reason: reason,
		Kind:   kind,
	}
}

// Close closes the listeners and every connection that is in its handshake or with the
// pages, and waits until all goroutines of the Server have ended. It leaves open
// WebSocket connections to Loops.Close, which comes after it. It must not be called from
// an Endpoint, a Handler or a page. A second call only waits. The error is that of
// closing the listeners.
func (s *Server) Close() error {
	s.begin.Do(s.init)
	err := s.shut()
	s.Loops.ask(func(l *Loop) { l.forsake(s) })
	s.entries.ended.Wait()
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
		if err := ln.Close(); !errors.Is(err, net.ErrClosed) { // a loop has taken it over
			errs = append(errs, err)
		}
	}
	errs = append(errs, s.pages.http.Close())
	return errors.Join(errs...)
}

// forsake ends the handshakes and the acceptors of a server that closes.
func (l *Loop) forsake(s *Server) {
	for _, c := range l.conns {
		if c == nil {
			continue
		}
		if shake := c.shake(); shake != nil && shake.server == s {
			c.vanished()
		}
	}
	l.stopAccepting(s)
}

func (s *Server) isClosing() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

func (s *Server) timeout() time.Duration {
	if s.Timeout <= 0 {
		return defaultTimeout
	}
	return s.Timeout
}

// observe tells that c is a WebSocket connection now, or is refused. r is the request, nil
// if it is not at hand.
func (s *Server) observe(c *Conn, r *handshake.Request, refused *handshake.Rejection) {
	if s.Observe == nil {
		return
	}
	shake := c.shake()
	from := shake.remote.Addr()
	switch {
	case c.from != nil:
		from = c.from.ip
	case r != nil:
		from = s.admission.client(r)
	}
	s.Observe(refused, from, time.Duration(c.loop.clock.exact()-shake.began))
}

func (s *Server) log() *slog.Logger {
	if s.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Log
}
