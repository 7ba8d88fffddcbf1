//go:build e2e

package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
	"wschat/frame/frametest"
)

// The fields of an upgrade.
const (
	host       = "Host: chat.localhost"
	toSocket   = "Upgrade: websocket"
	connection = "Connection: keep-alive, Upgrade"
	key        = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" // the example of RFC 6455 §1.3
	accept     = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
	version    = "Sec-WebSocket-Version: 13"
)

// request is the head of a request.
func request(line string, fields ...string) string {
	return strings.Join(append([]string{line}, fields...), "\r\n") + "\r\n\r\n"
}

// upgrade is the head of an upgrade as it must be, with more fields.
func upgrade(target string, more ...string) string {
	return request("GET "+target+" HTTP/1.1", append([]string{host, toSocket, connection, key, version}, more...)...)
}

// raw opens a connection and sends bytes.
func (s *server) raw(send string) (net.Conn, *bufio.Reader) { return s.rawFrom("", send) }

// rawFrom is raw from an address of this machine.
func (s *server) rawFrom(ip, send string) (net.Conn, *bufio.Reader) {
	s.t.Helper()
	conn, err := s.RawFrom(ip)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(target.Patience))
	if _, err := io.WriteString(conn, send); err != nil {
		s.t.Fatal(err)
	}
	return conn, bufio.NewReader(conn)
}

// ask sends one request and returns the answer, its body read.
func (s *server) ask(send string) (*http.Response, string) {
	s.t.Helper()
	_, from := s.raw(send)
	return s.answer(from, send)
}

// status is ask for who wants to know no more.
func (s *server) status(send string) int {
	s.t.Helper()
	response, _ := s.ask(send)
	return response.StatusCode
}

