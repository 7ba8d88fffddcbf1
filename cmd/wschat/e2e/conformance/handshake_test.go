//go:build e2e

package conformance

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
)

// request is the bytes of a request, and the status of the answer.
type request struct {
	name   string
	send   string
	status int
	nonce  string // in the key, if not the usual one
}

// requests is a row for each answer that hub/PROTOCOL.md promises and each demand of
// RFC 6455 §4.2.1, and for the spellings that HTTP allows.
func requests() []request {
	with := func(old, new string) string { return strings.Replace(upgradeHead(), old, new, 1) }
	without := func(field string) string { return with(field+"\r\n", "") }
	twice := func(field string) string { return with(field+"\r\n", field+"\r\n"+field+"\r\n") }
	big := func(n int) string { return upgradeHead("X: " + strings.Repeat("x", n-len(upgradeHead("X: ")))) }
	return []request{
		{"§4.2.1 as it must be", upgradeHead(), 101, ""},

		// The request line.
		{"§4.2.1,1 POST", with("GET", "POST"), 405, ""},
		{"§4.2.1,1 HEAD", with("GET", "HEAD"), 405, ""},
		{"§4.2.1,1 OPTIONS", with("GET", "OPTIONS"), 405, ""},
		{"§4.2.1,1 a method of its own", with("GET", "BREW"), 405, ""},
		{"RFC 9110 §9.1 get", with("GET", "get"), 405, ""},
		{"§4.2.1,1 HTTP/1.0", with("HTTP/1.1", "HTTP/1.0"), 400, ""},
		{"RFC 9112 §2.3 HTTP/1.2", with("HTTP/1.1", "HTTP/1.2"), 101, ""},
		{"RFC 9112 §2.3 HTTP/2.0", with("HTTP/1.1", "HTTP/2.0"), 505, ""},
		{"RFC 9112 §2.3 http/1.1", with("HTTP/1.1", "http/1.1"), 400, ""},
		{"RFC 9112 §2.3 HTTP/1", with("HTTP/1.1", "HTTP/1"), 400, ""},
		{"RFC 9112 §3 HTTP/0.9", "GET /echo\r\n\r\n", 400, ""},
		{"RFC 9112 §3 two spaces", with("GET /echo", "GET  /echo"), 400, ""},
		{"RFC 9112 §3 a space at the end", with("HTTP/1.1\r\n", "HTTP/1.1 \r\n"), 400, ""},
		{"RFC 9112 §3 a space in the target", with("/echo", "/ec ho"), 400, ""},
		{"RFC 9112 §3.2.1 a query", with("/echo", "/echo?a=b&c"), 101, ""},
		{"RFC 9112 §3.2.1 an empty query", with("/echo", "/echo?"), 101, ""},
		{"§3 a fragment in the target", with("/echo", "/echo#a"), 400, ""},
		{"RFC 9112 §3.2.2 absolute-form", with("/echo", "http://chat.localhost/echo"), 101, ""},
		{"RFC 9112 §3.2.2 absolute-form with a query", with("/echo", "http://chat.localhost:80/echo?x"), 101, ""},
		{"§4.2.1,1 absolute-form of https", with("/echo", "https://chat.localhost/echo"), 101, ""},
		{"§3 absolute-form of ws", with("/echo", "ws://chat.localhost/echo"), 101, ""},
		{"RFC 9112 §3.2.2 absolute-form without a host", with("/echo", "http:///echo"), 400, ""},
		{"RFC 9110 §4.2.4 user information in the target", with("/echo", "http://a:b@chat.localhost/echo"), 400, ""},
		{"§4.2.1,1 absolute-form of ftp", with("/echo", "ftp://chat.localhost/echo"), 400, ""},
		{"another path", with("/echo", "/echoes"), 404, ""},
		{"another path, by case", with("/echo", "/Echo"), 404, ""},
		{"another path, by a slash", with("/echo", "/echo/"), 404, ""},
		{"another path, by two slashes", with("/echo", "//echo"), 404, ""},
		{"RFC 9112 §2.2 an empty line before the request", "\r\n" + upgradeHead(), 101, ""},
		{"RFC 9112 §2.2 four empty lines", strings.Repeat("\r\n", 4) + upgradeHead(), 101, ""},
		{"RFC 9112 §2.2 empty lines without end", strings.Repeat("\r\n", 5) + upgradeHead(), 400, ""},

		// Host.
		{"§4.2.1,2 no Host", without(host), 400, ""},
		{"§4.2.1,2 an empty Host", with(host, "Host:"), 400, ""},
		{"RFC 9112 §3.2 two Hosts", twice(host), 400, ""},
		{"RFC 9112 §3.2 Host with a path", with(host, "Host: chat.localhost/a"), 400, ""},
		{"RFC 9112 §3.2 Host with a space", with(host, "Host: chat example"), 400, ""},
		{"RFC 9112 §3.2 Host with user information", with(host, "Host: a@chat.localhost"), 400, ""},
		{"RFC 9110 §7.2 Host with a port", with(host, "Host: chat.localhost:8080"), 101, ""},
		{"RFC 9110 §7.2 Host with an IPv6 address", with(host, "Host: [::1]:8080"), 101, ""},

		// Upgrade and Connection.
		{"§4.2.1,3 no Upgrade", without(upgrade), 426, ""},
		{"§4.2.1,4 no Connection", without(connection), 426, ""},
		{"§4.2.1 neither", with(upgrade+"\r\n"+connection+"\r\n", ""), 426, ""},
		{"no upgrade at all", head(echoLine, host), 426, ""},
		{"§4.2.1,3 Upgrade to something else", with(upgrade, "Upgrade: h2c"), 426, ""},
		{"§4.2.1,3 Upgrade to something longer", with(upgrade, "Upgrade: websockets"), 426, ""},
		{"§4.2.1,3 an empty Upgrade", with(upgrade, "Upgrade:"), 426, ""},
		{"§4.2.1,3 Upgrade in capitals", with(upgrade, "Upgrade: WEBSOCKET"), 101, ""},
		{"§4.2.1,3 Upgrade as in Hixie's drafts", with(upgrade, "Upgrade: WebSocket"), 101, ""},
		{"RFC 9110 §7.8 Upgrade as a list", with(upgrade, "Upgrade: h2c, websocket"), 101, ""},
		{"§4.2.1,3 a Kelvin sign is no k", with(upgrade, "Upgrade: webso\u212Act"), 426, ""},
		{"§4.2.1,4 Connection: keep-alive, Upgrade", with(connection, "Connection: keep-alive, Upgrade"), 101, ""},
		{"§4.2.1,4 Connection: upgrade", with(connection, "connection: upgrade"), 101, ""},
		{"§4.2.1,4 Connection: UPGRADE ,keep-alive", with(connection, "Connection: UPGRADE ,keep-alive"), 101, ""},
		{"§4.2.1,4 Connection in two fields", with(connection, "Connection: keep-alive\r\nConnection: Upgrade"), 101, ""},
		{"RFC 9110 §5.6.1 Connection with empty elements", with(connection, "Connection: ,, Upgrade,"), 101, ""},
		{"§4.2.1,4 Connection: keep-alive", with(connection, "Connection: keep-alive"), 426, ""},
		{"§4.2.1,4 Connection: Upgraded", with(connection, "Connection: Upgraded"), 426, ""},
		{"§4.2.1,4 Connection: keep-alive Upgrade", with(connection, "Connection: keep-alive Upgrade"), 426, ""},
		{"§4.2.1,4 Connection: close, Upgrade", with(connection, "Connection: close, Upgrade"), 101, ""},

		// The key.
		{"§4.2.1,5 no key", without(key), 400, ""},
		{"§4.2.1,5 an empty key", with(key, keyName), 400, ""},
		{"§11.3.1 two keys", twice(key), 400, ""},
		{"§4.2.1,5 two keys in one field", with(key, key+", "+usualNonce), 400, ""},
		{"§4.2.1,5 a key of 15 bytes", with(key, keyName+"AAECAwQFBgcICQoLDA0O"), 400, ""},
		{"§4.2.1,5 a key of 17 bytes", with(key, keyName+"AAECAwQFBgcICQoLDA0ODxA="), 400, ""},
		{"§4.2.1,5 a key of 18 bytes", with(key, keyName+"AAECAwQFBgcICQoLDA0ODxAR"), 400, ""},
		{"§4.2.1,5 a key of 16 characters", with(key, keyName+"abcdefghijklmnop"), 400, ""},
		{"§4.2.1,5 a key without padding", with(key, keyName+"dGhlIHNhbXBsZSBub25jZQ"), 400, ""},
		{"§4.2.1,5 a key with one sign of padding", with(key, keyName+"dGhlIHNhbXBsZSBub25jZQ="), 400, ""},
		{"§4.2.1,5 a key with three", with(key, key+"="), 400, ""},
		{"RFC 4648 §3.5 a key with padding bits", with(key, keyName+"dGhlIHNhbXBsZSBub25jZR=="), 400, ""},
		{"RFC 4648 §5 a key in the alphabet for URLs", with(key, keyName+"-_-_-_-_-_-_-_-_-_-_-w=="), 400, ""},
		{"RFC 4648 §4 a key with + and /", with(key, keyName+"+/+/+/+/+/+/+/+/+/+/+w=="), 101, "+/+/+/+/+/+/+/+/+/+/+w=="},
		{"§4.2.1,5 a key with a space", with(key, keyName+"dGhlIHNhbXBs ZSBub25jZQ="), 400, ""},
		{"§4.2.1,5 a key with a !", with(key, keyName+"!GhlIHNhbXBsZSBub25jZQ=="), 400, ""},
		{"§4.2.1,5 a key of zeros", with(key, keyName+"AAAAAAAAAAAAAAAAAAAAAA=="), 101, "AAAAAAAAAAAAAAAAAAAAAA=="},
		{"§4.2.1,5 another key", with(key, keyName+"//////////////////////w=="), 400, ""},
		{"§4.2.1,5 a key of ones", with(key, keyName+"/////////////////////w=="), 101, "/////////////////////w=="},

		// The version.
		{"§4.2.1,6 no version", without(version), 400, ""},
		{"§4.4 version 0", with(version, "Sec-WebSocket-Version: 0"), 426, ""},
		{"§4.4 version 7", with(version, "Sec-WebSocket-Version: 7"), 426, ""},
		{"§4.4 version 8", with(version, "Sec-WebSocket-Version: 8"), 426, ""},
		{"§4.4 version 12", with(version, "Sec-WebSocket-Version: 12"), 426, ""},
		{"§4.4 version 14", with(version, "Sec-WebSocket-Version: 14"), 426, ""},
		{"§4.4 version 130", with(version, "Sec-WebSocket-Version: 130"), 426, ""},
		{"§4.4 version 255", with(version, "Sec-WebSocket-Version: 255"), 426, ""},
		{"§4.1 an empty version", with(version, "Sec-WebSocket-Version:"), 400, ""},
		{"§4.1 a list of versions", with(version, version+", 8"), 400, ""},
		{"§4.1 a list of versions, ours last", with(version, "Sec-WebSocket-Version: 8, 13"), 400, ""},
		{"§11.3.5 two versions", twice(version), 400, ""},
		{"§4.1 a version with letters", with(version, version+"a"), 400, ""},
		{"§4.1 a version with a leading zero", with(version, "Sec-WebSocket-Version: 013"), 400, ""},
		{"§4.1 a version with a sign", with(version, "Sec-WebSocket-Version: +13"), 400, ""},
		{"§4.1 a version with a point", with(version, "Sec-WebSocket-Version: 13.0"), 400, ""},

		// Fields that are not needed.
		{"§4.2.1,7 our own Origin", upgradeHead("Origin: http://chat.localhost"), 101, ""},
		{"§4.2.1,7 our own Origin over TLS", upgradeHead("Origin: https://chat.localhost"), 101, ""},
		{"§10.2 another's Origin", upgradeHead("Origin: http://evil.example"), 403, ""},
		{"§10.2 no page's Origin", upgradeHead("Origin: null"), 403, ""},
		{"§10.2 two Origins", upgradeHead("Origin: http://chat.localhost", "Origin: http://chat.localhost"), 403, ""},
		{"§4.2.1,8 subprotocols that nobody knows", upgradeHead("Sec-WebSocket-Protocol: a, b"), 101, ""},
		{"§11.3.4 subprotocols in two fields", upgradeHead("Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: b"), 101, ""},
		{"§4.1,10 a subprotocol twice", upgradeHead("Sec-WebSocket-Protocol: a, a"), 400, ""},
		{"§4.1,10 an empty list of subprotocols", upgradeHead("Sec-WebSocket-Protocol:"), 400, ""},
		{"§4.1,10 a subprotocol that is no token", upgradeHead("Sec-WebSocket-Protocol: a b"), 400, ""},
		{"§4.2.1,9 extensions that nobody knows", upgradeHead("Sec-WebSocket-Extensions: foo, bar; baz=2"), 101, ""},
		{"§9.1 no list of extensions", upgradeHead("Sec-WebSocket-Extensions: foo; ; bar"), 400, ""},
		{"RFC 9110 §5.6.1 an empty list of extensions is as none", upgradeHead("Sec-WebSocket-Extensions:"), 101, ""},
		{"§4.2.1 cookies and the like", upgradeHead("Cookie: a=b", "User-Agent: x", "Accept-Language: de", "X-Empty:"), 101, ""},

		// A body.
		{"RFC 9112 §6 an empty body", upgradeHead("Content-Length: 0"), 101, ""},
		{"RFC 9112 §6 a body", upgradeHead("Content-Length: 5") + "hello", 400, ""},
		{"RFC 9112 §6 a body, chunked", upgradeHead("Transfer-Encoding: chunked") + "0\r\n\r\n", 400, ""},
		{"RFC 9112 §6.1 a body, both ways", upgradeHead("Content-Length: 5", "Transfer-Encoding: chunked") + "0\r\n\r\n", 400, ""},
		{"RFC 9112 §6.3 two lengths", upgradeHead("Content-Length: 0", "Content-Length: 5") + "hello", 400, ""},
		{"RFC 9112 §6.3 no length", upgradeHead("Content-Length: -1"), 400, ""},

		// Spelling (RFC 9112 §2.2, §5).
		{"RFC 9110 §5.1 names in small letters", strings.Replace(strings.ToLower(upgradeHead()), strings.ToLower(echoLine)+"\r\n", echoLine+"\r\n", 1), 400, ""}, // the key's case counts
		{"RFC 9110 §5.1 names in other case", head(echoLine, "hOST: chat.localhost", "uPGRADE: websocket", "cONNECTION: Upgrade", "SEC-WEBSOCKET-KEY: "+usualNonce, "sec-websocket-version: 13"), 101, ""},
		{"RFC 9112 §5 no space behind colons", strings.ReplaceAll(upgradeHead(), ": ", ":"), 101, ""},
		{"RFC 9112 §5 much space around values", strings.ReplaceAll(strings.ReplaceAll(upgradeHead(), ": ", ": \t  "), "\r\nS", " \t \r\nS"), 101, ""},
		{"RFC 9112 §5.1 a space before a colon", with("Upgrade:", "Upgrade :"), 400, ""},
		{"RFC 9112 §5.1 a name with a space", upgradeHead("X Y: z"), 400, ""},
		{"RFC 9112 §5 a field without a colon", upgradeHead("nothing"), 400, ""},
		{"RFC 9112 §5 a field without a name", upgradeHead(": nothing"), 400, ""},
		{"RFC 9112 §5.2 a folded line", upgradeHead("X: a\r\n b"), 400, ""},
		{"RFC 9112 §5.2 a folded first line", with("\r\n"+host, "\r\n "+host), 400, ""},
		{"RFC 9112 §2.2 a bare LF", with(host+"\r\n", host+"\n"), 400, ""},
		{"RFC 9112 §2.2 bare LFs", strings.ReplaceAll(upgradeHead(), "\r\n", "\n"), 400, ""},
		{"RFC 9112 §2.2 a bare LF at the end", strings.TrimSuffix(upgradeHead(), "\r\n") + "\n", 400, ""},
		{"RFC 9112 §2.2 a bare CR in a value", upgradeHead("X: a\rb"), 400, ""},
		{"RFC 9112 §2.2 a bare CR in a name", upgradeHead("X\ry: a"), 400, ""},
		{"RFC 9112 §2.2 a bare CR before CRLF", upgradeHead("X: a\r"), 400, ""},
		{"RFC 9112 §2.2 a bare CR in the request line", with("/echo", "/ec\rho"), 400, ""},
		{"RFC 9110 §5.5 NUL in a value", upgradeHead("X: a\x00b"), 400, ""},
		{"RFC 9110 §5.5 NUL in a name", upgradeHead("X\x00: a"), 400, ""},
		{"RFC 9110 §5.5 NUL in the target", with("/echo", "/echo\x00"), 400, ""},
		{"RFC 9110 §5.5 DEL in a value", upgradeHead("X: \x7F"), 400, ""},
		{"RFC 9110 §5.5 obs-text in a value", upgradeHead("X: \xFF"), 101, ""},
		{"RFC 9110 §5.5 a tab in a value", upgradeHead("X: a\tb"), 101, ""},
		{"a TLS handshake", "\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03", 400, ""},
		{"no HTTP at all", "\x00\x01\x02\x03\r\n\r\n", 400, ""},
		{"words", "hello there\r\n\r\n", 400, ""},

		// Size.
		{"a head of 16 KiB", big(16 << 10), 101, ""},
		{"a head of a byte more", big(16<<10 + 1), 431, ""},
		{"a head of 20 KiB", big(20 << 10), 431, ""},
		{"a head that does not end", echoLine + "\r\nX: " + strings.Repeat("x", 20<<10), 431, ""},
		{"a hundred fields", upgradeHead(strings.Split(strings.Repeat("X: y\n", 100), "\n")[:100]...), 101, ""},
	}
}

