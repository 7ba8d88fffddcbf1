package handshake

import (
	"errors"
	"net/http"
	"testing"
)

func TestCheckOrigin(t *testing.T) {
	for _, row := range []struct {
		name    string
		origin  []string
		host    string
		allowed []string
		pass    bool
	}{
		{"no Origin: not a browser", nil, "a.example", nil, true},
		{"same host", []string{"http://a.example"}, "a.example", nil, true},
		{"same host, TLS at a proxy", []string{"https://a.example"}, "a.example", nil, true},
		{"same host in another case", []string{"http://A.Example"}, "a.eXample", nil, true},
		{"same host and port", []string{"http://a.example:8080"}, "a.example:8080", nil, true},
		{"same IPv6 address", []string{"http://[::1]:8080"}, "[::1]:8080", nil, true},
		{"the scheme's port, written out in Host", []string{"https://a.example"}, "a.example:443", nil, true},
		{"the scheme's port, written out in Origin", []string{"http://a.example:80"}, "a.example", nil, true},
		{"another scheme, no ports", []string{"app://a.example"}, "a.example", nil, true},
		{"another host", []string{"http://b.example"}, "a.example", nil, false},
		{"a host below it", []string{"http://x.a.example"}, "a.example", nil, false},
		{"a host that begins with it", []string{"http://a.example.evil"}, "a.example", nil, false},
		{"a host that ends with it", []string{"http://evila.example"}, "a.example", nil, false},
		{"another port", []string{"http://a.example:81"}, "a.example:80", nil, false},
		{"a port where Host has none", []string{"http://a.example:8080"}, "a.example", nil, false},
		{"the other scheme's port", []string{"http://a.example"}, "a.example:443", nil, false},
		{"user information", []string{"http://a.example@evil.example"}, "a.example", nil, false},
		{"user information that is the host", []string{"http://evil@a.example"}, "a.example", nil, false},
		{"a path", []string{"http://a.example/"}, "a.example", nil, false},
		{"null", []string{"null"}, "null", nil, false},
		{"empty", []string{""}, "a.example", nil, false},
		{"no scheme", []string{"a.example"}, "a.example", nil, false},
		{"no host", []string{"http://"}, "", nil, false},
		{"two in one", []string{"http://a.example http://a.example"}, "a.example", nil, false},
		{"two", []string{"http://a.example", "http://a.example"}, "a.example", nil, false},
		{"two, any allowed", []string{"http://a.example", "http://a.example"}, "a.example", []string{"*"}, false},
		{"allowed", []string{"https://b.example"}, "a.example", []string{"https://c.example", "https://b.example"}, true},
		{"allowed in another case", []string{"https://B.example"}, "a.example", []string{"https://b.example"}, true},
		{"allowed with another scheme", []string{"http://b.example"}, "a.example", []string{"https://b.example"}, false},
		{"allowed with another port", []string{"https://b.example:1"}, "a.example", []string{"https://b.example"}, false},
		{"allowed as a beginning", []string{"https://b.example.evil"}, "a.example", []string{"https://b.example"}, false},
		{"null, any allowed", []string{"null"}, "a.example", []string{"*"}, true},
		{"null, allowed", []string{"null"}, "a.example", []string{"null"}, true},
		{"same host beside others allowed", []string{"http://a.example"}, "a.example", []string{"https://b.example"}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := &Request{Host: row.host}
			for _, origin := range row.origin {
				r.Header = append(r.Header, Field{"Origin", origin})
			}
			err := CheckOrigin(r, row.allowed)
			if row.pass {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var rejection *Rejection
			if !errors.As(err, &rejection) || rejection.Status != http.StatusForbidden || rejection.Reason == "" {
				t.Fatalf("got %v, want a rejection with 403", err)
			}
		})
	}
}
