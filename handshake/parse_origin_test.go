package handshake

import (
	"errors"
	"testing"
)

// RFC 6454 §6.2, and what browsers make of it: an entry either is as they send it,
// or is made so, or is refused.
func TestParseOrigin(t *testing.T) {
	for _, row := range []struct {
		name, text, want string
		err              error
	}{
		{"any", "*", "*", nil},
		{"as browsers send it", "https://a.example", "https://a.example", nil},
		{"another port", "https://a.example:8443", "https://a.example:8443", nil},
		{"http on 443 is another port", "http://a.example:443", "http://a.example:443", nil},
		{"an address", "http://127.0.0.1:8080", "http://127.0.0.1:8080", nil},
		{"a single label", "http://localhost:3000", "http://localhost:3000", nil},
		{"an app", "capacitor://localhost", "capacitor://localhost", nil},
		{"an Electron app", "app://.", "app://.", nil},
		{"an extension", "chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop", nil},
		{"punycode", "https://xn--bcher-kva.example", "https://xn--bcher-kva.example", nil},
		{"hosts below", "https://*.example.org", "https://*.example.org", nil},
		{"hosts below, on a port", "https://*.example.org:8443", "https://*.example.org:8443", nil},

		{"the default port", "https://a.example:443", "https://a.example", nil},
		{"the default port of http", "http://a.example:80", "http://a.example", nil},
		{"the default port of a wildcard", "https://*.example.org:443", "https://*.example.org", nil},
		{"an empty port", "https://a.example:", "https://a.example", nil},
		{"zeros before the port", "https://a.example:0443", "https://a.example", nil},
		{"capitals", "HTTPS://A.Example", "https://a.example", nil},
		{"IPv6, written otherwise", "http://[0:0:0:0:0:0:0:1]:8080", "http://[::1]:8080", nil},

		{"null", "null", "", errOriginNull},
		{"files", "file://", "", errOriginFile},
		{"a file", "file:///srv/page.html", "", errOriginFile},
		{"no scheme", "a.example", "", errOriginForm},
		{"no scheme, a port", "a.example:8080", "", errOriginForm},
		{"empty", "", "", errOriginForm},
		{"no host", "https://", "", errOriginForm},
		{"any scheme", "*://a.example", "", errOriginForm},
		{"the scheme of the connection", "wss://a.example", "", errOriginScheme},
		{"a slash at the end", "https://a.example/", "", errOriginRest},
		{"a path", "https://a.example/chat", "", errOriginRest},
		{"two slashes", "https://a.example//", "", errOriginRest},
		{"a query", "https://a.example?x", "", errOriginRest},
		{"a fragment", "https://a.example#x", "", errOriginRest},
		{"user information", "https://ann@a.example", "", errOriginUser},
		{"not in punycode", "https://bücher.example", "", errOriginASCII},
		{"escapes", "https://b%C3%BCcher.example", "", errOriginHost},
		{"a space", "https://a.example https://b.example", "", errOriginRest},
		{"any host", "https://*", "", errOriginHost},
		{"a part of a label", "https://a*.example", "", errOriginHost},
		{"a label in the middle", "https://a.*.example", "", errOriginHost},
		{"two labels", "https://*.*.example", "", errOriginHost},
		{"any port", "https://a.example:*", "", errOriginPort},
		{"a dot as the host of a page", "https://.", "", errOriginHost},
		{"a dot in front", "https://.a.example", "", errOriginHost},
		{"an empty label", "https://a..example", "", errOriginHost},
		{"an address below", "https://*.0.0.1", "", errOriginHost},
		{"a short address", "http://127.1", "", errOriginHost},
		{"an address in hex", "http://0x7f000001", "", errOriginHost},
		{"no IPv6 address", "http://[::g]", "", errOriginHost},
		{"a zone", "http://[fe80::1%25eth0]", "", errOriginHost},
		{"IPv6 without brackets", "http://::1", "", errOriginHost},
		{"port 0", "https://a.example:0", "", errOriginPort},
		{"a port beyond 65535", "https://a.example:65536", "", errOriginPort},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := ParseOrigin(row.text)
			if !errors.Is(err, row.err) || err == nil && got != row.want {
				t.Errorf("got %q, %v, want %q, %v", got, err, row.want, row.err)
			}
		})
	}
}

// What is sent matches the entry, as it was given on the command line.
func TestCheckOriginAsGiven(t *testing.T) {
	for _, row := range []struct {
		entry, origin string
		pass          bool
	}{
		{"https://a.example:443", "https://a.example", true},
		{"https://a.example", "https://a.example:443", true},
		{"https://a.example", "https://a.example/", false},
		{"http://[0::1]:81", "http://[::1]:81", true},
		{"http://[::ffff:127.0.0.1]", "http://[::ffff:7f00:1]", true},
		{"https://*.example.org", "https://a.example.org", true},
		{"https://*.example.org", "https://a.b.example.org", true},
		{"https://*.example.org", "https://A.Example.ORG", true},
		{"https://*.example.org", "https://a.example.org:443", true},
		{"https://*.example.org:444", "https://a.example.org:444", true},
		{"https://*.example.org", "https://example.org", false},
		{"https://*.example.org", "https://.example.org", false},
		{"https://*.example.org", "https://a..example.org", false},
		{"https://*.example.org", "https://aexample.org", false},
		{"https://*.example.org", "https://evil-example.org", false},
		{"https://*.example.org", "https://a.example.org.evil", false},
		{"https://*.example.org", "https://evil/.example.org", false},
		{"https://*.example.org", "https://evil.example:1@a.example.org", false},
		{"https://*.example.org", "https://evil.example#.example.org", false},
		{"https://*.example.org", "http://a.example.org", false},
		{"https://*.example.org", "https://a.example.org:444", false},
		{"https://*.example.org:444", "https://a.example.org", false},
		{"https://*.example.org", "null", false},
	} {
		entry, err := ParseOrigin(row.entry)
		if err != nil {
			t.Fatal(err)
		}
		r := &Request{Host: "chat.example", Header: Header{{"Origin", row.origin}}}
		if err := CheckOrigin(r, []string{entry}); (err == nil) != row.pass {
			t.Errorf("%s with %s allowed: got %v", row.origin, row.entry, err)
		}
	}
}
