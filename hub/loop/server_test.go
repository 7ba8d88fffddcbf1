package loop

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"wschat/frame"
	"wschat/frame/frametest"
	"wschat/frame/leaktest"
	"wschat/handshake"
	. "wschat/handshake/handshaketest"
)

// testServer is a Server on a real port, whose endpoint /socket knows the
// subprotocol "chat" and echoes.
type testServer struct {
	*Server
	t        *testing.T
	driver   driver
	addr     string
	requests chan *handshake.Request // of those who were let in
}

// shake starts a server with this driver, and stops it at the end of the test.
func (d driver) shake(t *testing.T, s *Server) *testServer {
	t.Helper()
	ln, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	if d.tls {
		s.TLS = serverConfig()
	}
	return d.shakeOn(t, s, ln, addr)
}

func (d driver) shakeOn(t *testing.T, s *Server, ln net.Listener, addr string) *testServer {
	t.Helper()
	return d.shakeWith(t, s, ln, addr, Config{Loops: 2})
}

func (d driver) shakeWith(t *testing.T, s *Server, ln net.Listener, addr string, config Config) *testServer {
	t.Helper()
	config.Goroutines = d.goroutines
	ls, err := Start(config)
	if err != nil {
		t.Fatal(err)
	}
	ts := &testServer{Server: s, t: t, driver: d, addr: addr, requests: make(chan *handshake.Request, 1000)}
	s.Loops = ls
	if s.Endpoints == nil {
		s.Endpoints = map[string]Endpoint{"/socket": ts.accept}
	}
	if s.Pages == nil {
		s.Pages = http.HandlerFunc(page)
	}
	s.begin.Do(s.init) // tests look at what it makes
	done := make(chan error, 1)
	go func() { done <- s.Serve(ln) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-done; err != ErrServerClosed {
			t.Errorf("Serve returned %v, want ErrServerClosed", err)
		}
		ls.Close()
	})
	return ts
}

func page(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	io.WriteString(w, "page")
}

func (ts *testServer) accept(r *handshake.Request) (Acceptance, error) {
	protocol, err := handshake.SelectProtocol(r, "chat")
	return Acceptance{Protocol: protocol, Enter: func() (Handler, error) {
		ts.requests <- r
		return Echo{}, nil
	}}, err
}

// dial connects to the server, with a deadline for all that follows.
func (ts *testServer) dial() net.Conn {
	ts.t.Helper()
	conn, err := net.Dial("tcp", ts.addr)
	if err != nil {
		ts.t.Fatal(err)
	}
	ts.t.Cleanup(func() { conn.Close() })
	if ts.driver.tls {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	}
	conn.SetDeadline(time.Now().Add(deadline))
	return conn
}

// bothWays runs a test with each driver, on a connection that is new, and on one on
// which a page has been served.
func bothWays(t *testing.T, s func() *Server, test func(t *testing.T, ts *testServer, conn net.Conn, r *bufio.Reader)) {
	forEachDriver(t, func(t *testing.T, d driver) {
		for _, way := range []string{"first", "later"} {
			t.Run(way, func(t *testing.T) {
				ts := d.shake(t, s())
				conn := ts.dial()
				r := bufio.NewReaderSize(conn, 64<<10)
				if way == "later" {
					get(t, conn, r)
				}
				test(t, ts, conn, r)
			})
		}
	})
}

func plain() *Server { return &Server{} }

// get asks for the page, so that the next request is a later one of a kept-alive
// connection.
func get(t *testing.T, conn net.Conn, r *bufio.Reader) {
	t.Helper()
	transmit(t, conn, "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n")
	response, body := receive(t, r, http.MethodGet)
	if response.StatusCode != http.StatusOK || body != "page" {
		t.Fatalf("GET / gave %s %q", response.Status, body)
	}
}

func transmit(t *testing.T, conn net.Conn, s string) {
	t.Helper()
	if _, err := io.WriteString(conn, s); err != nil {
		t.Fatal(err)
	}
}

// receive reads one response with its body.
func receive(t *testing.T, r *bufio.Reader, method string) (*http.Response, string) {
	t.Helper()
	response, err := http.ReadResponse(r, &http.Request{Method: method})
	if err != nil {
		t.Fatalf("reading a response: %v", err)
	}
	if response.StatusCode == http.StatusSwitchingProtocols {
		return response, ""
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("reading the body of %s: %v", response.Status, err)
	}
	return response, string(body)
}

