// Package handshaketest has requests for tests of opening handshakes, and what must
// come of them.
package handshaketest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// Upgrade is a right request; its lines are changed by the rows below.
const (
	RequestLine = "GET /socket?userId=A HTTP/1.1\r\n"
	HostLine    = "Host: example.com\r\n"
	UpgradeLine = "Upgrade: websocket\r\n"
	ConnLine    = "Connection: Upgrade\r\n"
	KeyLine     = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	VersionLine = "Sec-WebSocket-Version: 13\r\n"
	Upgrade     = RequestLine + HostLine + UpgradeLine + ConnLine + KeyLine + VersionLine + "\r\n"
)

// With adds lines to the upgrade.
func With(lines string) string { return strings.TrimSuffix(Upgrade, "\r\n") + lines + "\r\n" }

// Without takes a line out of it.
func Without(line string) string { return Instead(line, "") }

// Instead replaces one.
func Instead(line, other string) string { return strings.Replace(Upgrade, line, other, 1) }

func key(value string) string { return Instead(KeyLine, "Sec-WebSocket-Key: "+value+"\r\n") }
func version(value string) string {
	return Instead(VersionLine, "Sec-WebSocket-Version: "+value+"\r\n")
}

func manyProtocols() string {
	var list strings.Builder
	for i := range 64 + 1 { // as many as may be, and one
		fmt.Fprintf(&list, "p%d,", i)
	}
	return list.String()
}

// Row is a request and what comes of it. Each is run four ways: as pure functions,
// byte by byte, as the first request of a connection, and as a later one.
type Row struct {
	Name   string
	Raw    string
	Status int
	Header string // "Name: value" that the response must have
	Reason string // a part of the sentence
	Later  int    // status as a later request, where net/http reads or answers otherwise
}