func (s *server) answer(from *bufio.Reader, send string) (*http.Response, string) {
	s.t.Helper()
	method, _, _ := strings.Cut(send, " ")
	response, err := http.ReadResponse(from, &http.Request{Method: method})
	if err != nil {
		s.t.Fatal(err)
	}
	if response.StatusCode == http.StatusSwitchingProtocols {
		return response, ""
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response, string(body)
}

// PROTOCOL 1, the table.
func TestAnswers(t *testing.T) {
	s := start(t)
	const socketLine = "GET /socket?userId=A HTTP/1.1"
	upgradeFields := []string{"Upgrade: websocket", "Sec-WebSocket-Version: 13"}
	for _, row := range []struct {
		name   string
		send   string
		status int
		header []string
	}{
		{"the page", request("GET / HTTP/1.1", host), 200, []string{"Content-Type: text/html; charset=utf-8", "X-Content-Type-Options: nosniff"}},
		{"HEAD of the page", request("HEAD / HTTP/1.1", host), 200, []string{"Content-Type: text/html; charset=utf-8"}},
		{"a file of the page", request("GET /main.js HTTP/1.1", host), 200, []string{"Content-Type: text/javascript; charset=utf-8"}},
		{"the page with a query", request("GET /?a=b HTTP/1.1", host), 200, nil},
		{"the page by an absolute target", request("GET http://chat.localhost/ HTTP/1.1", host), 200, nil},
		{"the page by one without a path", request("GET http://chat.localhost HTTP/1.1", host), 200, nil},
		{"the page behind an empty line", "\r\n" + request("GET / HTTP/1.1", host), 200, nil},
		{"POST to the page", request("POST / HTTP/1.1", host, "Content-Length: 0"), 405, []string{"Allow: GET, HEAD"}},
		{"OPTIONS of the page", request("OPTIONS / HTTP/1.1", host), 405, []string{"Allow: GET, HEAD"}},
		{"an upgrade of the page", upgrade("/"), 200, nil},
		{"healthz", request("GET /healthz HTTP/1.1", host), 200, []string{"Cache-Control: no-store"}},
		{"HEAD of healthz", request("HEAD /healthz HTTP/1.1", host), 200, nil},
		{"POST to healthz", request("POST /healthz HTTP/1.1", host, "Content-Length: 0"), 405, []string{"Allow: GET, HEAD"}},

		{"an upgrade", upgrade("/socket?userId=A"), 101, []string{"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: " + accept}},
		{"fields in other case", request(socketLine, "hOST: localhost", "uPGRADE: WebSocket", "cONNECTION: upgrade", strings.ToLower(key[:17])+key[17:], strings.ToUpper(version)), 101, nil},
		{"no upgrade", request(socketLine, host), 426, upgradeFields},
		{"Upgrade without Connection", request(socketLine, host, toSocket, key, version), 426, upgradeFields},
		{"Connection without Upgrade", request(socketLine, host, connection, key, version), 426, upgradeFields},
		{"an upgrade to something else", request(socketLine, host, "Upgrade: h2c", connection, key, version), 426, upgradeFields},
		{"version 8", request(socketLine, host, toSocket, connection, key, "Sec-WebSocket-Version: 8"), 426, upgradeFields[1:]},
		{"no version", request(socketLine, host, toSocket, connection, key), 400, upgradeFields[1:]},
		{"a version that is no number", request(socketLine, host, toSocket, connection, key, "Sec-WebSocket-Version: x"), 400, upgradeFields[1:]},
		{"no key", request(socketLine, host, toSocket, connection, version), 400, nil},
		{"two keys", upgrade("/socket", key), 400, nil},
		{"a key of 15 bytes", request(socketLine, host, toSocket, connection, version, "Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0O"), 400, nil},
		{"a key that is no base64", request(socketLine, host, toSocket, connection, version, "Sec-WebSocket-Key: !AECAwQFBgcICQoLDA0ODw=="), 400, nil},
		{"HTTP/1.0", request("GET /socket HTTP/1.0", host, toSocket, connection, key, version), 400, nil},
		{"no Host", request(socketLine, toSocket, connection, key, version), 400, nil},
		{"a bad user id", upgrade("/socket?userId=all"), 400, nil},
		{"a broken query", upgrade("/socket?userId=%zz"), 400, nil},
		{"POST to the socket", request("POST /socket HTTP/1.1", host, "Content-Length: 0"), 405, []string{"Allow: GET"}},
		{"HEAD of the socket", request("HEAD /socket HTTP/1.1", host), 405, []string{"Allow: GET"}},
		{"a head of 17 KiB", request(socketLine, host, "X: "+strings.Repeat("x", 17<<10)), 431, nil},
		{"a head of 17 KiB for the page", request("GET / HTTP/1.1", host, "X: "+strings.Repeat("x", 17<<10)), 431, nil},

		{"an unknown path", request("GET /nothing HTTP/1.1", host), 404, nil},
		{"an unknown path with another method", request("DELETE /nothing HTTP/1.1", host), 404, nil},
		{"an unknown path with a method of its own", request("BREW /nothing HTTP/1.1", host), 404, nil},
		{"an upgrade of an unknown path", upgrade("/nothing"), 404, nil},
		{"OPTIONS *", request("OPTIONS * HTTP/1.1", host), 404, nil},
		{"//", request("GET // HTTP/1.1", host), 404, nil},
		{"//socket", upgrade("//socket"), 404, nil},
		{"/x/..", request("GET /x/.. HTTP/1.1", host), 404, nil},
		{"/x/../socket", upgrade("/x/../socket"), 404, nil},
		{"/socket/", upgrade("/socket/"), 404, nil},
		{"/index.html, which is /", request("GET /index.html HTTP/1.1", host), 404, nil},
		{"the server's own files", request("GET /static.go HTTP/1.1", host), 404, nil},
		{"echo, which nobody switched on", upgrade("/echo"), 404, nil},
	} {
		s.run(row.name, func(t *testing.T) {
			response, body := s.ask(row.send)
			if response.StatusCode != row.status {
				t.Fatalf("got %s %q, want %d", response.Status, body, row.status)
			}
			for _, field := range row.header {
				name, value, _ := strings.Cut(field, ": ")
				if got := response.Header.Get(name); got != value {
					t.Errorf("got %s: %q, want %q", name, got, value)
				}
			}
			head := strings.HasPrefix(row.send, "HEAD ")
			if head != (body == "") && row.status != 101 {
				t.Errorf("got the body %q", body)
			}
			if row.status == 400 && !strings.HasPrefix(body, "expected ") {
				t.Errorf("got %q, want a sentence with what was expected", body)
			}
		})
	}
}

// A request head that is not whole in -handshake-timeout is dropped.
func TestHandshakeTimeout(t *testing.T) {
	t.Parallel()
	s := start(t, "-handshake-timeout", "100ms")
	for _, begun := range []string{"", "GET ", "GET /socket HTTP/1.1\r\nHost: localhost\r\n"} {
		_, from := s.raw(begun)
		if rest, err := io.ReadAll(from); err != nil || len(rest) > 0 {
			t.Errorf("behind %q: got %q, %v, want the end", begun, rest, err)
		}
	}
}

// Proxies keep connections alive.
func TestUpgradeLaterOnAConnection(t *testing.T) {
	s := start(t)
	page := request("GET /main.js HTTP/1.1", host)
	conn, from := s.raw(page)
	s.answer(from, page)
	for range 2 {
		io.WriteString(conn, "\r\n"+page) // RFC 9112 §2.2
		if response, _ := s.answer(from, page); response.StatusCode != 200 {
			t.Fatalf("got %s", response.Status)
		}
	}
	hello := upgrade("/socket?userId=K")
	io.WriteString(conn, hello+string(masked(frame.Header{Fin: true, Opcode: frame.Text}, "who,")))
	if response, body := s.answer(from, hello); response.StatusCode != 101 || response.Header.Get("Sec-WebSocket-Accept") != accept {
		t.Fatalf("got %s %q", response.Status, body)
	}
	c := s.over(conn, from)
	c.hears("系统:在线 1: K")
	s.login("L").say("K,hi")
	c.hears("用户(L)登录了", "用户(L=>K):hi")
}

func TestFramesRightBehindTheRequest(t *testing.T) {
	s := start(t)
	hello := upgrade("/socket?userId=E")
	conn, from := s.raw(hello + string(masked(frame.Header{Fin: true, Opcode: frame.Text}, "E,one")) +
		string(masked(frame.Header{Opcode: frame.Text}, "E,t")) + "\x80") // and half a frame
	if response, body := s.answer(from, hello); response.StatusCode != 101 {
		t.Fatalf("got %s %q", response.Status, body)
	}
	c := s.over(conn, from)
	c.hears("用户(E=>E):one")
	if err := c.Raw(masked(frame.Header{Fin: true}, "wo")[1:]); err != nil {
		t.Fatal(err)
	}
	c.hears("用户(E=>E):two")
}

// over makes a client of a connection on which the handshake is done.
func (s *server) over(conn net.Conn, from *bufio.Reader) *client {
	early, _ := from.Peek(from.Buffered())
	return &client{Client: &target.Client{Peer: frametest.NewPeer(conn, frame.Client, early), Conn: target.TCP(conn)}, server: s}
}

func TestOrigin(t *testing.T) {
	own, allowing, open := start(t), start(t, "-allow-origin", "https://good.example, http://also.example:8000"), start(t, "-allow-origin", "*")
	for _, row := range []struct {
		server  *server
		origins []string
		status  int
	}{
		{own, nil, 101}, // not a browser
		{own, []string{"http://chat.localhost"}, 101},
		{own, []string{"https://chat.localhost"}, 101}, // TLS may end at a proxy
		{own, []string{"http://CHAT.localhost:80"}, 101},
		{own, []string{"http://chat.localhost:8080"}, 403},
		{own, []string{"http://evil.example"}, 403},
		{own, []string{"http://chat.localhost.evil.example"}, 403},
		{own, []string{"null"}, 403},
		{own, []string{""}, 403},
		{own, []string{"http://chat.localhost", "http://chat.localhost"}, 403},
		{allowing, []string{"https://good.example"}, 101},
		{allowing, []string{"http://also.example:8000"}, 101},
		{allowing, []string{"http://chat.localhost"}, 101}, // in addition
		{allowing, []string{"http://good.example"}, 403},   // the whole origin
		{open, []string{"http://evil.example"}, 101},
		{open, []string{"http://a.example", "http://b.example"}, 403},
	} {
		var fields []string
		for _, origin := range row.origins {
			fields = append(fields, "Origin: "+origin)
		}
		row.server.run(fmt.Sprintf("%q", row.origins), func(t *testing.T) {
			if response, body := row.server.ask(upgrade("/socket", fields...)); response.StatusCode != row.status {
				t.Errorf("got %s %q, want %d", response.Status, body, row.status)
			}
		})
	}
}

func TestSubprotocol(t *testing.T) {
	s := start(t)
	for offer, want := range map[string]string{
		"wschat.v1.line":           "wschat.v1.line",
		"other, wschat.v1.line":    "wschat.v1.line",
		"other":                    "",
		"WSCHAT.V1.LINE":           "", // names are compared exactly
		"bearer.token-of-somebody": "",
	} {
		response, body := s.ask(upgrade("/socket", "Sec-WebSocket-Protocol: "+offer))
		got, echoed := response.Header["Sec-Websocket-Protocol"]
		if response.StatusCode != 101 || strings.Join(got, ",") != want || echoed != (want != "") {
			t.Errorf("%s: got %s %q %q, want 101 with %q", offer, response.Status, body, got, want)
		}
	}
}
