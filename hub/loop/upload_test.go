package loop

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"wschat/handshake"
)

// What takes long counts as a connection of its address, beside those of users, until it ends.
func TestAdmit(t *testing.T) {
	s := &Server{Limits: Limits{PerAddress: 3}}
	s.begin.Do(s.init)
	defer s.Close()
	s.Loops = must(Start(Config{}))
	defer s.Loops.Close()
	request := func(ip string) *handshake.Request {
		return &handshake.Request{Remote: netip.AddrPortFrom(netip.MustParseAddr(ip), 1)}
	}
	from := user(t, s.admission, "192.0.2.1")
	var leaves []func()
	for range 2 {
		leave, err := s.Admit(request("192.0.2.1"))
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, leave)
	}
	if _, err := s.Admit(request("192.0.2.1")); err == nil {
		t.Error("there is one too many")
	}
	isFull(t, s.admission, "192.0.2.1")
	if leave, err := s.Admit(request("192.0.2.2")); err != nil {
		t.Error(err)
	} else {
		leave()
	}
	leaves[0]()
	leaves[0]() // only the first counts
	leave, err := s.Admit(request("192.0.2.1"))
	if err != nil {
		t.Fatal(err)
	}
	leave()
	leaves[1]()
	from.leave()
	if n := len(s.admission.addresses); n != 0 {
		t.Errorf("%d addresses are left", n)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A request that came otherwise has no turn.
func TestEndTurnOfNothing(t *testing.T) {
	EndTurn(httptest.NewRequest(http.MethodGet, "/", nil))
}

// A page gets the whole body of a request, however fast it comes behind the head.
func TestPagesGetBodies(t *testing.T) {
	const size = 300_000
	forEachDriver(t, func(t *testing.T, d driver) {
		ts := d.shake(t, &Server{Pages: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, err := io.Copy(io.Discard, r.Body)
			fmt.Fprint(w, n, err)
		})})
		body := strings.Repeat("x", size)
		for range 50 {
			conn := ts.dial()
			go io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: "+strconv.Itoa(size)+"\r\n\r\n"+body)
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(response.Body)
			if want := fmt.Sprint(size, nil); err != nil || string(answer) != want {
				t.Fatalf("got %q, %v, want %q", answer, err, want)
			}
			conn.Close()
		}
	})
}