func wantStatus(t *testing.T, r *bufio.Reader, status int) {
	t.Helper()
	if response, body := receive(t, r, http.MethodGet); response.StatusCode != status {
		t.Fatalf("status %d, want %d; body %q", response.StatusCode, status, body)
	}
}

func wantEnd(t *testing.T, r io.Reader) {
	t.Helper()
	if got, err := io.ReadAll(r); err != nil || len(got) > 0 {
		t.Errorf("got %q and %v, want nothing and the end", got, err)
	}
}

// wantEcho reads frames behind a 101.
func wantEcho(t *testing.T, conn net.Conn, r *bufio.Reader, want ...string) {
	t.Helper()
	behind, _ := r.Peek(r.Buffered())
	peer := frametest.NewPeer(conn, frame.Client, behind)
	for _, text := range want {
		if got, err := peer.NextText(); err != nil || got != text {
			t.Fatalf("got %.40q, %v, want %.40q", got, err, text)
		}
	}
}

func TestUpgrade(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		ts := d.shake(t, &Server{})
		for _, row := range Rows {
			t.Run(row.Name, func(t *testing.T) {
				conn := ts.dial()
				runRow(t, &row, ts, conn, bufio.NewReader(conn))
			})
			t.Run(row.Name+", later", func(t *testing.T) {
				conn := ts.dial()
				r := bufio.NewReader(conn)
				get(t, conn, r)
				if row.Later != 0 { // net/http has the first word, and words of its own
					row = Row{Raw: row.Raw, Status: row.Later}
				}
				runRow(t, &row, ts, conn, r)
			})
		}
	})
}

// runRow sends the row's request and checks the response to it.
func runRow(t *testing.T, row *Row, ts *testServer, conn net.Conn, r *bufio.Reader) {
	t.Helper()
	transmit(t, conn, row.Raw)
	method, _, _ := strings.Cut(row.Raw, " ")
	response, body := receive(t, r, method)
	if method == http.MethodHead {
		row.Reason = ""
	}
	row.Check(t, response.StatusCode, response.Header, body)
	if response.StatusCode == http.StatusSwitchingProtocols {
		got := within(t, ts.requests, "the request")
		if got.Remote.String() != conn.LocalAddr().String() {
			t.Errorf("from %v, want %v", got.Remote, conn.LocalAddr())
		}
		transmit(t, conn, string(masked(frame.Text, "hello")))
		wantEcho(t, conn, r, "hello")
		return
	}
	if !response.Close {
		t.Error("no Connection: close")
	}
	wantEnd(t, r)
	if row.Reason == "" {
		return // the response may be one of net/http
	}
	for name, want := range map[string]string{"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"} {
		if got := response.Header.Get(name); got != want || response.Header.Get("Date") == "" || response.Header.Get("Content-Length") == "" {
			t.Errorf("got %v", response.Header)
		}
	}
}

func TestHeadByteByByte(t *testing.T) {
	bothWays(t, plain, func(t *testing.T, ts *testServer, conn net.Conn, r *bufio.Reader) {
		for i := range len(Upgrade) {
			transmit(t, conn, Upgrade[i:i+1])
		}
		wantStatus(t, r, http.StatusSwitchingProtocols)
	})
}

// Frames right behind the request are no less heard than later ones.
func TestEarlyFrames(t *testing.T) {
	for _, size := range []int{1, 100, 3000, 5000, 40000, 200_000} {
		bothWays(t, plain, func(t *testing.T, ts *testServer, conn net.Conn, r *bufio.Reader) {
			texts := []string{"first", strings.Repeat("x", size), "last"}
			raw := Upgrade
			for _, text := range texts {
				raw += string(masked(frame.Text, text))
			}
			go io.WriteString(conn, raw) // more than the buffers may take at once
			wantStatus(t, r, http.StatusSwitchingProtocols)
			wantEcho(t, conn, r, texts...)
		})
	}
}

// A page, an upgrade and frames in one segment: the replayed bytes hold all.
func TestUpgradeBehindPageInOneSegment(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		ts := d.shake(t, &Server{})
		for _, size := range []int{10, 3500, 12000} {
			conn := ts.dial()
			text := strings.Repeat("x", size)
			go io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"+Upgrade+string(masked(frame.Text, text)))
			r := bufio.NewReader(conn)
			wantStatus(t, r, http.StatusOK)
			wantStatus(t, r, http.StatusSwitchingProtocols)
			wantEcho(t, conn, r, text)
		}
	})
}

