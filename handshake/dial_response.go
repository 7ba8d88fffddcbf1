package handshake

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// maxRefusalBody bounds, in bytes, what is kept of the body of a refusal.
	maxRefusalBody = 4 << 10
	// refusalTime bounds how long that body is waited for.
	refusalTime = 2 * time.Second
)

// StatusError is a server's refusal to upgrade: any final status but 101.
type StatusError struct {
	Status int
	Header Header
	Body   string // its first 4 KiB, as far as they came within two seconds
}

// Error returns the status and the first line of the body.
func (e *StatusError) Error() string {
	line, _, _ := strings.Cut(e.Body, "\n")
	return fmt.Sprintf("handshake: server answered %d %s: %s", e.Status, http.StatusText(e.Status), quote(line))
}

// responseHead is the head of an HTTP response.
type responseHead struct {
	status int
	minor  int // of HTTP/1.x
	header Header
	text   string // all of it, as it came
}

// responseDecoder reads the head of the first final response from bytes as they
// come. Interim responses before it are skipped (RFC 9110 §15.2); a server
// may send as many as fit into MaxHead together.
type responseDecoder struct {
	head    headReader
	skipped int
}

// next is for a response what [Decoder.Next] is for a request. An error wraps
// ErrResponse.
func (d *responseDecoder) next(b []byte) (r *responseHead, n int, err error) {
	for {
		head, took, err := d.head.next(b[n:])
		n += took
		if len(head)+d.skipped > MaxHead {
			err = errHeadTooLong
		}
		if err == nil && head != nil {
			r, err = parseResponse(head)
		}
		switch {
		case err != nil:
			return nil, n, fmt.Errorf("%w: %w", ErrResponse, err)
		case r == nil:
			return nil, n, nil
		case r.status >= 200 || r.status == http.StatusSwitchingProtocols:
			return r, n, nil
		}
		d.skipped += len(head)
		r = nil
	}
}

// parseResponse reads a whole response head, as strictly as ParseRequest does
// (RFC 9112 §4 and §5).
func parseResponse(head []byte) (*responseHead, error) {
	text := string(head)
	line, rest, ok := strings.Cut(text, "\r\n")
	if !ok {
		return nil, errNoEnd
	}
	version, after, _ := strings.Cut(line, " ")
	code, reason, _ := strings.Cut(after, " ") // many leave out the space before an empty reason
	major, minor, ok := parseVersion(version)
	status, err := strconv.Atoi(code)
	if !ok || major != 1 || err != nil || len(code) != 3 || status < 100 || !all(reason, inValue) {
		return nil, &fieldError{"a status line of HTTP/1.1", line}
	}
	fields, err := parseFields(rest)
	if err != nil {
		return nil, err
	}
	return &responseHead{status: status, minor: minor, header: fields, text: text}, nil
}

// verify checks a 101 (RFC 6455 §4.1, the list of what makes the client fail
// the connection) and returns the server's subprotocol.
func (d *Dialer) verify(head *responseHead, key string) (protocol string, err error) {
	bad := func(expected, got string) (string, error) {
		return "", fmt.Errorf("%w: %w", ErrResponse, &fieldError{expected, got})
	}
	if head.minor < 1 {
		return bad("HTTP/1.1 with status 101", "HTTP/1.0")
	}
	if upgrade, n := head.header.first("Upgrade"); n != 1 || !equalFold(upgrade, "websocket") {
		return bad("one Upgrade: websocket", upgrade)
	}
	if !head.header.HasToken("Connection", "Upgrade") {
		return bad("Connection: Upgrade", head.header.Get("Connection"))
	}
	if accept, n := head.header.first("Sec-WebSocket-Accept"); n != 1 || accept != AcceptKey(key) {
		return bad("one Sec-WebSocket-Accept with "+AcceptKey(key), accept)
	}
	for value := range head.header.Values("Sec-WebSocket-Extensions") {
		for extension := range elements(value) {
			if !slices.ContainsFunc(d.Extensions, func(offer string) bool {
				return extensionName(offer) == extensionName(extension)
			}) {
				return bad("extensions that were offered", extension)
			}
		}
	}
	protocol, n := head.header.first("Sec-WebSocket-Protocol")
	if n > 1 || n == 1 && !slices.Contains(d.Protocols, protocol) {
		return bad("one subprotocol that was offered", protocol)
	}
	return protocol, nil
}

// extensionName is the name in "name; parameter=value". An element list may be
// cut at its commas: no value has one, quoted or not (RFC 6455 §9.1).
func extensionName(extension string) string {
	name, _, _ := strings.Cut(extension, ";")
	return trim(name)
}

// refusal makes a StatusError of a response; early has the bytes that came behind its
// head. net/http reads the body, since it knows where that ends. A part of it will do.
func refusal(conn net.Conn, head *responseHead, early []byte) error {
	e := &StatusError{Status: head.status, Header: head.header}
	// If this undoes the deadline of a cancelled context, Dial still ends soon.
	conn.SetReadDeadline(time.Now().Add(refusalTime))
	r := bufio.NewReader(io.MultiReader(strings.NewReader(head.text), bytes.NewReader(early), conn))
	response, err := http.ReadResponse(r, &http.Request{Method: http.MethodGet})
	if err != nil {
		return e
	}
	// Not closed: that would wait for the rest, and the connection ends anyway.
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxRefusalBody))
	e.Body = string(body)
	return e
}
