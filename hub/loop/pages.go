package loop

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"slices"
	"time"

	"wschat/handshake"
)

const (
	pageIdleTimeout  = 2 * time.Minute
	pageWriteTimeout = time.Minute
	// httpSlop is what http.Server adds to MaxHeaderBytes.
	httpSlop = 4 << 10
)

// pages serves all requests that are not for an endpoint, with a standard http.Server,
// which gets its connections through take.
type pages struct {
	server *Server
	http   http.Server
	queue  chan net.Conn // unbuffered: a connection is either not taken or accepted
	turns  chan struct{} // has one for each request that is being answered, see page_turn.go
}

func newPages(s *Server) *pages {
	p := &pages{server: s, queue: make(chan net.Conn), turns: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
	timeout := s.timeout()
	p.http = http.Server{
		Handler:                      p,
		DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout:            timeout,
		ReadTimeout:                  timeout, // no page wants a body
		WriteTimeout:                 pageWriteTimeout,
		IdleTimeout:                  pageIdleTimeout,
		MaxHeaderBytes:               handshake.MaxHead - httpSlop,
		ErrorLog:                     slog.NewLogLogger(s.log().Handler(), slog.LevelDebug),
		ConnState:                    p.track,
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(ctx, pageKey{}, conn)
		},
	}
	return p
}

// serve runs until the server closes.
func (p *pages) serve() {
	p.http.Serve(pageListener{p}) // its only error is that the listener is closed
}

// take hands over a connection whose first bytes, read, have been read. The caller is a
// goroutine that Server.running counts; from here on the connection is counted itself.
func (p *pages) take(conn net.Conn, read []byte, s *shake) {
	page := &pageConn{Conn: conn, shake: s, held: read}
	if !p.server.admission.move(&s.guest, onPages, page) {
		abort(conn)
		return
	}
	p.server.running.Add(1)
	select {
	case p.queue <- page:
	case <-p.server.closing:
		p.server.running.Done()
		p.server.admission.leave(&s.guest)
		abort(conn)
	}
}

// track is told by http.Server of each connection's state. That of a hijacked one ends in
// ServeHTTP.
func (p *pages) track(conn net.Conn, state http.ConnState) {
	page := conn.(*pageConn)
	switch state {
	case http.StateNew:
		if p.server.isClosing() { // http.Server.Close may not have seen it
			abort(page.Conn)
		}
	case http.StateActive:
		p.server.admission.move(&page.shake.guest, onPages, page)
		page.awaitTurn()
	case http.StateIdle, http.StateHijacked:
		page.endTurn()
	case http.StateClosed:
		p.server.admission.leave(&page.shake.guest)
		p.server.running.Done()
	}
}

// ServeHTTP serves a page, or takes the connection back from net/http for an
// endpoint. Rejections go the same way, so that they are the same.
func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	request := handshake.FromHTTP(r)
	_, isEndpoint := p.server.Endpoints[r.URL.Path]
	refusal := p.refuses(r, request)
	if !isEndpoint && refusal == nil {
		p.page(w, r)
		return
	}
	page, early, err := takeBack(w)
	if err != nil {
		p.server.log().Error("cannot take a connection over", "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	defer p.server.running.Done()
	request.Remote = page.shake.remote
	p.server.comeBack(page, request, refusal, early)
}

// comeBack gives a connection back to a loop, to answer a request on it.
func (s *Server) comeBack(page *pageConn, r *handshake.Request, refusal error, early []byte) {
	l := s.Loops.nextLoop()
	c := &Conn{loop: l, fd: -1, slot: -1, state: shakingHands, handler: page.shake}
	page.Conn.SetDeadline(time.Time{})
	err := c.take(page.Conn)
	if err == nil && s.admission.move(&page.shake.guest, handshaking, c) && l.mail.call(func() { l.beginAgain(c, r, refusal, early) }) {
		return
	}
	s.admission.leave(&page.shake.guest)
	if err == nil {
		c.discard()
	}
}

// refuses returns the reason to reject a request, whatever its path; nil: there is none.
func (p *pages) refuses(r *http.Request, q *handshake.Request) error {
	// http.Server does not count what it had buffered before a head began.
	if headSize(r) > handshake.MaxHead {
		return handshake.ErrHeadTooLong
	}
	if refusal := p.server.drained(); refusal != nil {
		return refusal
	}
	return handshake.CheckHost(q, p.server.AllowHost)
}

// takeBack takes a connection away from net/http, with what was read behind the
// request.
func takeBack(w http.ResponseWriter) (page *pageConn, early []byte, err error) {
	hijacked, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, err
	}
	// The empty lines that were skipped behind the request come first, then the bytes
	// that net/http has buffered, then those that it has not asked for yet. Its
	// background reader has ended, so nobody else reads.
	page = hijacked.(*pageConn)
	buffered, _ := rw.Reader.Peek(rw.Reader.Buffered()) // cannot fail: they are there
	return page, slices.Concat(page.skipped, buffered, page.held), nil
}

// headSize returns the length of the head of r in bytes, without white space around
// values. The Host of an absolute-form target counts instead of the field.
func headSize(r *http.Request) int {
	size := len(r.Method) + len(r.RequestURI) + len("  HTTP/1.1\r\n") + len("Host: \r\n") + len(r.Host) + len("\r\n")
	for name, values := range r.Header {
		for _, value := range values {
			size += len(name) + len(": \r\n") + len(value)
		}
	}
	return size
}

func (p *pages) page(w http.ResponseWriter, r *http.Request) {
	if p.server.Pages == nil {
		http.NotFound(w, r)
		return
	}
	p.server.Pages.ServeHTTP(w, r)
}

// pageListener is the net.Listener between take and http.Server.
type pageListener struct{ *pages }

func (ln pageListener) Accept() (net.Conn, error) {
	select {
	case conn := <-ln.queue:
		return conn, nil
	case <-ln.server.closing:
		return nil, net.ErrClosed
	}
}

// Close does nothing: the server's own Close ends Accept.
func (ln pageListener) Close() error   { return nil }
func (ln pageListener) Addr() net.Addr { return pageAddr{} }

type pageAddr struct{}

func (pageAddr) Network() string { return "pages" }
func (pageAddr) String() string  { return "pages" }
