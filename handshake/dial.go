package handshake

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Errors of [Dialer.Dial], wrapped with the particulars; besides them there
// are *[StatusError], the errors of the context, and those of net and
// crypto/tls as they are.
var (
	// ErrURL: the URL is not one of a WebSocket server (RFC 6455 §3).
	ErrURL = errors.New("handshake: bad URL")
	// ErrOffer: a field of the Dialer cannot be sent.
	ErrOffer = errors.New("handshake: bad offer")
	// ErrResponse: the server's answer breaks RFC 6455 §4.1 or is no HTTP.
	ErrResponse = errors.New("handshake: bad response")
)

// Dialer opens connections to WebSocket servers. The zero value is ready. It
// is safe for concurrent use as long as nobody changes it.
type Dialer struct {
	// Protocols are the subprotocols to offer, best first: tokens, each once.
	Protocols []string
	// Extensions are the extensions to offer, one element each, such as
	// "permessage-deflate; client_max_window_bits" (RFC 6455 §9.1).
	Extensions []string
	// Header is sent in addition. Host in it replaces that of the URL; the
	// other fields that the handshake sets by itself are refused.
	Header Header
	// TLS is for wss; nil is the default of crypto/tls. An empty ServerName
	// becomes the URL's host, empty NextProtos become "http/1.1".
	TLS *tls.Config
	// LocalAddr is where the connection comes from, a *net.TCPAddr; nil: any.
	LocalAddr net.Addr
}

// Response is what a server that accepted has said.
type Response struct {
	Protocol string // the subprotocol it chose, "" for none
	Header   Header // all of its header; Sec-WebSocket-Extensions names offered ones only
	Early    []byte // what it sent behind the head, nil if nothing; comes before what the connection reads
}

// Dial connects to a ws or wss URL and does the client's side of the
// handshake (RFC 6455 §4.1). The connection, a *net.TCPConn or *tls.Conn, has
// no deadline and is the caller's to close. Cancelling ctx ends Dial at any
// point, and has no effect once Dial has returned; without a deadline in ctx
// nothing but the operating system bounds the time. The server's head may have
// 16 KiB. Redirects are not followed.
func (d *Dialer) Dial(ctx context.Context, rawURL string) (net.Conn, *Response, error) {
	u, err := parseURL(rawURL)
	if err != nil {
		return nil, nil, err
	}
	var nonce [16]byte
	rand.Read(nonce[:])
	key := base64.StdEncoding.EncodeToString(nonce[:])
	request, err := d.appendRequest(nil, u, key)
	if err != nil {
		return nil, nil, err
	}
	port := u.Port()
	if port == "" {
		port = usualPort(u.Scheme)
	}
	dialer := net.Dialer{LocalAddr: d.LocalAddr}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return nil, nil, err
	}
	tcp := conn
	if u.Scheme == "wss" {
		conn = tls.Client(tcp, d.tlsConfig(u.Hostname()))
	}
	response, err := d.handshake(ctx, conn, request, key)
	if err != nil {
		tcp.Close() // closing TLS would wait up to five seconds for a server that does not read
		return nil, nil, err
	}
	return conn, response, nil
}

// handshake talks to the server under ctx.
func (d *Dialer) handshake(ctx context.Context, conn net.Conn, request []byte, key string) (*Response, error) {
	past := time.Unix(1, 0)
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(past) })
	response, err := d.exchange(ctx, conn, request, key)
	if !stop() {
		// Whatever came of it, the deadline is set or about to be.
		return nil, ctx.Err()
	}
	return response, err
}

func (d *Dialer) exchange(ctx context.Context, conn net.Conn, request []byte, key string) (*Response, error) {
	if tc, ok := conn.(*tls.Conn); ok {
		if err := tc.HandshakeContext(ctx); err != nil {
			return nil, err
		}
	}
	if _, err := conn.Write(request); err != nil {
		return nil, err
	}
	head, early, err := readResponse(conn)
	if err != nil {
		return nil, err
	}
	if head.status != http.StatusSwitchingProtocols {
		return nil, refusal(conn, head, early)
	}
	protocol, err := d.verify(head, key)
	if err != nil {
		return nil, err
	}
	return &Response{Protocol: protocol, Header: head.header, Early: early}, nil
}

