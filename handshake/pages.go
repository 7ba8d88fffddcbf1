package handshake

import (
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"time"
)

const (
	pageIdleTimeout  = 2 * time.Minute
	pageWriteTimeout = time.Minute
	// httpSlop is what http.Server adds to MaxHeaderBytes.
	httpSlop = 4 << 10
)

// pages serves what is not an upgrade with a standard http.Server, which gets
// its connections through take.
type pages struct {
	server *Server
	http   http.Server
	queue  chan net.Conn // unbuffered: a connection is either not taken or accepted
}

func newPages(s *Server) *pages {
	p := &pages{server: s, queue: make(chan net.Conn)}
	p.http = http.Server{
		Handler:                      p,
		DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout:            s.timeout(),
		ReadTimeout:                  s.timeout(), // no page wants a body
		WriteTimeout:                 pageWriteTimeout,
		IdleTimeout:                  pageIdleTimeout,
		MaxHeaderBytes:               maxHead - httpSlop,
		ErrorLog:                     slog.NewLogLogger(s.log().Handler(), slog.LevelDebug),
		ConnState:                    p.track,
	}
	return p
}

// serve runs until the server closes.
func (p *pages) serve() {
	p.http.Serve(pageListener{p}) // its only error is that the listener is closed
}

// take hands a connection over whose first bytes, read, have been read. It is
// called from a handshake, which the server counts; from here the connection
// is counted on its own.
func (p *pages) take(conn net.Conn, read []byte) {
	page := &pageConn{Conn: conn, server: p.server, held: append([]byte(nil), read...)}
	var handed net.Conn = page
	if tc, ok := conn.(*tls.Conn); ok {
		handed = &tlsPageConn{page, tc}
	}
	conn.SetDeadline(time.Time{}) // http.Server has its own
	p.server.running.Add(1)
	select {
	case p.queue <- handed:
	case <-p.server.closing:
		p.server.running.Done()
		p.server.drop(conn)
	}
}

// track hears when http.Server is done with a connection that it kept. One
// that was hijacked ends in ServeHTTP.
func (p *pages) track(conn net.Conn, state http.ConnState) {
	if state == http.StateClosed {
		p.server.release(unwrap(conn).Conn)
		p.server.running.Done()
	}
}

// ServeHTTP serves a page, or takes the connection back from net/http for an
// endpoint. Rejections go the same way, so that they are the same.
func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setPath(r.Method, r.URL)
	endpoint, isEndpoint := p.server.Endpoints[r.URL.Path]
	refusal := p.refuses(r)
	if !isEndpoint && refusal == nil {
		p.page(w, r)
		return
	}
	began := time.Now()
	conn, early, err := takeBack(w)
	if err != nil {
		p.server.log().Error("cannot take a connection over", "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	defer p.server.running.Done()
	if refusal != nil {
		p.server.refuse(conn, r.Method, refusal, began)
		return
	}
	request := FromHTTP(r)
	request.Remote = conn.RemoteAddr()
	p.server.upgrade(conn, request, endpoint, early, began)
}

// refuses returns why a request is answered by none of the pages, nor by an
// endpoint; nil if nothing is wrong.
func (p *pages) refuses(r *http.Request) *Rejection {
	// http.Server does not count what it had buffered before a head began.
	if headSize(r) > maxHead {
		return headTooLong()
	}
	if refusal := p.server.drained(); refusal != nil {
		return refusal
	}
	if err := CheckHost(&Request{Host: r.Host}, p.server.AllowHost); err != nil {
		return asRejection(err)
	}
	return nil
}

// takeBack takes a connection away from net/http. It returns the one that the
// listener accepted, and what was read behind the request.
func takeBack(w http.ResponseWriter) (conn net.Conn, early []byte, err error) {
	hijacked, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, err
	}
	// First what was skipped behind the request, then what net/http has buffered,
	// then what it has not asked for yet.
	// Its reader in the background has ended, so nobody else reads.
	buffered, _ := rw.Reader.Peek(rw.Reader.Buffered()) // what is there can be peeked at
	page := unwrap(hijacked)
	early = append(early, page.skipped...)
	early = append(early, buffered...)
	early = append(early, page.held...)
	return page.Conn, early, nil
}

// headSize returns how long the head of r was, but for white space around
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
