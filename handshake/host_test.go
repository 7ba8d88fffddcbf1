package handshake

import (
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
