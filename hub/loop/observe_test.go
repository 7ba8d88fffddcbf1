package loop

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"wschat/handshake"
	. "wschat/handshake/handshaketest"
)

// observed collects what Observe is told. Safe for concurrent use.
type observed struct {
	mu       sync.Mutex
	statuses []int
	longest  time.Duration
}

func (o *observed) observe(refused *handshake.Rejection, from netip.Addr, took time.Duration) {
	status := http.StatusSwitchingProtocols
	if refused != nil {
		status = refused.Status
	}
	if !from.IsLoopback() {
		status = 0
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.statuses = append(o.statuses, status)
	o.longest = max(o.longest, took)
}

func (o *observed) all() []int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.statuses)
}

// Observe is told of each upgrade once, accepted or refused, first on its
// connection or a later one; of pages, and of those who go away, never.
func TestObserve(t *testing.T) {
	const part = "GET /socket HTTP/1.1\r\nHost: a\r\n\r\n" // no upgrade: 426
	for _, row := range []struct {
		name  string
		later bool // behind a page
		send  string
		want  []int
	}{
		{"accepted", false, Upgrade, []int{101}},
		{"accepted later", true, Upgrade, []int{101}},
		{"refused", false, part, []int{426}},
		{"refused later", true, part, []int{426}},
		{"another method", false, "POST /socket HTTP/1.1\r\nHost: a\r\n\r\n", []int{405}},
		{"no HTTP", false, "\x16\x03\x01", []int{400}},
		{"a page", false, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", nil},
		{"a page that is not there", false, "GET /nope HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", nil},
		{"half a head", false, Upgrade[:20], nil},
		{"nothing", false, "", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := new(observed)
			ts := drivers[0].shake(t, &Server{Observe: o.observe})
			began := time.Now()
			conn := ts.dial()
			from := bufio.NewReader(conn)
			if row.later {
				get(t, conn, from)
			}
			transmit(t, conn, row.send)
			if row.want != nil {
				if response, _ := receive(t, from, http.MethodGet); response.StatusCode != row.want[0] {
					t.Errorf("got %s", response.Status)
				}
			} else {
				conn.(*net.TCPConn).CloseWrite()
				io.Copy(io.Discard, from)
			}
			conn.Close()
			ts.Close()
			if got := o.all(); !slices.Equal(got, row.want) {
				t.Errorf("told %v, want %v", got, row.want)
			}
			if o.longest > time.Since(began) || (o.longest <= 0) != (row.want == nil) {
				t.Errorf("took %v", o.longest)
			}
		})
	}
}
