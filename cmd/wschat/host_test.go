package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestHostList(t *testing.T) {
	for given, want := range map[string]string{
		"":                             "",
		"chat.example":                 "chat.example",
		" Chat.Example. ,, localhost ": "chat.example,localhost",
		"192.0.2.1,[2001:DB8::1],::1":  "192.0.2.1,2001:db8::1,::1",
		"::ffff:192.0.2.1":             "192.0.2.1",
		"xn--bcher-kva.example":        "xn--bcher-kva.example",
	} {
		l := hostList{"before.example"} // of a flag given before: the last one wins
		if err := l.Set(given); err != nil || l.String() != want {
			t.Errorf("%q: got %s, %v, want %s", given, l.String(), err, want)
		}
	}
	for _, given := range []string{"chat.example:8080", "[::1]:8080", "https://chat.example", "*", "*.example",
		"chat.example/", "a b", "bücher.example", ".example", "127.1", "fe80::1%eth0", "a@b"} {
		var l hostList
		if err := l.Set(given); err == nil || !strings.HasPrefix(err.Error(), "expected names ") {
			t.Errorf("%q: got %v, %v", given, l, err)
		}
	}
}

// PROTOCOL 1, Host.
func TestHostRule(t *testing.T) {
	loopback, every := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, &net.TCPAddr{IP: net.IPv6unspecified}
	if hostRule(nil, every) != nil {
		t.Error("without -host, and on every address, another host is refused")
	}
	named := hostList{"chat.example", "192.0.2.1", "2001:db8::1"}
	for _, row := range []struct {
		name  string
		rule  func(string) bool
		takes []string
		not   []string
	}{
		{"-host", hostRule(named, every),
			[]string{"chat.example", "192.0.2.1", "2001:db8::1", "2001:db8:0::1", "::ffff:192.0.2.1"},
			[]string{"localhost", "127.0.0.1", "192.0.2.2", "a.chat.example", "example"}},
		{"-host, on loopback", hostRule(named, loopback),
			[]string{"chat.example"}, []string{"localhost", "127.0.0.1"}},
		{"loopback", hostRule(nil, loopback),
			[]string{"localhost", "chat.localhost", "127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"},
			[]string{"evil.example", "localhost.evil.example", "notlocalhost", "192.0.2.1", "0.0.0.0", "127.0.0.1.evil.example"}},
		{"loopback of IPv6", hostRule(nil, &net.TCPAddr{IP: net.IPv6loopback}),
			[]string{"localhost", "::1"}, []string{"evil.example"}},
		{"the operator's", operatorHostRule(nil),
			[]string{"localhost", "127.0.0.1", "192.0.2.7", "2001:db8::7"},
			[]string{"evil.example", "a.localhost", "chat.example"}},
		{"the operator's, with -host", operatorHostRule(named),
			[]string{"localhost", "192.0.2.7", "chat.example"}, []string{"evil.example"}},
	} {
		for _, host := range row.takes {
			if !row.rule(host) {
				t.Errorf("%s: %s is refused", row.name, host)
			}
		}
		for _, host := range row.not {
			if row.rule(host) {
				t.Errorf("%s: %s is taken", row.name, host)
			}
		}
	}
}

// askHost asks a listener for a path under another name than its own, and returns
// the status.
func (r *running) askHost(addr, host, path string) int {
	r.t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		r.t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, host)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return response.StatusCode
}

// A name that somebody points at 127.0.0.1 reaches nothing, on either listener.
func TestReboundName(t *testing.T) {
	r := runServer(t)
	for _, path := range []string{"/", "/main.js", "/healthz", "/socket", "/nothing"} {
		if got := r.askHost(r.addr, "evil.example", path); got != http.StatusMisdirectedRequest {
			t.Errorf("%s of evil.example: got %d, want 421", path, got)
		}
		if got := r.askHost(r.addr, "localhost:1", path); got == http.StatusMisdirectedRequest {
			t.Errorf("%s of localhost: got 421", path)
		}
	}
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/cmdline", "/api/users", "/api/nope", "/nothing"} {
		if got := r.askHost(r.admin, "evil.example:8081", path); got != http.StatusMisdirectedRequest {
			t.Errorf("the operator's %s of evil.example: got %d, want 421", path, got)
		}
		if got := r.askHost(r.admin, "localhost:1", path); got == http.StatusMisdirectedRequest {
			t.Errorf("the operator's %s of localhost: got 421", path)
		}
	}
}

func TestNamedHost(t *testing.T) {
	r := runServer(t, "-host", "chat.example,127.0.0.1")
	for host, want := range map[string]int{"chat.example": 200, "CHAT.example:8080": 200, "127.0.0.1": 200, "localhost": 421, "evil.example": 421} {
		if got := r.askHost(r.addr, host, "/healthz"); got != want {
			t.Errorf("%s: got %d, want %d", host, got, want)
		}
	}
	if got := r.askHost(r.admin, "chat.example", "/metrics"); got != 200 {
		t.Errorf("the operator's: got %d", got)
	}
	if page := r.logged("page"); !strings.HasPrefix(page, "http://chat.example:") {
		t.Errorf("the page is said to be at %s", page)
	}
}

// PROTOCOL 1: the operator's listener takes "nothing with an Origin or
// Sec-Fetch-Site: cross-site".
func TestAdminFromABrowser(t *testing.T) {
	r := runServer(t)
	for _, path := range []string{"/metrics", "/debug/pprof/", "/api/users", "/nothing"} {
		for _, field := range []string{"Origin: http://" + r.admin, "Origin: null", "Sec-Fetch-Site: cross-site"} {
			response, body := r.ask("GET", path, "", field)
			isError(t, response, body, http.StatusForbidden, "browser")
		}
		for _, field := range []string{"Sec-Fetch-Site: none", "Sec-Fetch-Site: same-origin"} {
			if response, _ := r.ask("GET", path, "", field); response.StatusCode == http.StatusForbidden {
				t.Errorf("%s with %s: got 403", path, field)
			}
		}
	}
}
