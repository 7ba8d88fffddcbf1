package handshake

import (
	"bufio"
	"errors"
	"net/http"
	"testing"
)

// PROTOCOL 1, Host: "another Host gets 421 (…; ports are not compared)".
func TestCheckHost(t *testing.T) {
	allow := func(host string) bool { return host == "chat.example" || host == "::1" }
	for _, row := range []struct {
		name, host string
		status     int // 0: passes
	}{
		{"the name", "chat.example", 0},
		{"with a port", "chat.example:8080", 0},
		{"with an empty port", "chat.example:", 0},
		{"in another case", "Chat.EXAMPLE", 0},
		{"with the final dot", "chat.example.:8080", 0},
		{"an address", "[::1]:8080", 0},
		{"no Host: Verify refuses it", "", 0},
		{"another name", "evil.example", http.StatusMisdirectedRequest},
		{"a name below it", "a.chat.example", http.StatusMisdirectedRequest},
		{"a name that ends with it", "evilchat.example", http.StatusMisdirectedRequest},
		{"an address that is not named", "127.0.0.1:8080", http.StatusMisdirectedRequest},
		{"two final dots", "chat.example..", http.StatusMisdirectedRequest},
		{"no host", "chat.example/x", http.StatusBadRequest},
		{"user information", "a@chat.example", http.StatusBadRequest},
		{"a port that is none", "chat.example:http", http.StatusBadRequest},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := &Request{Host: row.host}
			if err := CheckHost(r, nil); err != nil {
				t.Errorf("any host is allowed: got %v", err)
			}
			err := CheckHost(r, allow)
			var rejection *Rejection
			if row.status == 0 && err == nil {
				return
			}
			if !errors.As(err, &rejection) || rejection.Status != row.status || rejection.Reason == "" {
				t.Errorf("got %v, want status %d", err, row.status)
			}
		})
	}
}

// Every path asks for the Host: endpoints and pages, first and later requests.
func TestHostOfEveryPath(t *testing.T) {
	ts := startServer(t, &Server{AllowHost: func(host string) bool { return host == "example.com" }}, nil)
	evil := "Host: evil.example\r\n"
	for _, row := range []struct {
		name, raw string
		status    int
	}{
		{"an upgrade", instead(hostLine, evil), 421},
		{"no upgrade", requestLine + evil + "\r\n", 421},
		{"another method", "POST /socket HTTP/1.1\r\n" + evil + "\r\n", 421},
		{"a page", "GET / HTTP/1.1\r\n" + evil + "\r\n", 421},
		{"a path that nobody knows", "GET /nothing HTTP/1.1\r\n" + evil + "\r\n", 421},
		{"the target's host is what counts (RFC 9112 §3.2.2)", "GET http://evil.example/ HTTP/1.1\r\n" + hostLine + "\r\n", 421},
		{"the field beside a target is ignored", "GET http://example.com/nothing HTTP/1.1\r\n" + evil + "\r\n", 404},
		{"no Host comes first", "GET / HTTP/1.1\r\n\r\n", 400},
		{"two Hosts", with(evil), 400},
		{"HTTP/1.0 has none (a balancer's check)", "GET / HTTP/1.0\r\n\r\n", 200},
		{"no host at all", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
		{"the right one", upgrade, 101},
	} {
		for _, later := range []bool{false, true} {
			conn := ts.dial()
			r := bufio.NewReader(conn)
			if later {
				get(t, conn, r)
			}
			send(t, conn, row.raw)
			response, body := receive(t, r, http.MethodGet)
			if response.StatusCode != row.status {
				t.Errorf("%s, later %v: got %s %q, want %d", row.name, later, response.Status, body, row.status)
			}
			if response.StatusCode == http.StatusSwitchingProtocols {
				ts.started()
			}
		}
	}
}
