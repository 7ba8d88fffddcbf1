package handshake

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
)

// Anything while draining gets 503 with Retry-After, on open connections too.
func TestDrainRefusesEverything(t *testing.T) {
	for _, request := range []string{
		upgrade,
		"GET /socket HTTP/1.1\r\nHost: example.com\r\n\r\n",
		"POST /socket HTTP/1.1\r\nHost: example.com\r\nContent-Length: 0\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n",
		"GET /nowhere HTTP/1.1\r\nHost: example.com\r\n\r\n",
	} {
		both(t, plain, func(t *testing.T, ts *testServer, conn net.Conn, r *bufio.Reader) {
			ts.Drain()
			send(t, conn, request)
			response, body := receive(t, r, http.MethodGet)
			if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" || body == "" {
				t.Errorf("%q: got %s, Retry-After %q, body %q", request, response.Status, response.Header.Get("Retry-After"), body)
			}
		})
	}
}

// Settle waits for the upgrade that an endpoint was deciding on when Drain was called:
// it is handed over, not cut off.
func TestSettleWaitsForAnEndpoint(t *testing.T) {
	deciding, decide := make(chan struct{}), make(chan struct{})
	started := make(chan net.Conn, 1)
	s := &Server{Endpoints: map[string]Endpoint{"/socket": func(*Request) (Acceptance, error) {
		close(deciding)
		<-decide
		return Acceptance{Start: func(conn net.Conn, _, _ []byte) { started <- conn }}, nil
	}}}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go s.Serve(ln)
	defer s.Close()
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	send(t, conn, upgrade)
	<-deciding
	s.Drain()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Settle(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("settled with %v while the endpoint decides", err)
	}
	close(decide)
	if err := s.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case conn := <-started:
		conn.Close()
	default:
		t.Error("settled, and not handed over")
	}
}
