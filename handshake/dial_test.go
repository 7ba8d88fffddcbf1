package handshake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// accepted is what a server says to a request, whose endpoint knows the subprotocol
// "chat".
func accepted(r *Request) string {
	response, rejection := answer(r, nil)
	if rejection != nil {
		response = rejection.AppendResponse(nil, r.Method, time.Now())
	}
	return string(response)
}

// readRequest reads a request; nil if there is none.
func readRequest(conn net.Conn) *Request {
	var d Decoder
	buf := make([]byte, 1000)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return nil
		}
		if r, _, err := d.Next(buf[:n]); r != nil || err != nil {
			return r
		}
	}
}

func TestDial(t *testing.T) {
	requests := make(chan *Request, 1)
	url := rawServer(t, false, func(r *Request) string { requests <- r; return accepted(r) })
	d := &Dialer{Protocols: []string{"other", "chat"}, Header: Header{{"X-Test", "1"}}}
	conn, response, err := d.Dial(testContext(t), url+"socket?userId=%E5%BC%A0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if response.Protocol != "chat" || response.Early != nil {
		t.Errorf("got %+v", response)
	}
	r := <-requests
	if got := r.URL.Query().Get("userId"); got != "张" {
		t.Errorf("userId is %q", got)
	}
	if r.Header.Get("x-test") != "1" || "ws://"+r.Host+"/" != url {
		t.Errorf("the server got %+v", r)
	}
}

func TestDialRefused(t *testing.T) {
	url := rawServer(t, false, accepted)
	d := &Dialer{Header: Header{{"Origin", "http://evil.example"}}}
	_, _, err := d.Dial(testContext(t), url)
	var refused *StatusError
	if !errors.As(err, &refused) || refused.Status != 403 || !strings.Contains(refused.Body, "evil.example") ||
		refused.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Fatalf("got %v", err)
	}
}

func TestDialChecksItsArguments(t *testing.T) {
	for _, row := range []struct {
		name string
		url  string
		d    Dialer
		want error
	}{
		{"RFC 6455 §3: scheme", "http://a.example/", Dialer{}, ErrURL},
		{"no scheme", "a.example/", Dialer{}, ErrURL},
		{"no host", "ws:///socket", Dialer{}, ErrURL},
		{"only a port", "ws://:80/socket", Dialer{}, ErrURL},
		{"opaque", "ws:a.example", Dialer{}, ErrURL},
		{"RFC 6455 §3: fragment", "ws://a.example/#x", Dialer{}, ErrURL},
		{"RFC 6455 §3: empty fragment", "ws://a.example/#", Dialer{}, ErrURL},
		{"user information", "ws://u:p@a.example/", Dialer{}, ErrURL},
		{"space in the query", "ws://a.example/?a b", Dialer{}, ErrURL},
		{"control byte", "ws://a.example/\r\n", Dialer{}, ErrURL},
		{"bad escape", "ws://a.example/%zz", Dialer{}, ErrURL},
		{"subprotocol that is no token", "ws://a.example/", Dialer{Protocols: []string{"a b"}}, ErrOffer},
		{"subprotocol twice", "ws://a.example/", Dialer{Protocols: []string{"a", "a"}}, ErrOffer},
		{"empty extension", "ws://a.example/", Dialer{Extensions: []string{""}}, ErrOffer},
		{"line break in an extension", "ws://a.example/", Dialer{Extensions: []string{"x; y\r\nz"}}, ErrOffer},
		{"line break in a value", "ws://a.example/", Dialer{Header: Header{{"X", "a\r\nb"}}}, ErrOffer},
		{"name that is no token", "ws://a.example/", Dialer{Header: Header{{"X:", "a"}}}, ErrOffer},
		{"a field of the handshake", "ws://a.example/", Dialer{Header: Header{{"sec-websocket-key", "a"}}}, ErrOffer},
		{"two Hosts", "ws://a.example/", Dialer{Header: Header{{"Host", "a"}, {"Host", "b"}}}, ErrOffer},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, _, err := row.d.Dial(testContext(t), row.url); !errors.Is(err, row.want) {
				t.Errorf("got %v, want %v", err, row.want)
			}
		})
	}
}