// Rows are in the order of RFC 6455 §4.2.1.
var Rows = []Row{
	{Name: "RFC 6455 §1.3: the example's key", Raw: Upgrade, Status: 101, Header: "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
	{Name: "§4.2.2: the 101 says Upgrade: websocket", Raw: Upgrade, Status: 101, Header: "Upgrade: websocket"},
	{Name: "§4.2.2: the 101 says Connection: Upgrade", Raw: Upgrade, Status: 101, Header: "Connection: Upgrade"},
	{Name: "names and tokens in any case", Raw: "GET /socket HTTP/1.1\r\nHOST: example.com\r\nupgrade: WebSocket\r\nconnection: uPGRADE\r\nsec-websocket-KEY: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n", Status: 101},
	{Name: "Connection is a token list", Raw: Instead(ConnLine, "Connection: keep-alive, Upgrade\r\n"), Status: 101},
	{Name: "Connection in two fields", Raw: Instead(ConnLine, "Connection: keep-alive\r\nConnection:\tUpgrade \r\n"), Status: 101},
	{Name: "Upgrade is a list", Raw: Instead(UpgradeLine, "Upgrade: h2c, websocket\r\n"), Status: 101},
	{Name: "Content-Length: 0 is no body", Raw: With("Content-Length: 0\r\n"), Status: 101},
	{Name: "§4.2.1: absolute target", Raw: Instead("GET /socket", "GET http://example.com/socket"), Status: 101},
	{Name: "absolute target, ws", Raw: Instead("GET /socket", "GET ws://example.com/socket"), Status: 101},
	{Name: "RFC 9112 §2.2: an empty line before the request", Raw: "\r\n" + Upgrade, Status: 101},
	{Name: "RFC 9112 §2.2: four of them", Raw: "\r\n\r\n\r\n\r\n" + Upgrade, Status: 101},
	{Name: "escaped path", Raw: Instead("GET /socket", "GET /%73ocket"), Status: 101},
	{Name: "UTF-8 in the query", Raw: Instead("userId=A", "userId=张三"), Status: 101},
	{Name: "white space around values", Raw: key(" \tdGhlIHNhbXBsZSBub25jZQ==\t "), Status: 101},
	{Name: "HTTP/1.2 is higher than 1.1", Raw: Instead("HTTP/1.1", "HTTP/1.2"), Status: 101},
	{Name: "Host with port", Raw: Instead(HostLine, "Host: example.com:8080\r\n"), Status: 101},
	{Name: "Host with IPv6 address", Raw: Instead(HostLine, "Host: [::1]:8080\r\n"), Status: 101},
	{Name: "same Origin", Raw: With("Origin: http://example.com\r\n"), Status: 101},
	{Name: "unknown extension is declined by silence", Raw: With("Sec-WebSocket-Extensions: x-unknown\r\n"), Status: 101},

	{Name: "§4.2.1 1: POST", Raw: Instead("GET", "POST"), Status: 405, Header: "Allow: GET", Reason: `got "POST"`},
	{Name: "§4.2.1 1: HEAD", Raw: Instead("GET", "HEAD"), Status: 405, Header: "Allow: GET"},
	{Name: "methods are case-sensitive", Raw: Instead("GET", "get"), Status: 405, Header: "Allow: GET"},
	{Name: "§4.2.1 1: HTTP/1.0", Raw: Instead("HTTP/1.1", "HTTP/1.0"), Status: 400, Reason: "expected HTTP/1.1, got HTTP/1.0"},
	{Name: "§4.2.1 1: HTTP/1.0 without Host", Raw: "GET /socket HTTP/1.0\r\n" + UpgradeLine + ConnLine + KeyLine + VersionLine + "\r\n", Status: 400, Reason: "got HTTP/1.0"},
	{Name: "§4.2.1 1: HTTP/2.0", Raw: Instead("HTTP/1.1", "HTTP/2.0"), Status: 505, Reason: "got HTTP/2.0", Later: 505},
	{Name: "HTTP/1.10", Raw: Instead("HTTP/1.1", "HTTP/1.10"), Status: 400, Reason: `got "HTTP/1.10"`, Later: 400},
	{Name: "http/1.1", Raw: Instead("HTTP/1.1", "http/1.1"), Status: 400, Reason: `got "http/1.1"`, Later: 400},
	{Name: "no version", Raw: Instead(" HTTP/1.1", ""), Status: 400, Reason: "method, target and version", Later: 400},
	{Name: "space in the target", Raw: Instead("userId=A", "userId=A B"), Status: 400, Reason: `got "B HTTP/1.1"`, Later: 400},
	{Name: "two spaces", Raw: Instead("GET /", "GET  /"), Status: 400, Reason: "expected HTTP/1.1 at the end", Later: 400},
	{Name: "fragment in the target", Raw: Instead("userId=A", "userId=A#b"), Status: 400, Reason: "as target", Later: 101},
	{Name: "control byte in the target", Raw: Instead("userId=A", "userId=A\x01"), Status: 400, Reason: `\x01`, Later: 400},
	{Name: "bad escape in the path", Raw: Instead("/socket", "/socket%zz"), Status: 400, Reason: "as target", Later: 400},
	{Name: "user information in the target", Raw: Instead("GET /", "GET http://a@example.com/"), Status: 400, Reason: "as target"},
	{Name: "absolute target of another scheme", Raw: Instead("GET /", "GET ftp://example.com/"), Status: 400, Reason: "as target"},
	{Name: "target without a slash", Raw: Instead("GET /", "GET "), Status: 400, Reason: "as target", Later: 400},
	{Name: "method that is no token", Raw: Instead("GET", "G(T"), Status: 400, Reason: "as method", Later: 400},

	{Name: "§4.2.1 2: no Host", Raw: Without(HostLine), Status: 400, Reason: "expected one Host, got 0", Later: 400},
	{Name: "§4.2.1 2: empty Host", Raw: Instead(HostLine, "Host: \r\n"), Status: 400, Reason: "Host"},
	{Name: "§4.2.1 2: two Hosts", Raw: With(HostLine), Status: 400, Reason: "expected one Host, got 2", Later: 400},
	{Name: "two Hosts beside an absolute target", Raw: strings.Replace(With(HostLine), "GET /", "GET http://example.com/", 1), Status: 400, Reason: "expected one Host, got 2", Later: 400},
	{Name: "Host with a path", Raw: Instead(HostLine, "Host: example.com/x\r\n"), Status: 400, Reason: `got "example.com/x"`, Later: 400},
	{Name: "Host with a bad port", Raw: Instead(HostLine, "Host: example.com:http\r\n"), Status: 400, Reason: "optional port"},

	{Name: "§4.2.1 3: no upgrade at all", Raw: "GET /socket HTTP/1.1\r\n" + HostLine + "\r\n", Status: 426, Header: "Sec-WebSocket-Version: 13", Reason: "got neither"},
	{Name: "RFC 9110 §15.5.22: 426 names the protocol", Raw: "GET /socket HTTP/1.1\r\n" + HostLine + "\r\n", Status: 426, Header: "Upgrade: websocket"},
	{Name: "§4.2.1 3: no Upgrade", Raw: Without(UpgradeLine), Status: 426, Header: "Upgrade: websocket", Reason: "without Upgrade: websocket"},
	{Name: "§4.2.1 3: another Upgrade", Raw: Instead(UpgradeLine, "Upgrade: h2c\r\n"), Status: 426, Reason: "without Upgrade: websocket"},
	{Name: "§4.2.1 3: Kelvin sign for k", Raw: Instead(UpgradeLine, "Upgrade: webso\u212aet\r\n"), Status: 426},
	{Name: "§4.2.1 4: no Connection", Raw: Without(ConnLine), Status: 426, Header: "Sec-WebSocket-Version: 13", Reason: "without Connection: Upgrade"},
	{Name: "§4.2.1 4: another Connection", Raw: Instead(ConnLine, "Connection: close\r\n"), Status: 426, Reason: "without Connection: Upgrade"},
	{Name: "§4.2.1 4: a token that only contains it", Raw: Instead(ConnLine, "Connection: notUpgrade\r\n"), Status: 426},

	{Name: "a body by length", Raw: With("Content-Length: 5\r\n") + "hello", Status: 400, Reason: `Content-Length "5"`},
	{Name: "a length that is no number", Raw: With("Content-Length: x\r\n"), Status: 400, Reason: `Content-Length "x"`, Later: 400},
	{Name: "two lengths", Raw: With("Content-Length: 0\r\nContent-Length: 5\r\n"), Status: 400, Reason: "Content-Length", Later: 400},
	{Name: "a body in chunks", Raw: With("Transfer-Encoding: chunked\r\n") + "0\r\n\r\n", Status: 400, Reason: `Transfer-Encoding "chunked"`},
	{Name: "another coding", Raw: With("Transfer-Encoding: gzip\r\n"), Status: 400, Reason: "Transfer-Encoding", Later: 501},

	{Name: "§4.2.1 5: no key", Raw: Without(KeyLine), Status: 400, Reason: "expected one Sec-WebSocket-Key, got 0"},
	{Name: "§11.3.1: two keys", Raw: With(KeyLine), Status: 400, Reason: "expected one Sec-WebSocket-Key, got 2"},
	{Name: "§4.2.1 5: empty key", Raw: key(""), Status: 400, Reason: "16 bytes"},
	{Name: "§4.2.1 5: 15 bytes", Raw: key("AAAAAAAAAAAAAAAAAAAA"), Status: 400, Reason: "16 bytes"},
	{Name: "§4.2.1 5: 17 bytes", Raw: key("AAAAAAAAAAAAAAAAAAAAAAA="), Status: 400, Reason: "16 bytes"},
	{Name: "§4.2.1 5: 18 bytes", Raw: key("AAAAAAAAAAAAAAAAAAAAAAAA"), Status: 400, Reason: "16 bytes"},
	{Name: "§4.2.1 5: no padding", Raw: key("dGhlIHNhbXBsZSBub25jZQ"), Status: 400, Reason: "16 bytes"},
	{Name: "§4.2.1 5: last bits not zero", Raw: key("dGhlIHNhbXBsZSBub25jZR=="), Status: 400, Reason: "16 bytes"},
	{Name: "§4.2.1 5: URL alphabet", Raw: key("____IHNhbXBsZSBub25jZQ=="), Status: 400, Reason: "16 bytes"},
	{Name: "§4.2.1 5: not base64", Raw: key("!!!!!!!!!!!!!!!!!!!!!!=="), Status: 400, Reason: "16 bytes"},
	{Name: "a value that is too long to be quoted whole", Raw: key(strings.Repeat("A", 1000)), Status: 400, Reason: "\"…"},
	{Name: "§4.2.1 5: two keys in one", Raw: key("dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=="), Status: 400, Reason: "16 bytes"},

	{Name: "§4.2.1 6: no version", Raw: Without(VersionLine), Status: 400, Header: "Sec-WebSocket-Version: 13", Reason: "expected one Sec-WebSocket-Version, got 0"},
	{Name: "§4.2.1 6: two versions", Raw: With(VersionLine), Status: 400, Header: "Sec-WebSocket-Version: 13", Reason: "expected one Sec-WebSocket-Version, got 2"},
	{Name: "§4.4: version 8", Raw: version("8"), Status: 426, Header: "Sec-WebSocket-Version: 13", Reason: `got "8"`},
	{Name: "§4.4: version 0", Raw: version("0"), Status: 426, Header: "Sec-WebSocket-Version: 13"},
	{Name: "§4.4: version 14", Raw: version("14"), Status: 426, Header: "Upgrade: websocket"},
	{Name: "§4.3: version 13, 8", Raw: version("13, 8"), Status: 400, Header: "Sec-WebSocket-Version: 13", Reason: `got "13, 8"`},
	{Name: "§4.3: version 013", Raw: version("013"), Status: 400, Header: "Sec-WebSocket-Version: 13", Reason: `got "013"`},
	{Name: "§4.3: version -13", Raw: version("-13"), Status: 400, Reason: `got "-13"`},
	{Name: "§4.3: version abc", Raw: version("abc"), Status: 400, Header: "Sec-WebSocket-Version: 13", Reason: `got "abc"`},
	{Name: "§4.3: empty version", Raw: version(""), Status: 400, Header: "Sec-WebSocket-Version: 13", Reason: `got ""`},

	{Name: "§4.2.1 7: Origin of another host", Raw: With("Origin: http://evil.example\r\n"), Status: 403, Reason: `got "http://evil.example"`},
	{Name: "two Origins", Raw: With("Origin: http://example.com\r\nOrigin: http://example.com\r\n"), Status: 403, Reason: "expected one Origin, got 2"},

	{Name: "§4.2.2: the known subprotocol", Raw: With("Sec-WebSocket-Protocol: x, chat\r\n"), Status: 101, Header: "Sec-WebSocket-Protocol: chat"},
	{Name: "§11.3.4: in the second field", Raw: With("Sec-WebSocket-Protocol: x\r\nSec-WebSocket-Protocol: chat\r\n"), Status: 101, Header: "Sec-WebSocket-Protocol: chat"},
	{Name: "§4.2.2: none that is known", Raw: With("Sec-WebSocket-Protocol: x\r\n"), Status: 101, Header: "Sec-WebSocket-Protocol: "},
	{Name: "§4.1 10: no token", Raw: With("Sec-WebSocket-Protocol: chat, a b\r\n"), Status: 400, Reason: `got "a b"`},
	{Name: "§4.1 10: given twice", Raw: With("Sec-WebSocket-Protocol: chat, chat\r\n"), Status: 400, Reason: "twice"},
	{Name: "more than 64 of them", Raw: With("Sec-WebSocket-Protocol: " + manyProtocols() + "\r\n"), Status: 400, Reason: "at most 64"},
	{Name: "§11.3.4: empty list", Raw: With("Sec-WebSocket-Protocol: ,\r\n"), Status: 400, Reason: "expected a subprotocol"},

	{Name: "RFC 9112 §2.2: five empty lines", Raw: "\r\n\r\n\r\n\r\n\r\n" + Upgrade, Status: 400, Reason: "expected", Later: 400},
	{Name: "RFC 9112 §2.2: an empty line that ends in a bare LF", Raw: "\n" + Upgrade, Status: 400, Reason: "expected", Later: 101},
	{Name: "RFC 9112 §2.2: a bare CR before the request", Raw: "\r" + Upgrade, Status: 400, Reason: "expected", Later: 101},
	{Name: "RFC 9112 §2.2: bare CR in a value", Raw: With("X: a\rb\r\n"), Status: 400, Reason: "control bytes in the value of X", Later: 400},
	{Name: "RFC 9112 §2.2: bare CR in the request line", Raw: Instead("userId=A", "userId=A\rB"), Status: 400, Reason: "as target", Later: 400},
	{Name: "RFC 9112 §2.2: bare LF", Raw: strings.ReplaceAll(Upgrade, "\r\n", "\n"), Status: 400, Reason: "bare LF", Later: 101},
	{Name: "RFC 9112 §2.2: one bare LF", Raw: Instead(HostLine, "Host: example.com\n"), Status: 400, Reason: "bare LF", Later: 101},
	{Name: "RFC 9110 §5.5: NUL in a value", Raw: With("X: a\x00b\r\n"), Status: 400, Reason: "control bytes", Later: 400},
	{Name: "RFC 9110 §5.5: DEL in a value", Raw: With("X: a\x7fb\r\n"), Status: 400, Reason: "control bytes", Later: 400},
	{Name: "RFC 9112 §5.1: space before the colon", Raw: Instead("Upgrade: ", "Upgrade : "), Status: 400, Reason: "header field", Later: 400},
	{Name: "RFC 9112 §5.1: no name", Raw: With(": x\r\n"), Status: 400, Reason: "header field", Later: 400},
	{Name: "RFC 9112 §5.1: no colon", Raw: With("nonsense\r\n"), Status: 400, Reason: `got "nonsense"`, Later: 400},
	{Name: "RFC 9112 §5.1: name that is no token", Raw: With("a[b: x\r\n"), Status: 400, Reason: "header field", Later: 400},
	{Name: "RFC 9112 §5.2: folded line", Raw: With("X: a\r\n b\r\n"), Status: 400, Reason: "folded", Later: 101},
	{Name: "RFC 9112 §2.2: white space before the first field", Raw: Instead(HostLine, " x: y\r\n"+HostLine), Status: 400, Reason: "folded", Later: 400},
	{Name: "RFC 9110 §5.5: bytes beyond ASCII in a value", Raw: With("X: \xff\xfe\r\n"), Status: 101},
}

// Check compares a response with what a row wants of it.
func (row *Row) Check(t *testing.T, status int, header http.Header, body string) {
	t.Helper()
	if status != row.Status {
		t.Fatalf("status %d, want %d; body %q", status, row.Status, body)
	}
	if name, value, _ := strings.Cut(row.Header, ": "); header.Get(name) != value {
		t.Errorf("%s: %q, want %q", name, header.Get(name), value)
	}
	if !strings.Contains(body, row.Reason) {
		t.Errorf("the body is %q, want %q in it", body, row.Reason)
	}
}