// RFC 6455 §4.2 and RFC 9112, from the first byte.
func TestHandshake(t *testing.T) {
	for _, target := range []*target{plain(t), secure(t)} {
		for _, r := range requests() {
			for _, d := range deliveries {
				t.Run(target.name+"/"+r.name+"/"+d.name, func(t *testing.T) {
					t.Parallel()
					c := target.dial(t)
					c.sendPieces(d.cut(r.name, []byte(r.send)))
					c.answered(r)
				})
			}
		}
	}
}

// Behind an upgrade frames may lie in the same segment (RFC 6455 §4.1: the
// client may send once it has sent the request, at its own risk).
func TestFramesBehindRequest(t *testing.T) {
	early := append([]byte(upgradeHead()), frames(text("early"), first(opText, "a"), ping("p"), last("b"))...)
	for _, target := range []*target{plain(t), secure(t)} {
		for cut := range len(early) + 1 {
			t.Run(fmt.Sprintf("%s/cut at %d", target.name, cut), func(t *testing.T) {
				t.Parallel()
				c := target.dial(t)
				c.sendPieces([][]byte{early[:cut], early[cut:]})
				c.opened(usualNonce)
				c.wants(echoText("early"))
				c.wants(answerPong("p"))
				c.wants(echoText("ab"))
				c.closes()
			})
		}
	}
}