// RFC 9112 §2.2: empty lines before a request, on a connection that is kept alive,
// and however the bytes are cut. Frames behind an upgrade are not touched.
func TestEmptyLinesBetweenRequests(t *testing.T) {
	const page = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	// As bytes of a head the frame would begin with an empty line.
	frames := string(frame.AppendMaskedFrame(nil, frame.Binary, [4]byte{}, []byte("\r\n\r\nframes")))
	all := "\r\n" + page + "\r\n\r\n" + page + "\r\n" + Upgrade + frames
	forEachDriver(t, func(t *testing.T, d driver) {
		ts := d.shake(t, &Server{})
		for _, cut := range []int{1, 2, 7, len(page) + 1, len(page) + 3, len(all)} {
			conn := ts.dial()
			go func() {
				for rest := all; rest != ""; {
					n := min(cut, len(rest))
					if _, err := io.WriteString(conn, rest[:n]); err != nil {
						return // the responses tell
					}
					rest = rest[n:]
				}
			}()
			r := bufio.NewReader(conn)
			wantStatus(t, r, http.StatusOK)
			wantStatus(t, r, http.StatusOK)
			wantStatus(t, r, http.StatusSwitchingProtocols)
			behind, _ := r.Peek(r.Buffered())
			if m, err := frametest.NewPeer(conn, frame.Client, behind).Next(); err != nil || string(m.Payload) != "\r\n\r\nframes" {
				t.Errorf("cut at %d: got %q, %v", cut, m.Payload, err)
			}
		}
	})
}

func TestHeadLimit(t *testing.T) {
	head := func(size int) string {
		return With("X: " + strings.Repeat("x", size-len(Upgrade)-len("X: \r\n")) + "\r\n")
	}
	for _, row := range []struct{ size, status int }{
		{4096, 101}, {handshake.MaxHead, 101}, {handshake.MaxHead + 1, 431}, {10 * handshake.MaxHead, 431},
	} {
		bothWays(t, plain, func(t *testing.T, ts *testServer, conn net.Conn, r *bufio.Reader) {
			go io.WriteString(conn, head(row.size)) // may be refused half way
			wantStatus(t, r, row.status)
		})
	}
	bothWays(t, plain, func(t *testing.T, ts *testServer, conn net.Conn, r *bufio.Reader) {
		go io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\nX: "+strings.Repeat("x", handshake.MaxHead)+"\r\n\r\n")
		wantStatus(t, r, http.StatusRequestHeaderFieldsTooLarge)
	})
}

// What cannot be the beginning of a head is not waited for.
func TestGarbageIsAnsweredAtOnce(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		ts := d.shake(t, &Server{Timeout: time.Hour})
		for _, raw := range []string{"\n", "\rG", strings.Repeat("\r\n", 4) + "\r", "GET / HTTP/1.1\nHost", "nonsense\r\n\r\n", "\x16\x03\x01\x02\x00\x01", "\x00"} {
			conn := ts.dial()
			transmit(t, conn, raw)
			wantStatus(t, bufio.NewReader(conn), http.StatusBadRequest)
		}
	})
}

func TestIncompleteHeadIsDroppedSilently(t *testing.T) {
	short := func() *Server { return &Server{Timeout: 200 * time.Millisecond} }
	for _, raw := range []string{RequestLine, Upgrade[:len(Upgrade)-2]} {
		bothWays(t, short, func(t *testing.T, ts *testServer, conn net.Conn, r *bufio.Reader) {
			transmit(t, conn, raw)
			wantEnd(t, endless{r})
		})
	}
	// A later request that breaks off within its first line is another matter:
	// to net/http fewer than four bytes are an idle connection still, and more
	// are a line, which it calls bad.
	forEachDriver(t, func(t *testing.T, d driver) {
		for _, raw := range []string{"", "G", "GET /"} {
			conn := d.shake(t, short()).dial()
			transmit(t, conn, raw)
			wantEnd(t, endless{conn})
		}
	})
}

// endless is a reader to which a connection that is dropped has ended, whether TLS
// has said so or not.
type endless struct{ io.Reader }

