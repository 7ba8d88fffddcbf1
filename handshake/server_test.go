package handshake

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wschat/hub/leaktest"
)

// both runs a test with a connection that is new, and with one on which a page
// has been served.
func both(t *testing.T, s func() *Server, test func(t *testing.T, ts *testServer, conn net.Conn, r *bufio.Reader)) {
	for _, way := range []string{"first", "later"} {
		t.Run(way, func(t *testing.T) {
			ts := startServer(t, s(), nil)
			conn := ts.dial()
			r := bufio.NewReaderSize(conn, 64<<10)
			if way == "later" {
				get(t, conn, r)
			}
			test(t, ts, conn, r)
		})
	}
}

func plain() *Server { return &Server{} }

func wantStatus(t *testing.T, r *bufio.Reader, status int) {
	t.Helper()
	if response, body := receive(t, r, http.MethodGet); response.StatusCode != status {
		t.Fatalf("status %d, want %d; body %q", response.StatusCode, status, body)
	}
}

func TestHeadByteByByte(t *testing.T) {
	both(t, plain, func(t *testing.T, ts *testServer, conn net.Conn, r *bufio.Reader) {
		for i := range len(upgrade) {
			send(t, conn, upgrade[i:i+1])
		}
		wantStatus(t, r, http.StatusSwitchingProtocols)
		ts.started()
	})
}

func TestEarlyBytes(t *testing.T) {
	for _, size := range []int{0, 1, 100, 3000, 5000, 40000} {
		both(t, plain, func(t *testing.T, ts *testServer, conn net.Conn, r *bufio.Reader) {
			frames := strings.Repeat("frames!\x00\xff\r\n\r\n", 1+size/13)[:size]
			go io.WriteString(conn, upgrade+frames+"end") // more than the buffers may take at once
			wantStatus(t, r, http.StatusSwitchingProtocols)
			st := ts.started()
			if st.early != nil && len(st.early) == 0 {
				t.Error("early is empty, want nil")
			}
			got := append([]byte(nil), st.early...)
			for len(got) < len(frames)+3 {
				more := make([]byte, 8<<10)
				st.conn.SetReadDeadline(time.Now().Add(patience))
				n, err := st.conn.Read(more)
				if err != nil {
					t.Fatalf("after %d bytes: %v", len(got), err)
				}
				got = append(got, more[:n]...)
			}
			if string(got) != frames+"end" {
				t.Errorf("of %d bytes others came", size+3)
			}
		})
	}
}

// A page, an upgrade and frames in one segment: the replayed bytes hold all.
func TestUpgradeBehindPageInOneSegment(t *testing.T) {
	ts := startServer(t, &Server{}, nil)
	for _, size := range []int{10, 3500, 12000} {
		conn := ts.dial()
		frames := strings.Repeat("x", size)
		go io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"+upgrade+frames)
		r := bufio.NewReader(conn)
		wantStatus(t, r, http.StatusOK)
		wantStatus(t, r, http.StatusSwitchingProtocols)
		st := ts.started()
		rest := make([]byte, size-len(st.early))
		if _, err := io.ReadFull(st.conn, rest); err != nil || string(st.early)+string(rest) != frames {
			t.Errorf("%d bytes: other ones came, %v", size, err)
		}
	}
}

// RFC 9112 §2.2: empty lines before a request, on a connection that is kept alive,
// and however the bytes are cut. Frames behind an upgrade are not touched.
func TestEmptyLinesBetweenRequests(t *testing.T) {
	ts := startServer(t, &Server{}, nil)
	const page, frames = "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n\r\nframes"
	all := "\r\n" + page + "\r\n\r\n" + page + "\r\n" + upgrade + frames
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
		st := ts.started()
		rest := make([]byte, len(frames)-len(st.early))
		if _, err := io.ReadFull(st.conn, rest); err != nil || string(st.early)+string(rest) != frames {
			t.Errorf("cut at %d: got %q%q, %v, want %q", cut, st.early, rest, err, frames)
		}
	}
}

func TestHeadLimit(t *testing.T) {
	head := func(size int) string {
		return with("X: " + strings.Repeat("x", size-len(upgrade)-len("X: \r\n")) + "\r\n")
	}
	for _, row := range []struct{ size, status int }{
		{usualHead - 1, 101}, {usualHead, 101}, {usualHead + 1, 101},
		{maxHead - 1, 101}, {maxHead, 101}, {maxHead + 1, 431}, {2 * maxHead, 431}, {10 * maxHead, 431},
	} {
		both(t, plain, func(t *testing.T, ts *testServer, conn net.Conn, r *bufio.Reader) {
			if got := len(head(row.size)); got != row.size {
				t.Fatalf("the head has %d bytes, want %d", got, row.size)
			}
			go io.WriteString(conn, head(row.size)) // may be refused half way
			wantStatus(t, r, row.status)
			if row.status == http.StatusSwitchingProtocols {
				ts.started()
			}
		})
	}
}

