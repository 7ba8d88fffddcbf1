package handshake

import (
	"fmt"
	"strings"
)

// upgrade is a right request; its lines are changed by the rows below.
const (
	requestLine = "GET /socket?userId=A HTTP/1.1\r\n"
	hostLine    = "Host: example.com\r\n"
	upgradeLine = "Upgrade: websocket\r\n"
	connLine    = "Connection: Upgrade\r\n"
	keyLine     = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	versionLine = "Sec-WebSocket-Version: 13\r\n"
	upgrade     = requestLine + hostLine + upgradeLine + connLine + keyLine + versionLine + "\r\n"
)

// with adds lines to the upgrade; without takes one out; instead replaces one.
func with(lines string) string          { return strings.TrimSuffix(upgrade, "\r\n") + lines + "\r\n" }
func without(line string) string        { return instead(line, "") }
func instead(line, other string) string { return strings.Replace(upgrade, line, other, 1) }

func key(value string) string { return instead(keyLine, "Sec-WebSocket-Key: "+value+"\r\n") }
func version(value string) string {
	return instead(versionLine, "Sec-WebSocket-Version: "+value+"\r\n")
}

func manyProtocols() string {
	var list strings.Builder
	for i := range maxProtocols + 1 {
		fmt.Fprintf(&list, "p%d,", i)
	}
	return list.String()
}

// upgradeRow is a request and what comes of it. Each is run three ways: as
// pure functions, as the first request of a connection, and as a later one.
type upgradeRow struct {
	name   string
	raw    string
	status int
	header string // "Name: value" that the response must have
	reason string // a part of the sentence
	later  int    // status as a later request, where net/http reads or answers otherwise
}