// keptAlive are the rows that end otherwise on a kept-alive connection, whose
// requests net/http reads: it takes what RFC 9112 allows a server to take (§2.2
// a bare LF and an empty line ahead, §5.2 folded lines), and to it a "#" is a
// part of the path, which is then another one.
var keptAlive = map[string]int{
	"RFC 9112 §2.2 a bare LF":            101,
	"RFC 9112 §2.2 bare LFs":             101,
	"RFC 9112 §2.2 a bare LF at the end": 101,
	"RFC 9112 §5.2 a folded line":        101,
	"§3 a fragment in the target":        404,
}

// An upgrade is as good, and a bad one as bad, when it comes as a later request
// of a connection: proxies keep connections.
func TestKeptAlive(t *testing.T) {
	page := head("GET /healthz HTTP/1.1", host)
	for _, target := range []*target{plain(t), secure(t)} {
		for _, r := range requests() {
			if status, differs := keptAlive[r.name]; differs {
				r.status = status
			}
			if !strings.Contains(r.send, "\n") {
				r.send += "\r\n\r\n" // net/http waits for the end of a line
			}
			for _, d := range deliveries {
				t.Run(target.name+"/"+r.name+"/"+d.name, func(t *testing.T) {
					t.Parallel()
					c := target.dial(t)
					c.send([]byte(page))
					got, err := c.readResponse()
					if err != nil || got.status != 200 {
						t.Fatal(got, err)
					}
					if body, err := c.body(got); err != nil || body != "ok" {
						t.Fatalf("%q, %v", body, err)
					}
					c.sendPieces(d.cut(r.name, []byte(r.send)))
					c.answered(r)
				})
			}
		}
	}
}