func TestPageHeadLimit(t *testing.T) {
	both(t, plain, func(t *testing.T, ts *testServer, conn net.Conn, r *bufio.Reader) {
		go io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\nX: "+strings.Repeat("x", maxHead)+"\r\n\r\n")
		wantStatus(t, r, http.StatusRequestHeaderFieldsTooLarge)
	})
}

// What cannot be the beginning of a head is not waited for.
func TestGarbageIsAnsweredAtOnce(t *testing.T) {
	ts := startServer(t, &Server{Timeout: time.Hour}, nil)
	for _, raw := range []string{"\n", "\rG", strings.Repeat("\r\n", maxEmpty) + "\r", "GET / HTTP/1.1\nHost", "nonsense\r\n\r\n", "\x16\x03\x01\x02\x00\x01", "\x00"} {
		conn := ts.dial()
		send(t, conn, raw)
		wantStatus(t, bufio.NewReader(conn), http.StatusBadRequest)
	}
}

func TestIncompleteHeadIsDroppedSilently(t *testing.T) {
	short := func() *Server { return &Server{Timeout: 200 * time.Millisecond} }
	for _, raw := range []string{requestLine, upgrade[:len(upgrade)-2]} {
		both(t, short, func(t *testing.T, ts *testServer, conn net.Conn, r *bufio.Reader) {
			send(t, conn, raw)
			wantEnd(t, r)
		})
	}
	// A later request that breaks off within its first line is another matter:
	// to net/http fewer than four bytes are an idle connection still, and more
	// are a line, which it calls bad.
	for _, raw := range []string{"", "G", "GET /"} {
		conn := startServer(t, short(), nil).dial()
		send(t, conn, raw)
		wantEnd(t, conn)
	}
}

func wantEnd(t *testing.T, r io.Reader) {
	t.Helper()
	if got, err := io.ReadAll(r); err != nil || len(got) > 0 {
		t.Errorf("got %q and %v, want nothing and the end", got, err)
	}
}

func TestEndpointErrors(t *testing.T) {
	full := &Rejection{Status: 503, Header: Header{{"Retry-After", "5\r\nX: y"}}, Reason: "the server is full"}
	endpoints := map[string]Endpoint{
		"/full": func(*Request) (Acceptance, error) { return Acceptance{}, full },
		"/bad":  func(*Request) (Acceptance, error) { return Acceptance{}, errors.New("secret") },
	}
	both(t, func() *Server { return &Server{Endpoints: endpoints} },
		func(t *testing.T, ts *testServer, conn net.Conn, r *bufio.Reader) {
			send(t, conn, instead("/socket", "/full"))
			response, body := receive(t, r, http.MethodGet)
			if response.StatusCode != 503 || body != "the server is full\n" {
				t.Errorf("got %d %q", response.StatusCode, body)
			}
			if got := response.Header.Get("Retry-After"); got != "5  X: y" {
				t.Errorf("Retry-After: %q, want it on one line", got)
			}
		})
	both(t, func() *Server { return &Server{Endpoints: endpoints} },
		func(t *testing.T, ts *testServer, conn net.Conn, r *bufio.Reader) {
			send(t, conn, instead("/socket", "/bad"))
			response, body := receive(t, r, http.MethodGet)
			if response.StatusCode != 500 || strings.Contains(body, "secret") {
				t.Errorf("got %d %q", response.StatusCode, body)
			}
		})
}

func TestAcceptanceHeader(t *testing.T) {
	s := &Server{Endpoints: map[string]Endpoint{"/socket": func(*Request) (Acceptance, error) {
		return Acceptance{
			Header: Header{{"Sec-WebSocket-Extensions", "permessage-deflate"}},
			Start:  func(conn net.Conn, response, _ []byte) { conn.Write(response); conn.Close() },
		}, nil
	}}}
	ts := startServer(t, s, nil)
	conn := ts.dial()
	send(t, conn, upgrade)
	response, _ := receive(t, bufio.NewReader(conn), http.MethodGet)
	if got := response.Header.Get("Sec-WebSocket-Extensions"); got != "permessage-deflate" {
		t.Errorf("Sec-WebSocket-Extensions: %q", got)
	}
}