// readResponse reads until the head of a final response is whole. early is what
// came behind it, nil if nothing.
func readResponse(src io.Reader) (head *responseHead, early []byte, err error) {
	var decoder responseDecoder
	buf := make([]byte, 4<<10)
	for {
		got, err := src.Read(buf)
		if got > 0 {
			head, n, err := decoder.next(buf[:got])
			if head != nil || err != nil {
				return head, append([]byte(nil), buf[n:got]...), err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil, nil, fmt.Errorf("%w: %w", ErrResponse, io.ErrUnexpectedEOF)
		}
		if err != nil {
			return nil, nil, err
		}
	}
}

func (d *Dialer) tlsConfig(host string) *tls.Config {
	config := new(tls.Config)
	if d.TLS != nil {
		config = d.TLS.Clone()
	}
	if config.ServerName == "" {
		config.ServerName = host
	}
	if len(config.NextProtos) == 0 {
		config.NextProtos = []string{"http/1.1"}
	}
	return config
}

// parseURL parses a ws or wss URL (RFC 6455 §3).
func parseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrURL, err)
	}
	var problem string
	switch target := u.RequestURI(); {
	case u.Scheme != "ws" && u.Scheme != "wss":
		problem = "expected the scheme ws or wss"
	case strings.Contains(raw, "#"):
		problem = "expected no fragment"
	case u.User != nil:
		problem = "expected no user information"
	case u.Hostname() == "" || !validHost(u.Host):
		problem = "expected a host"
	case target[0] != '/' || !all(target, inTarget):
		problem = "expected a path and query without spaces"
	default:
		return u, nil
	}
	return nil, fmt.Errorf("%w: %s, got %s", ErrURL, problem, quote(raw))
}

// ownFields are those of the request that Dial sets.
var ownFields = []string{
	"Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version",
	"Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Content-Length", "Transfer-Encoding",
}

// appendRequest appends the client's handshake (RFC 6455 §4.1).
func (d *Dialer) appendRequest(dst []byte, u *url.URL, key string) ([]byte, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	host := u.Hostname()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port := u.Port(); port != "" && port != usualPort(u.Scheme) {
		host += ":" + port
	}
	if own, n := d.Header.first("Host"); n > 0 {
		host = own
	}
	dst = append(dst, "GET "+u.RequestURI()+" HTTP/1.1\r\n"...)
	dst = appendFields(dst, Header{
		{"Host", host}, {"Upgrade", "websocket"}, {"Connection", "Upgrade"},
		{"Sec-WebSocket-Key", key}, {"Sec-WebSocket-Version", "13"},
	})
	if len(d.Protocols) > 0 {
		dst = appendFields(dst, Header{{"Sec-WebSocket-Protocol", strings.Join(d.Protocols, ", ")}})
	}
	if len(d.Extensions) > 0 {
		dst = appendFields(dst, Header{{"Sec-WebSocket-Extensions", strings.Join(d.Extensions, ", ")}})
	}
	for _, f := range d.Header {
		if !equalFold(f.Name, "Host") {
			dst = appendFields(dst, Header{f})
		}
	}
	return append(dst, "\r\n"...), nil
}

// check says whether what the Dialer offers can be sent.
func (d *Dialer) check() error {
	for i, protocol := range d.Protocols {
		if !isToken(protocol) || contains(d.Protocols[:i], protocol) {
			return fmt.Errorf("%w: expected tokens, each once, as subprotocols, got %s", ErrOffer, quote(protocol))
		}
	}
	for _, extension := range d.Extensions {
		if !isToken(extensionName(extension)) || !all(extension, inValue) {
			return fmt.Errorf("%w: expected an extension, got %s", ErrOffer, quote(extension))
		}
	}
	hosts := 0
	for _, f := range d.Header {
		isHost := equalFold(f.Name, "Host")
		if isHost {
			hosts++
		}
		switch {
		case !isToken(f.Name) || !all(f.Value, inValue):
			return fmt.Errorf("%w: expected a header field without control bytes, got %s: %s", ErrOffer, quote(f.Name), quote(f.Value))
		case isHost && (hosts > 1 || !validHost(f.Value)), contains(ownFields, f.Name):
			return fmt.Errorf("%w: the header field %s is not the caller's to set so", ErrOffer, f.Name)
		}
	}
	return nil
}

// contains reports whether list has s, but for ASCII case.
func contains(list []string, s string) bool {
	for _, element := range list {
		if equalFold(element, s) {
			return true
		}
	}
	return false
}
