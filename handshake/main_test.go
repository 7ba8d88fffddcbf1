package handshake

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"testing"
	"time"

	"wschat/frame/leaktest"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Run(m)) }

// patience bounds what a test waits for; reaching it is a failure.
const patience = 5 * time.Second

// started is what a Start was given.
type started struct {
	conn            net.Conn
	response, early []byte
	request         *Request
}

// testServer is a Server on a real port, whose endpoint /socket knows the
// subprotocol "chat". Its Start sends the 101 and passes what it got to starts.
type testServer struct {
	*Server
	t      *testing.T
	addr   string
	starts chan started
}

func startServer(t *testing.T, s *Server, wrap func(net.Listener) net.Listener) *testServer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ts := &testServer{Server: s, t: t, addr: ln.Addr().String(), starts: make(chan started, 16)}
	if wrap != nil {
		ln = wrap(ln)
	}
	if s.Endpoints == nil {
		s.Endpoints = map[string]Endpoint{"/socket": ts.accept}
	}
	if s.Pages == nil {
		s.Pages = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/" {
				http.NotFound(w, r)
				return
			}
			io.WriteString(w, "page")
		})
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(ln) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-done; err != ErrServerClosed {
			t.Errorf("Serve returned %v, want ErrServerClosed", err)
		}
	})
	return ts
}

func (ts *testServer) accept(r *Request) (Acceptance, error) {
	protocol, err := SelectProtocol(r, "chat")
	return Acceptance{
		Protocol: protocol,
		Start: func(conn net.Conn, response, early []byte) {
			conn.Write(response) // the client tells if it did not arrive
			ts.starts <- started{conn, response, early, r}
		},
	}, err
}

// started returns what the next Start was given, and closes it with the test.
func (ts *testServer) started() started {
	ts.t.Helper()
	select {
	case st := <-ts.starts:
		ts.t.Cleanup(func() { st.conn.Close() })
		return st
	case <-time.After(patience):
		ts.t.Fatal("no connection was started")
		panic("unreachable")
	}
}

// dial connects to the server, with a deadline for all that follows.
func (ts *testServer) dial() net.Conn {
	ts.t.Helper()
	conn, err := net.Dial("tcp", ts.addr)
	if err != nil {
		ts.t.Fatal(err)
	}
	ts.t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return conn
}

// get asks for the page, so that the next request is a later one of a
// kept-alive connection.
func get(t *testing.T, conn net.Conn, r *bufio.Reader) {
	t.Helper()
	send(t, conn, "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n")
	response, body := receive(t, r, http.MethodGet)
	if response.StatusCode != http.StatusOK || body != "page" {
		t.Fatalf("GET / gave %s %q", response.Status, body)
	}
}

func send(t *testing.T, conn net.Conn, s string) {
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

// until waits until condition holds.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
