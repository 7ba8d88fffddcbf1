//go:build e2e

package conformance

import (
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// The request of a client that does everything right.
const (
	echoLine   = "GET /echo HTTP/1.1"
	host       = "Host: chat.localhost"
	upgrade    = "Upgrade: websocket"
	connection = "Connection: Upgrade"
	keyName    = "Sec-WebSocket-Key: "
	usualNonce = "dGhlIHNhbXBsZSBub25jZQ==" // RFC 6455 §1.3
	key        = keyName + usualNonce
	version    = "Sec-WebSocket-Version: 13"
)

// head is the head of a request.
func head(line string, fields ...string) string {
	return strings.Join(append([]string{line}, fields...), "\r\n") + "\r\n\r\n"
}

// upgradeHead is a whole upgrade, with more fields at its end.
func upgradeHead(more ...string) string {
	return head(echoLine, append([]string{host, upgrade, connection, key, version}, more...)...)
}

// response is the head of a response. Names of fields are in lower case.
type response struct {
	status int
	fields map[string][]string
}

func (r response) field(name string) string { return strings.Join(r.fields[name], ", ") }

// readResponse reads the head of a response and is strict about it.
func (c *client) readResponse() (r response, err error) {
	line, err := c.readLine()
	if err != nil {
		return r, err
	}
	code, _, _ := strings.Cut(strings.TrimPrefix(line, "HTTP/1.1 "), " ")
	if r.status, err = strconv.Atoi(code); err != nil || !strings.HasPrefix(line, "HTTP/1.1 ") {
		return r, fmt.Errorf("not a status line: %q", line)
	}
	r.fields = make(map[string][]string)
	for {
		line, err := c.readLine()
		if err != nil || line == "" {
			return r, err
		}
		name, value, ok := strings.Cut(line, ": ")
		if !ok || strings.ContainsAny(name, " \t") {
			return r, fmt.Errorf("not a field: %q", line)
		}
		name = strings.ToLower(name)
		r.fields[name] = append(r.fields[name], value)
	}
}

func (c *client) readLine() (string, error) {
	line, err := c.from.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("no whole head, but %q: %w", line, err)
	}
	if !strings.HasSuffix(line, "\r\n") {
		return "", fmt.Errorf("a line that does not end in CRLF: %q", line)
	}
	return line[:len(line)-2], nil
}

// acceptOf is RFC 6455 §4.2.2, 5.4.
func acceptOf(nonce string) string {
	sum := sha1.Sum([]byte(nonce + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// check101 is what a client has to see in a 101 (RFC 6455 §4.1).
func (r response) check101(nonce string) error {
	switch {
	case r.status != 101:
		return fmt.Errorf("status %d", r.status)
	case !strings.EqualFold(r.field("upgrade"), "websocket"):
		return fmt.Errorf("Upgrade: %q", r.field("upgrade"))
	case !strings.EqualFold(r.field("connection"), "upgrade"):
		return fmt.Errorf("Connection: %q", r.field("connection"))
	case r.field("sec-websocket-accept") != acceptOf(nonce):
		return fmt.Errorf("Sec-WebSocket-Accept: %q", r.field("sec-websocket-accept"))
	case r.fields["sec-websocket-protocol"] != nil:
		return fmt.Errorf("Sec-WebSocket-Protocol, which nobody offered: %q", r.field("sec-websocket-protocol"))
	case r.fields["content-length"] != nil || r.fields["transfer-encoding"] != nil:
		return fmt.Errorf("a body in a 101 (RFC 9110 §8.6): %v", r.fields)
	}
	return nil
}

// open opens a WebSocket connection.
func (tg *target) open(t *testing.T) *client {
	t.Helper()
	return tg.openWith(t, tg.offer)
}

// openWith is open with another offer.
func (tg *target) openWith(t *testing.T, offer string) *client {
	t.Helper()
	c := tg.dial(t)
	var more []string
	if offer != "" {
		more = []string{"Sec-WebSocket-Extensions: " + offer}
	}
	c.send([]byte(upgradeHead(more...)))
	c.opened(usualNonce)
	if c.deflate != (offer != "") {
		t.Fatalf("offered %q, answered %q", offer, c.response.field("sec-websocket-extensions"))
	}
	return c
}

// opened reads the 101, and what it says of compression.
func (c *client) opened(nonce string) {
	c.t.Helper()
	var err error
	if c.response, err = c.readResponse(); err == nil {
		err = c.response.check101(nonce)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	agreed := c.response.field("sec-websocket-extensions")
	if agreed == "" {
		return
	}
	c.deflate, c.window = true, 1<<15
	for i, part := range strings.Split(agreed, "; ") {
		name, value, _ := strings.Cut(part, "=")
		switch {
		case i == 0 && part == "permessage-deflate", part == "server_no_context_takeover", part == "client_no_context_takeover":
		case name == "server_max_window_bits":
			bits, err := strconv.Atoi(value)
			if err != nil || bits < 8 || bits > 15 {
				c.t.Fatalf("answered %q", agreed)
			}
			c.window = 1 << bits
		default:
			c.t.Fatalf("answered %q", agreed)
		}
	}
	if !strings.Contains(agreed, "; server_no_context_takeover") {
		c.t.Fatalf("answered %q: this server never keeps a context", agreed)
	}
}