func TestDialRequest(t *testing.T) {
	for _, row := range []struct{ url, target, host string }{
		{"ws://a.example", "/", "a.example"},
		{"ws://a.example:80/x?y=z", "/x?y=z", "a.example"},
		{"ws://a.example:8080/x", "/x", "a.example:8080"},
		{"ws://a.example:/x", "/x", "a.example"},
		{"wss://a.example:80?q", "/?q", "a.example:80"},
		{"wss://a.example:443/", "/", "a.example"},
		{"ws://[::1]/", "/", "[::1]"},
		{"WS://[::1]:8080/", "/", "[::1]:8080"},
	} {
		u, err := parseURL(row.url)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := new(Dialer).appendRequest(nil, u, "dGhlIHNhbXBsZSBub25jZQ==")
		if err != nil {
			t.Fatal(err)
		}
		r, err := ParseRequest(raw)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Verify(r); err != nil || r.Target != row.target || r.Host != row.host {
			t.Errorf("%s: %v, target %q, host %q", row.url, err, r.Target, r.Host)
		}
	}
}

// rawServer answers the first request of each connection with what answer
// makes of it, and then closes, or with hold waits for the client to.
func rawServer(t *testing.T, hold bool, answer func(*Request) string) (url string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			if r := readRequest(conn); r != nil {
				io.WriteString(conn, answer(r))
			}
			if hold {
				io.Copy(io.Discard, conn)
			}
			conn.Close()
		}
	}()
	t.Cleanup(func() { ln.Close(); <-done })
	return "ws://" + ln.Addr().String() + "/"
}

func TestDialMisbehavingServers(t *testing.T) {
	const (
		line   = "HTTP/1.1 101 Switching Protocols\r\n"
		up     = "Upgrade: websocket\r\n"
		co     = "Connection: Upgrade\r\n"
		accept = "Sec-WebSocket-Accept: KEY\r\n"
		good   = line + up + co + accept
	)
	d := &Dialer{Protocols: []string{"a", "b"}, Extensions: []string{"x-offered; p=1"}}
	for _, row := range []struct {
		name string
		raw  string // KEY stands for the right accept key
		want string // a part of the error; "" for none
	}{
		{"right", good + "\r\n", ""},
		{"another case", "HTTP/1.1 101\r\nupgrade: WebSocket\r\nCONNECTION: keep-alive, upgrade\r\n" + accept + "\r\n", ""},
		{"a subprotocol that was offered", good + "Sec-WebSocket-Protocol: b\r\n\r\n", ""},
		{"an extension that was offered", good + "Sec-WebSocket-Extensions: x-offered;p=2\r\n\r\n", ""},
		{"RFC 9110 §15.2: interim responses first", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + good + "\r\n", ""},
		{"§4.1 2: no Upgrade", line + co + accept + "\r\n", "Upgrade: websocket"},
		{"§4.1 2: another Upgrade", line + "Upgrade: h2c\r\n" + co + accept + "\r\n", `got "h2c"`},
		{"§4.1 2: two Upgrades", good + up + "\r\n", "one Upgrade"},
		{"§4.1 2: a list of Upgrades", line + "Upgrade: websocket, h2c\r\n" + co + accept + "\r\n", "one Upgrade"},
		{"§4.1 3: no Connection", line + up + accept + "\r\n", "Connection: Upgrade"},
		{"§4.1 3: another Connection", line + up + "Connection: close\r\n" + accept + "\r\n", `got "close"`},
		{"§4.1 4: no accept key", line + up + co + "\r\n", "Sec-WebSocket-Accept"},
		{"§4.1 4: another accept key", line + up + co + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", "Sec-WebSocket-Accept"},
		{"§4.1 4: two accept keys", good + accept + "\r\n", "one Sec-WebSocket-Accept"},
		{"§4.1 5: an extension that was not offered", good + "Sec-WebSocket-Extensions: x-offered, permessage-deflate\r\n\r\n", `got "permessage-deflate"`},
		{"§4.1 6: a subprotocol that was not offered", good + "Sec-WebSocket-Protocol: c\r\n\r\n", `got "c"`},
		{"§4.1 6: a subprotocol in another case", good + "Sec-WebSocket-Protocol: A\r\n\r\n", `got "A"`},
		{"§4.1 6: two subprotocols", good + "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b\r\n\r\n", "one subprotocol"},
		{"§4.1 6: two subprotocols in one", good + "Sec-WebSocket-Protocol: a, b\r\n\r\n", "one subprotocol"},
		{"HTTP/1.0", strings.Replace(good, "HTTP/1.1", "HTTP/1.0", 1) + "\r\n", "got \"HTTP/1.0\""},
		{"HTTP/2.0", strings.Replace(good, "HTTP/1.1", "HTTP/2.0", 1) + "\r\n", "status line"},
		{"no HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "status line"},
		{"status of four digits", "HTTP/1.1 1010 x\r\n\r\n", "status line"},
		{"status with a sign", "HTTP/1.1 +10 x\r\n\r\n", "status line"},
		{"binary", "\x15\x03\x01\x00\x02\x02\x46", "something else"},
		{"bare LF", strings.ReplaceAll(good, "\r\n", "\n") + "\n", "bare LF"},
		{"NUL in a value", good + "X: \x00\r\n\r\n", "control bytes"},
		{"folded line", good + "X: a\r\n b\r\n\r\n", "folded"},
		{"nothing", "", "unexpected EOF"},
		{"half a head", good, "unexpected EOF"},
		{"an endless head", good + strings.Repeat("X: y\r\n", 3000), "at most 16384"},
		{"an endless line", strings.Repeat("H", 20000), "at most 16384"},
		{"endless interim responses", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 1000), "at most 16384"},
	} {
		t.Run(row.name, func(t *testing.T) {
			url := rawServer(t, false, func(r *Request) string {
				return strings.ReplaceAll(row.raw, "KEY", AcceptKey(r.Header.Get("Sec-WebSocket-Key")))
			})
			conn, _, err := d.Dial(testContext(t), url)
			if row.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				conn.Close()
				return
			}
			if err == nil {
				conn.Close()
				t.Fatal("it was accepted")
			}
			if !errors.Is(err, ErrResponse) || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q in it", err, row.want)
			}
		})
	}
}

