package loop

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	. "wschat/handshake/handshaketest"
)

// Connections that nobody has accepted when a drain ends are answered like those before.
// Over TLS it would be a matter of time: so many handshakes may take longer than a second.
func TestFinishAnswersTheQueue(t *testing.T) {
	const clients = 300 // more than a loop accepts at a time
	forDrivers(t, []driver{{name: "epoll"}, {name: "goroutines", goroutines: true}}, func(t *testing.T, d driver) {
		ts := d.shake(t, &Server{Timeout: time.Hour})
		eventually(t, "it accepts", func() bool { // before, the loops do not know the listener
			conn := ts.dial()
			defer conn.Close()
			transmit(t, conn, "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n")
			response, _ := receive(t, bufio.NewReader(conn), http.MethodGet)
			return response.StatusCode == http.StatusOK
		})
		if err := ts.Loops.Drain(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		release := make(chan struct{})
		for _, l := range ts.Loops.loops {
			busy := make(chan struct{})
			l.mail.call(func() { close(busy); <-release })
			<-busy
		}
		answers := make(chan string, clients)
		for range clients {
			conn := ts.dial()
			go func() {
				io.WriteString(conn, Upgrade) // an error shows in the answer
				status, err := bufio.NewReader(conn).ReadString('\n')
				if err != nil {
					status = err.Error()
				}
				answers <- status
			}()
		}
		finished := make(chan struct{})
		go func() {
			defer close(finished)
			ts.Finish(t.Context())
			ts.Close()
		}()
		close(release)
		for range clients {
			if got := <-answers; got != "HTTP/1.1 503 Service Unavailable\r\n" {
				t.Errorf("got %q, want 503", got)
			}
		}
		<-finished
	})
}

// Whoever has connected a moment ago gets the time to ask; whoever says nothing holds
// nobody up for longer.
func TestFinishWaitsForRequests(t *testing.T) {
	for _, row := range []struct {
		name       string
		silent     time.Duration // until Finish
		asks, ends time.Duration // from then on; 0: it does not ask
		within     time.Duration
	}{
		{"a request that is under way", 0, lastGrace / 2, lastGrace / 2, time.Hour},
		{"a silent client", lastGrace / 4, 0, lastGrace * 3 / 4, time.Hour},
		{"one that has been silent before", lastGrace, 0, 0, time.Hour},
		{"no time is left", 0, 0, lastGrace / 4, lastGrace / 4},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &Server{Loops: bubbleLoops(t)}
				ln := newScriptedListener()
				near, far := net.Pipe()
				ln.results <- far
				served := make(chan error)
				go func() { served <- s.Serve(ln) }()
				synctest.Wait()
				time.Sleep(row.silent)
				if err := s.Loops.Drain(t.Context(), 0); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				answer := make(chan []byte)
				go func() {
					if row.asks > 0 {
						time.Sleep(row.asks)
						io.WriteString(near, Upgrade) // an error shows in the answer
					}
					got, _ := io.ReadAll(near) // however it ends
					answer <- got
				}()
				ctx, cancel := context.WithTimeout(t.Context(), row.within)
				defer cancel()
				s.Finish(ctx)
				if took := time.Since(began); took < row.ends || took > row.ends+lastGrace/20 {
					t.Errorf("it took %v, want %v", took, row.ends)
				}
				s.Close()
				s.Loops.Close()
				<-served
				const want = "HTTP/1.1 503 "
				if got := string(<-answer); (len(got) >= len(want) && got[:len(want)] == want) != (row.asks > 0) {
					t.Errorf("got %q", got)
				}
			})
		})
	}
}