func (e endless) Read(p []byte) (int, error) {
	n, err := e.Reader.Read(p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

func TestEndpointErrors(t *testing.T) {
	full := &handshake.Rejection{Status: 503, Header: handshake.Header{{Name: "Retry-After", Value: "5\r\nX: y"}}, Reason: "the server is full"}
	secret := errors.New("secret")
	fails := func(err error) func() (Handler, error) { return func() (Handler, error) { return nil, err } }
	endpoints := map[string]Endpoint{
		"/full":  func(*handshake.Request) (Acceptance, error) { return Acceptance{}, full },
		"/bad":   func(*handshake.Request) (Acceptance, error) { return Acceptance{}, secret },
		"/enter": func(*handshake.Request) (Acceptance, error) { return Acceptance{Enter: fails(full)}, nil },
		"/wait": func(*handshake.Request) (Acceptance, error) {
			return Acceptance{Enter: fails(full), MayBlock: true}, nil
		},
	}
	for path, want := range map[string]int{"/full": 503, "/bad": 500, "/enter": 503, "/wait": 503} {
		bothWays(t, func() *Server { return &Server{Endpoints: endpoints} },
			func(t *testing.T, ts *testServer, conn net.Conn, r *bufio.Reader) {
				transmit(t, conn, Instead("/socket", path))
				response, body := receive(t, r, http.MethodGet)
				if response.StatusCode != want || strings.Contains(body, "secret") {
					t.Errorf("got %d %q", response.StatusCode, body)
				}
				if got := response.Header.Get("Retry-After"); want == 503 && (got != "5  X: y" || body != "the server is full\n") {
					t.Errorf("%q, Retry-After: %q, want it on one line", body, got)
				}
			})
	}
}

// first is a handler that says something in Open.
type first struct{ Echo }

func (first) Open(c *Conn) {
	c.Write(frame.Text, []byte("welcome"))
	src := &source{name: "pulled", n: 1}
	c.Pull(src.next)
}

// The 101 has what was agreed on, and what the handler says first comes with it.
func TestAcceptance(t *testing.T) {
	endpoint := func(*handshake.Request) (Acceptance, error) {
		return Acceptance{
			Header: handshake.Header{{Name: "Sec-WebSocket-Extensions", Value: "permessage-deflate"}},
			Enter:  func() (Handler, error) { return first{}, nil },
		}, nil
	}
	bothWays(t, func() *Server { return &Server{Endpoints: map[string]Endpoint{"/socket": endpoint}} },
		func(t *testing.T, ts *testServer, conn net.Conn, r *bufio.Reader) {
			transmit(t, conn, Upgrade+string(masked(frame.Text, "early")))
			response, _ := receive(t, r, http.MethodGet)
			if got := response.Header.Get("Sec-WebSocket-Extensions"); got != "permessage-deflate" {
				t.Errorf("Sec-WebSocket-Extensions: %q", got)
			}
			if r.Buffered() < len("welcome pulled 0") {
				t.Error("not all came with the 101")
			}
			wantEcho(t, conn, r, "welcome", "pulled 0", "early")
		})
}

// The answer arrives although the client has sent much more than was read.
func TestRejectionSurvivesUnreadBytes(t *testing.T) {
	bothWays(t, plain, func(t *testing.T, ts *testServer, conn net.Conn, r *bufio.Reader) {
		transmit(t, conn, Without(KeyLine)+strings.Repeat("x", 200<<10))
		wantStatus(t, r, http.StatusBadRequest)
		wantEnd(t, r)
	})
}

func TestPagesOfEveryMethodAndForm(t *testing.T) {
	for _, row := range []struct {
		request string
		status  int
	}{
		{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200},
		{"GET / HTTP/1.0\r\n\r\n", 200},
		{"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 200},
		{"GET http://a HTTP/1.1\r\nHost: a\r\n\r\n", 200},
		{"GET http://a?b HTTP/1.1\r\nHost: a\r\n\r\n", 200},
		{"OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n", 404},
		{"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 200},
		{"\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		{"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404},
		{"BREW /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404},
		{"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 404},
		{"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 404},
		{"GET / HTTP/1.1\r\n\r\n", 400},
	} {
		bothWays(t, plain, func(t *testing.T, ts *testServer, conn net.Conn, r *bufio.Reader) {
			transmit(t, conn, row.request)
			wantStatus(t, r, row.status)
		})
	}
}

// PROTOCOL 1, Host: every path asks for it: endpoints and pages, first and later
// requests.
func TestHostOfEveryPath(t *testing.T) {
	evil := "Host: evil.example\r\n"
	for _, row := range []struct {
		name, raw string
		status    int
	}{
		{"an upgrade", Instead(HostLine, evil), 421},
		{"no upgrade", RequestLine + evil + "\r\n", 421},
		{"another method", "POST /socket HTTP/1.1\r\n" + evil + "\r\n", 421},
		{"a page", "GET / HTTP/1.1\r\n" + evil + "\r\n", 421},
		{"a path that nobody knows", "GET /nothing HTTP/1.1\r\n" + evil + "\r\n", 421},
		{"the target's host is what counts (RFC 9112 §3.2.2)", "GET http://evil.example/ HTTP/1.1\r\n" + HostLine + "\r\n", 421},
		{"the field beside a target is ignored", "GET http://example.com/nothing HTTP/1.1\r\n" + evil + "\r\n", 404},
		{"no Host comes first", "GET / HTTP/1.1\r\n\r\n", 400},
		{"two Hosts", With(evil), 400},
		{"HTTP/1.0 has none (a balancer's check)", "GET / HTTP/1.0\r\n\r\n", 200},
		{"no host at all", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
		{"the right one", Upgrade, 101},
	} {
		bothWays(t, func() *Server {
			return &Server{AllowHost: func(host string) bool { return host == "example.com" }}
		}, func(t *testing.T, ts *testServer, conn net.Conn, r *bufio.Reader) {
			transmit(t, conn, row.raw)
			if response, body := receive(t, r, http.MethodGet); response.StatusCode != row.status {
				t.Errorf("%s: got %s %q, want %d", row.name, response.Status, body, row.status)
			}
		})
	}
}

// Anything while draining gets 503 with Retry-After, on open connections too.
func TestDrainRefusesEverything(t *testing.T) {
	for _, request := range []string{
		Upgrade,
		"GET /socket HTTP/1.1\r\nHost: example.com\r\n\r\n",
		"POST /socket HTTP/1.1\r\nHost: example.com\r\nContent-Length: 0\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n",
		"GET /nowhere HTTP/1.1\r\nHost: example.com\r\n\r\n",
	} {
		bothWays(t, plain, func(t *testing.T, ts *testServer, conn net.Conn, r *bufio.Reader) {
			if err := ts.Loops.Drain(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
			transmit(t, conn, request)
			response, body := receive(t, r, http.MethodGet)
			if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" || body == "" {
				t.Errorf("%q: got %s, Retry-After %q, body %q", request, response.Status, response.Header.Get("Retry-After"), body)
			}
		})
	}
}

func TestServerCloseEndsEverything(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		ts := d.shake(t, &Server{Timeout: time.Hour})
		silent, half, idle, rejected := ts.dial(), ts.dial(), ts.dial(), ts.dial()
		transmit(t, half, Upgrade[:50])
		get(t, idle, bufio.NewReader(idle))
		transmit(t, rejected, Without(KeyLine))
		wantStatus(t, bufio.NewReader(rejected), http.StatusBadRequest)
		chatting := ts.dial()
		transmit(t, chatting, Upgrade)
		r := bufio.NewReader(chatting)
		wantStatus(t, r, http.StatusSwitchingProtocols)
		eventually(t, "all are accepted", func() bool { return ts.admission.count() >= 3 }) // the rejected one may be gone
		if err := ts.Close(); err != nil {
			t.Fatal(err)
		}
		if n := ts.admission.count(); n > 0 {
			t.Errorf("Close has returned, but %d connections have a place", n)
		}
		// Who has told Close that it is done may be seen once more on its way out.
		eventually(t, "all goroutines have ended", func() bool {
			return !slices.ContainsFunc(leaktest.Stacks(), func(stack string) bool {
				return strings.Contains(stack, "loop.(*Server)") || strings.Contains(stack, "loop.(*pages)")
			})
		})
		for name, conn := range map[string]net.Conn{"silent": silent, "half": half, "idle": idle} {
			if _, err := conn.Read(make([]byte, 1)); err == nil || isTimeout(err) {
				t.Errorf("%s: %v, want the end", name, err)
			}
		}
		transmit(t, chatting, string(masked(frame.Text, "still here")))
		wantEcho(t, chatting, r, "still here")
		if err := ts.Close(); err != nil {
			t.Errorf("the second Close: %v", err)
		}
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := ts.Serve(ln); err != ErrServerClosed {
			t.Errorf("Serve after Close: %v", err)
		}
		if conn, err := net.Dial("tcp", ln.Addr().String()); err == nil {
			conn.Close()
			t.Errorf("Serve after Close leaves the listener open")
		}
	})
}

// count is how many connections have a guest's place.
func (a *admission) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.guests
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}