// The answer arrives although the client has sent much more than was read.
func TestRejectionSurvivesUnreadBytes(t *testing.T) {
	both(t, plain, func(t *testing.T, ts *testServer, conn net.Conn, r *bufio.Reader) {
		send(t, conn, without(keyLine)+strings.Repeat("x", 200<<10))
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
		both(t, plain, func(t *testing.T, ts *testServer, conn net.Conn, r *bufio.Reader) {
			send(t, conn, row.request)
			wantStatus(t, r, row.status)
		})
	}
}

// countingListener tells how many connections were accepted.
type countingListener struct {
	net.Listener
	mu       sync.Mutex
	accepted int
}

func (ln *countingListener) Accept() (net.Conn, error) {
	conn, err := ln.Listener.Accept()
	if err == nil {
		ln.mu.Lock()
		ln.accepted++
		ln.mu.Unlock()
	}
	return conn, err
}

func (ln *countingListener) count() int {
	ln.mu.Lock()
	defer ln.mu.Unlock()
	return ln.accepted
}

func TestMaxPending(t *testing.T) {
	const most = 3
	var ln *countingListener
	ts := startServer(t, &Server{MaxPending: most}, func(inner net.Listener) net.Listener {
		ln = &countingListener{Listener: inner}
		return ln
	})
	silent := make([]net.Conn, most)
	for i := range silent {
		silent[i] = ts.dial()
	}
	until(t, "all slots are taken", func() bool { return ln.count() == most })
	late := []net.Conn{ts.dial(), ts.dial(), ts.dial()}
	for _, conn := range late {
		send(t, conn, upgrade)
	}
	until(t, "one more has been accepted", func() bool { return ln.count() == most+1 })
	late[0].SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if n, err := late[0].Read(make([]byte, 1)); n > 0 || !isTimeout(err) {
		t.Fatalf("got %d bytes and %v, want a timeout while all slots are taken", n, err)
	}
	if got := ln.count(); got != most+1 {
		t.Fatalf("%d connections were accepted, want %d", got, most+1)
	}
	silent[0].Close()
	for _, conn := range late {
		conn.SetDeadline(time.Now().Add(patience))
		wantStatus(t, bufio.NewReader(conn), http.StatusSwitchingProtocols)
		ts.started()
	}
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

func TestCloseEndsEverything(t *testing.T) {
	ts := startServer(t, &Server{Timeout: time.Hour}, nil)
	silent, half, idle, rejected := ts.dial(), ts.dial(), ts.dial(), ts.dial()
	send(t, half, upgrade[:50])
	r := bufio.NewReader(idle)
	get(t, idle, r)
	send(t, rejected, without(keyLine))
	wantStatus(t, bufio.NewReader(rejected), http.StatusBadRequest)
	chatting := ts.dial()
	send(t, chatting, upgrade)
	wantStatus(t, bufio.NewReader(chatting), http.StatusSwitchingProtocols)
	st := ts.started()
	until(t, "all are accepted", func() bool {
		ts.mu.Lock()
		defer ts.mu.Unlock()
		return len(ts.conns) >= 3 // the rejected one is lingering, or has ended
	})
	if err := ts.Close(); err != nil {
		t.Fatal(err)
	}
	ts.mu.Lock()
	if n := len(ts.conns); n > 0 {
		t.Errorf("Close has returned, but %d connections have an owner", n)
	}
	ts.mu.Unlock()
	// Who has told Close that it is done may be seen once more on its way out.
	until(t, "all goroutines have ended", func() bool {
		return !slices.ContainsFunc(leaktest.Stacks(), func(stack string) bool {
			return strings.Contains(stack, "handshake.(*Server)") || strings.Contains(stack, "handshake.(*pages)")
		})
	})
	for name, conn := range map[string]net.Conn{"silent": silent, "half": half, "idle": idle} {
		if _, err := conn.Read(make([]byte, 1)); err == nil || isTimeout(err) {
			t.Errorf("%s: %v, want the end", name, err)
		}
	}
	if _, err := st.conn.Write([]byte("x")); err != nil {
		t.Errorf("a connection that has an owner was closed: %v", err)
	}
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
	if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve after Close leaves the listener open: %v", err)
	}
}

func TestServeReturnsWhenTheListenerIsClosedByOthers(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{}
	ln.Close()
	if err := s.Serve(ln); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve returned %v, want net.ErrClosed", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