// answered reads the answer to a request, and what must follow it.
func (c *client) answered(r request) {
	c.t.Helper()
	if r.status == 101 {
		nonce := r.nonce
		if nonce == "" {
			nonce = usualNonce
		}
		c.opened(nonce)
		c.sendPieces([][]byte{frames(text("hello"))})
		c.wants(echoText("hello"))
		c.closes()
		return
	}
	got, err := c.readResponse()
	if err != nil {
		c.t.Fatal(err)
	}
	if got.status != r.status {
		c.t.Fatalf("got status %d, want %d", got.status, r.status)
	}
	for name, value := range map[int][2]string{405: {"allow", "GET"}, 426: {"sec-websocket-version", "13"}} {
		if name == r.status && got.field(value[0]) != value[1] {
			c.t.Errorf("%s: %q", value[0], got.field(value[0]))
		}
	}
	if r.status == 426 && !strings.EqualFold(got.field("upgrade"), "websocket") {
		c.t.Errorf("Upgrade: %q", got.field("upgrade"))
	}
	if strings.HasPrefix(r.send, "HEAD ") {
		got.fields["content-length"] = []string{"0"}
	}
	body, err := c.body(got)
	if err != nil {
		c.t.Fatal(err)
	}
	if r.status == 400 && body == "" {
		c.t.Error("400 without a word")
	}
	if got.field("connection") != "" && strings.Contains(got.field("connection"), "close") {
		c.ends()
	}
}

// body reads the body that a response announces.
func (c *client) body(r response) (string, error) {
	var b bytes.Buffer
	n, err := strconv.ParseInt(r.field("content-length"), 10, 64)
	if err != nil { // up to the end
		_, err := b.ReadFrom(c.from)
		return b.String(), err
	}
	_, err = io.CopyN(&b, c.from, n)
	return b.String(), err
}