func TestDialStatusError(t *testing.T) {
	for _, row := range []struct {
		name, raw, body string
		hold            bool
	}{
		{"with a length", "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone", "gone", true},
		{"in chunks", "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n2\r\ngo\r\n2\r\nne\r\n0\r\n\r\n", "gone", true},
		{"until the end", "HTTP/1.1 404 Not Found\r\n\r\ngone", "gone", false},
		{"without", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "", true},
		{"behind an interim response", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone", "gone", true},
		{"less than announced", "HTTP/1.1 404 Not Found\r\nContent-Length: 40\r\n\r\ngone", "gone", false},
		{"bounded", "HTTP/1.1 404 Not Found\r\n\r\n" + strings.Repeat("x", 100000), strings.Repeat("x", maxRefusalBody), false},
		{"HTTP/1.0", "HTTP/1.0 404 Not Found\r\n\r\ngone", "gone", false},
		{"with the fields of an upgrade", "HTTP/1.1 404 Not Found\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 4\r\n\r\ngone", "gone", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			url := rawServer(t, row.hold, func(*Request) string { return row.raw })
			_, _, err := new(Dialer).Dial(testContext(t), url)
			var refused *StatusError
			if !errors.As(err, &refused) || refused.Status != 404 || refused.Body != row.body ||
				!strings.Contains(err.Error(), "404 Not Found") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestDialEarly(t *testing.T) {
	frames := strings.Repeat("0123456789", 300)
	for _, interim := range []string{"", "HTTP/1.1 103 Early Hints\r\n\r\n"} {
		url := rawServer(t, true, func(r *Request) string {
			return interim + accepted(r) + frames
		})
		conn, response, err := new(Dialer).Dial(testContext(t), url)
		if err != nil {
			t.Fatal(err)
		}
		rest := make([]byte, len(frames)-len(response.Early))
		conn.SetReadDeadline(time.Now().Add(patience))
		if _, err := io.ReadFull(conn, rest); err != nil || string(response.Early)+string(rest) != frames {
			t.Errorf("other bytes came, %v", err)
		}
		conn.Close()
	}
}

func TestDialCancelled(t *testing.T) {
	for _, row := range []struct{ name, scheme, answer string }{
		{"during the TLS handshake", "wss", ""},
		{"before the response", "ws", ""},
		{"within the head", "ws", "HTTP/1.1 101 Switching"},
		{"within a refusal's body", "ws", "HTTP/1.1 404 Not Found\r\nContent-Length: 10\r\n\r\nhalf"},
	} {
		t.Run(row.name, func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
			ctx, cancel := context.WithCancel(testContext(t))
			result := make(chan error, 1)
			go func() {
				_, _, err := new(Dialer).Dial(ctx, fmt.Sprintf("%s://%s/", row.scheme, ln.Addr()))
				result <- err
			}()
			conn, err := ln.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.Read(make([]byte, 1)) // the client has begun
			send(t, conn, row.answer)
			cancel()
			if err := <-result; !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want context.Canceled", err)
			}
		})
	}
	t.Run("before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := new(Dialer).Dial(ctx, "ws://127.0.0.1:1/"); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("afterwards it has no effect", func(t *testing.T) {
		url := rawServer(t, true, accepted)
		ctx, cancel := context.WithCancel(t.Context())
		conn, _, err := new(Dialer).Dial(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		cancel()
		conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
		if n, err := conn.Read(make([]byte, 1)); n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("got %d bytes, %v, want to wait for more", n, err)
		}
	})
}
