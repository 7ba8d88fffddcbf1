package loop

import (
	"bufio"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const pageRequest = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

// However many requests there are, few are answered at a time.
func TestPagesTakeTurns(t *testing.T) {
	most := int32(max(1, runtime.GOMAXPROCS(0)/2))
	forEachDriver(t, func(t *testing.T, d driver) {
		var at, worst atomic.Int32
		ts := d.shake(t, &Server{Pages: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if n := at.Add(1); n > most {
				worst.Store(n)
			}
			time.Sleep(100 * time.Microsecond) // others could begin
			at.Add(-1)
			page(w, r)
		})})
		const requests = 10
		var reading sync.WaitGroup
		for range 8 {
			conn := ts.dial()
			reading.Go(func() {
				io.WriteString(conn, strings.Repeat(pageRequest, requests))
				r := bufio.NewReader(conn)
				for range requests {
					wantStatus(t, r, http.StatusOK)
				}
			})
		}
		reading.Wait()
		if n := worst.Load(); n > 0 {
			t.Errorf("%d were answered at a time, want %d at most", n, most)
		}
	})
}

// Whoever keeps the server waiting, with an answer or with a body, holds up nobody else.
func TestPagesDoNotWaitForOthers(t *testing.T) {
	large := make([]byte, 64<<20)
	forEachDriver(t, func(t *testing.T, d driver) {
		release := make(chan struct{})
		defer close(release)
		ts := d.shake(t, &Server{Timeout: time.Hour, Pages: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/large" {
				w.Write(large)
				return
			}
			if r.URL.Path == "/wait" { // whose body came with its head, and more behind it
				io.Copy(io.Discard, r.Body)
				EndTurn(r)
				<-release
			}
			page(w, r)
		})})
		for range 2 * runtime.GOMAXPROCS(0) {
			transmit(t, ts.dial(), "POST /wait HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"+strings.Repeat(pageRequest, 400))
			transmit(t, ts.dial(), "GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
			transmit(t, ts.dial(), "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n")
			transmit(t, ts.dial(), "GET / HTTP/1.1\r\nHost: a b\r\n\r\n")
			conn := ts.dial()
			get(t, conn, bufio.NewReader(conn))
		}
	})
}