var upgradeRows = []upgradeRow{
	{name: "RFC 6455 §1.3: the example's key", raw: upgrade, status: 101, header: "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
	{name: "§4.2.2: the 101 says Upgrade: websocket", raw: upgrade, status: 101, header: "Upgrade: websocket"},
	{name: "§4.2.2: the 101 says Connection: Upgrade", raw: upgrade, status: 101, header: "Connection: Upgrade"},
	{name: "names and tokens in any case", raw: "GET /socket HTTP/1.1\r\nHOST: example.com\r\nupgrade: WebSocket\r\nconnection: uPGRADE\r\nsec-websocket-KEY: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n", status: 101},
	{name: "Connection is a token list", raw: instead(connLine, "Connection: keep-alive, Upgrade\r\n"), status: 101},
	{name: "Connection in two fields", raw: instead(connLine, "Connection: keep-alive\r\nConnection:\tUpgrade \r\n"), status: 101},
	{name: "Upgrade is a list", raw: instead(upgradeLine, "Upgrade: h2c, websocket\r\n"), status: 101},
	{name: "Content-Length: 0 is no body", raw: with("Content-Length: 0\r\n"), status: 101},
	{name: "§4.2.1: absolute target", raw: instead("GET /socket", "GET http://example.com/socket"), status: 101},
	{name: "absolute target, ws", raw: instead("GET /socket", "GET ws://example.com/socket"), status: 101},
	{name: "RFC 9112 §2.2: an empty line before the request", raw: "\r\n" + upgrade, status: 101},
	{name: "RFC 9112 §2.2: four of them", raw: "\r\n\r\n\r\n\r\n" + upgrade, status: 101},
	{name: "escaped path", raw: instead("GET /socket", "GET /%73ocket"), status: 101},
	{name: "UTF-8 in the query", raw: instead("userId=A", "userId=张三"), status: 101},
	{name: "white space around values", raw: key(" \tdGhlIHNhbXBsZSBub25jZQ==\t "), status: 101},
	{name: "HTTP/1.2 is higher than 1.1", raw: instead("HTTP/1.1", "HTTP/1.2"), status: 101},
	{name: "Host with port", raw: instead(hostLine, "Host: example.com:8080\r\n"), status: 101},
	{name: "Host with IPv6 address", raw: instead(hostLine, "Host: [::1]:8080\r\n"), status: 101},
	{name: "same Origin", raw: with("Origin: http://example.com\r\n"), status: 101},
	{name: "unknown extension is declined by silence", raw: with("Sec-WebSocket-Extensions: x-unknown\r\n"), status: 101},

	{name: "§4.2.1 1: POST", raw: instead("GET", "POST"), status: 405, header: "Allow: GET", reason: `got "POST"`},
	{name: "§4.2.1 1: HEAD", raw: instead("GET", "HEAD"), status: 405, header: "Allow: GET"},
	{name: "methods are case-sensitive", raw: instead("GET", "get"), status: 405, header: "Allow: GET"},
	{name: "§4.2.1 1: HTTP/1.0", raw: instead("HTTP/1.1", "HTTP/1.0"), status: 400, reason: "expected HTTP/1.1, got HTTP/1.0"},
	{name: "§4.2.1 1: HTTP/1.0 without Host", raw: "GET /socket HTTP/1.0\r\n" + upgradeLine + connLine + keyLine + versionLine + "\r\n", status: 400, reason: "got HTTP/1.0"},
	{name: "§4.2.1 1: HTTP/2.0", raw: instead("HTTP/1.1", "HTTP/2.0"), status: 505, reason: "got HTTP/2.0", later: 505},
	{name: "HTTP/1.10", raw: instead("HTTP/1.1", "HTTP/1.10"), status: 400, reason: `got "HTTP/1.10"`, later: 400},
	{name: "http/1.1", raw: instead("HTTP/1.1", "http/1.1"), status: 400, reason: `got "http/1.1"`, later: 400},
	{name: "no version", raw: instead(" HTTP/1.1", ""), status: 400, reason: "method, target and version", later: 400},
	{name: "space in the target", raw: instead("userId=A", "userId=A B"), status: 400, reason: `got "B HTTP/1.1"`, later: 400},
	{name: "two spaces", raw: instead("GET /", "GET  /"), status: 400, reason: "expected HTTP/1.1 at the end", later: 400},
	{name: "fragment in the target", raw: instead("userId=A", "userId=A#b"), status: 400, reason: "as target", later: 101},
	{name: "control byte in the target", raw: instead("userId=A", "userId=A\x01"), status: 400, reason: `\x01`, later: 400},
	{name: "bad escape in the path", raw: instead("/socket", "/socket%zz"), status: 400, reason: "as target", later: 400},
	{name: "user information in the target", raw: instead("GET /", "GET http://a@example.com/"), status: 400, reason: "as target"},
	{name: "absolute target of another scheme", raw: instead("GET /", "GET ftp://example.com/"), status: 400, reason: "as target"},
	{name: "target without a slash", raw: instead("GET /", "GET "), status: 400, reason: "as target", later: 400},
	{name: "method that is no token", raw: instead("GET", "G(T"), status: 400, reason: "as method", later: 400},

	{name: "§4.2.1 2: no Host", raw: without(hostLine), status: 400, reason: "expected one Host, got 0", later: 400},
	{name: "§4.2.1 2: empty Host", raw: instead(hostLine, "Host: \r\n"), status: 400, reason: "Host"},
	{name: "§4.2.1 2: two Hosts", raw: with(hostLine), status: 400, reason: "expected one Host, got 2", later: 400},
	{name: "two Hosts beside an absolute target", raw: strings.Replace(with(hostLine), "GET /", "GET http://example.com/", 1), status: 400, reason: "expected one Host, got 2", later: 400},
	{name: "Host with a path", raw: instead(hostLine, "Host: example.com/x\r\n"), status: 400, reason: `got "example.com/x"`, later: 400},
	{name: "Host with a bad port", raw: instead(hostLine, "Host: example.com:http\r\n"), status: 400, reason: "optional port"},

	{name: "§4.2.1 3: no upgrade at all", raw: "GET /socket HTTP/1.1\r\n" + hostLine + "\r\n", status: 426, header: "Sec-WebSocket-Version: 13", reason: "got neither"},
	{name: "RFC 9110 §15.5.22: 426 names the protocol", raw: "GET /socket HTTP/1.1\r\n" + hostLine + "\r\n", status: 426, header: "Upgrade: websocket"},
	{name: "§4.2.1 3: no Upgrade", raw: without(upgradeLine), status: 426, header: "Upgrade: websocket", reason: "without Upgrade: websocket"},
	{name: "§4.2.1 3: another Upgrade", raw: instead(upgradeLine, "Upgrade: h2c\r\n"), status: 426, reason: "without Upgrade: websocket"},
	{name: "§4.2.1 3: Kelvin sign for k", raw: instead(upgradeLine, "Upgrade: webso\u212aet\r\n"), status: 426},
	{name: "§4.2.1 4: no Connection", raw: without(connLine), status: 426, header: "Sec-WebSocket-Version: 13", reason: "without Connection: Upgrade"},
	{name: "§4.2.1 4: another Connection", raw: instead(connLine, "Connection: close\r\n"), status: 426, reason: "without Connection: Upgrade"},
	{name: "§4.2.1 4: a token that only contains it", raw: instead(connLine, "Connection: notUpgrade\r\n"), status: 426},

	{name: "a body by length", raw: with("Content-Length: 5\r\n") + "hello", status: 400, reason: `Content-Length "5"`},
	{name: "a length that is no number", raw: with("Content-Length: x\r\n"), status: 400, reason: `Content-Length "x"`, later: 400},
	{name: "two lengths", raw: with("Content-Length: 0\r\nContent-Length: 5\r\n"), status: 400, reason: "Content-Length", later: 400},
	{name: "a body in chunks", raw: with("Transfer-Encoding: chunked\r\n") + "0\r\n\r\n", status: 400, reason: `Transfer-Encoding "chunked"`},
	{name: "another coding", raw: with("Transfer-Encoding: gzip\r\n"), status: 400, reason: "Transfer-Encoding", later: 501},

	{name: "§4.2.1 5: no key", raw: without(keyLine), status: 400, reason: "expected one Sec-WebSocket-Key, got 0"},
	{name: "§11.3.1: two keys", raw: with(keyLine), status: 400, reason: "expected one Sec-WebSocket-Key, got 2"},
	{name: "§4.2.1 5: empty key", raw: key(""), status: 400, reason: "16 bytes"},
	{name: "§4.2.1 5: 15 bytes", raw: key("AAAAAAAAAAAAAAAAAAAA"), status: 400, reason: "16 bytes"},
	{name: "§4.2.1 5: 17 bytes", raw: key("AAAAAAAAAAAAAAAAAAAAAAA="), status: 400, reason: "16 bytes"},
	{name: "§4.2.1 5: 18 bytes", raw: key("AAAAAAAAAAAAAAAAAAAAAAAA"), status: 400, reason: "16 bytes"},
	{name: "§4.2.1 5: no padding", raw: key("dGhlIHNhbXBsZSBub25jZQ"), status: 400, reason: "16 bytes"},
	{name: "§4.2.1 5: last bits not zero", raw: key("dGhlIHNhbXBsZSBub25jZR=="), status: 400, reason: "16 bytes"},
	{name: "§4.2.1 5: URL alphabet", raw: key("____IHNhbXBsZSBub25jZQ=="), status: 400, reason: "16 bytes"},
	{name: "§4.2.1 5: not base64", raw: key("!!!!!!!!!!!!!!!!!!!!!!=="), status: 400, reason: "16 bytes"},
	{name: "a value that is too long to be quoted whole", raw: key(strings.Repeat("A", 1000)), status: 400, reason: "\"…"},
	{name: "§4.2.1 5: two keys in one", raw: key("dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=="), status: 400, reason: "16 bytes"},

	{name: "§4.2.1 6: no version", raw: without(versionLine), status: 400, header: "Sec-WebSocket-Version: 13", reason: "expected one Sec-WebSocket-Version, got 0"},
	{name: "§4.2.1 6: two versions", raw: with(versionLine), status: 400, header: "Sec-WebSocket-Version: 13", reason: "expected one Sec-WebSocket-Version, got 2"},
	{name: "§4.4: version 8", raw: version("8"), status: 426, header: "Sec-WebSocket-Version: 13", reason: `got "8"`},
	{name: "§4.4: version 0", raw: version("0"), status: 426, header: "Sec-WebSocket-Version: 13"},
	{name: "§4.4: version 14", raw: version("14"), status: 426, header: "Upgrade: websocket"},
	{name: "§4.3: version 13, 8", raw: version("13, 8"), status: 400, header: "Sec-WebSocket-Version: 13", reason: `got "13, 8"`},
	{name: "§4.3: version 013", raw: version("013"), status: 400, header: "Sec-WebSocket-Version: 13", reason: `got "013"`},
	{name: "§4.3: version -13", raw: version("-13"), status: 400, reason: `got "-13"`},
	{name: "§4.3: version abc", raw: version("abc"), status: 400, header: "Sec-WebSocket-Version: 13", reason: `got "abc"`},
	{name: "§4.3: empty version", raw: version(""), status: 400, header: "Sec-WebSocket-Version: 13", reason: `got ""`},

	{name: "§4.2.1 7: Origin of another host", raw: with("Origin: http://evil.example\r\n"), status: 403, reason: `got "http://evil.example"`},
	{name: "two Origins", raw: with("Origin: http://example.com\r\nOrigin: http://example.com\r\n"), status: 403, reason: "expected one Origin, got 2"},

	{name: "§4.2.2: the known subprotocol", raw: with("Sec-WebSocket-Protocol: x, chat\r\n"), status: 101, header: "Sec-WebSocket-Protocol: chat"},
	{name: "§11.3.4: in the second field", raw: with("Sec-WebSocket-Protocol: x\r\nSec-WebSocket-Protocol: chat\r\n"), status: 101, header: "Sec-WebSocket-Protocol: chat"},
	{name: "§4.2.2: none that is known", raw: with("Sec-WebSocket-Protocol: x\r\n"), status: 101, header: "Sec-WebSocket-Protocol: "},
	{name: "§4.1 10: no token", raw: with("Sec-WebSocket-Protocol: chat, a b\r\n"), status: 400, reason: `got "a b"`},
	{name: "§4.1 10: given twice", raw: with("Sec-WebSocket-Protocol: chat, chat\r\n"), status: 400, reason: "twice"},
	{name: "more than 64 of them", raw: with("Sec-WebSocket-Protocol: " + manyProtocols() + "\r\n"), status: 400, reason: "at most 64"},
	{name: "§11.3.4: empty list", raw: with("Sec-WebSocket-Protocol: ,\r\n"), status: 400, reason: "expected a subprotocol"},

	{name: "RFC 9112 §2.2: five empty lines", raw: "\r\n\r\n\r\n\r\n\r\n" + upgrade, status: 400, reason: "expected", later: 400},
	{name: "RFC 9112 §2.2: an empty line that ends in a bare LF", raw: "\n" + upgrade, status: 400, reason: "expected", later: 101},
	{name: "RFC 9112 §2.2: a bare CR before the request", raw: "\r" + upgrade, status: 400, reason: "expected", later: 101},
	{name: "RFC 9112 §2.2: bare CR in a value", raw: with("X: a\rb\r\n"), status: 400, reason: "control bytes in the value of X", later: 400},
	{name: "RFC 9112 §2.2: bare CR in the request line", raw: instead("userId=A", "userId=A\rB"), status: 400, reason: "as target", later: 400},
	{name: "RFC 9112 §2.2: bare LF", raw: strings.ReplaceAll(upgrade, "\r\n", "\n"), status: 400, reason: "bare LF", later: 101},
	{name: "RFC 9112 §2.2: one bare LF", raw: instead(hostLine, "Host: example.com\n"), status: 400, reason: "bare LF", later: 101},
	{name: "RFC 9110 §5.5: NUL in a value", raw: with("X: a\x00b\r\n"), status: 400, reason: "control bytes", later: 400},
	{name: "RFC 9110 §5.5: DEL in a value", raw: with("X: a\x7fb\r\n"), status: 400, reason: "control bytes", later: 400},
	{name: "RFC 9112 §5.1: space before the colon", raw: instead("Upgrade: ", "Upgrade : "), status: 400, reason: "header field", later: 400},
	{name: "RFC 9112 §5.1: no name", raw: with(": x\r\n"), status: 400, reason: "header field", later: 400},
	{name: "RFC 9112 §5.1: no colon", raw: with("nonsense\r\n"), status: 400, reason: `got "nonsense"`, later: 400},
	{name: "RFC 9112 §5.1: name that is no token", raw: with("a[b: x\r\n"), status: 400, reason: "header field", later: 400},
	{name: "RFC 9112 §5.2: folded line", raw: with("X: a\r\n b\r\n"), status: 400, reason: "folded", later: 101},
	{name: "RFC 9112 §2.2: white space before the first field", raw: instead(hostLine, " x: y\r\n"+hostLine), status: 400, reason: "folded", later: 400},
	{name: "RFC 9110 §5.5: bytes beyond ASCII in a value", raw: with("X: \xff\xfe\r\n"), status: 101},
}
