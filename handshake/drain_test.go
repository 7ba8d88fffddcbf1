package handshake

import (
	"bufio"
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
