//go:build e2e || soak

package target

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"wschat/frame"
	"wschat/frame/frametest"
	"wschat/handshake"
)

// Client is a connection that the handshake is done on.
type Client struct {
	*frametest.Peer
	Conn     *net.TCPConn // below TLS, if there is any
	Response *handshake.Response
}

// Open connects to a path of the server. The caller closes Conn, which has a
// deadline that no test should come to.
func (s *Server) Open(path string, extensions ...string) (*Client, error) {
	return s.OpenWith(path, handshake.Dialer{Extensions: extensions})
}

// OpenWith is Open with all that a client can ask for.
func (s *Server) OpenWith(path string, d handshake.Dialer) (*Client, error) {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	scheme := "ws://"
	if d.TLS == nil {
		d.TLS = s.TLS
	}
	if d.TLS != nil {
		scheme = "wss://"
	}
	conn, response, err := d.Dial(ctx, scheme+s.Addr+path)
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(10 * Patience))
	return &Client{frametest.NewPeer(conn, frame.Client, response.Early), TCP(conn), response}, nil
}

// Raw opens a connection without a handshake of WebSocket. The caller closes it.
func (s *Server) Raw() (net.Conn, error) { return s.RawFrom("") }

// RawFrom is Raw from an address of this machine.
func (s *Server) RawFrom(ip string) (net.Conn, error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}, Timeout: Patience}
	conn, err := dialer.Dial("tcp", s.Addr)
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(10 * Patience))
	if s.TLS != nil {
		conn = tls.Client(conn, s.TLS)
	}
	return conn, nil
}

// TCP returns what a connection is below TLS.
func TCP(conn net.Conn) *net.TCPConn {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	return conn.(*net.TCPConn)
}

// NextMessage waits for the next frame that is no ping; pings it answers.
func (c *Client) NextMessage() (frame.Message, error) {
	for {
		m, err := c.Next()
		if err != nil || m.Opcode != frame.Ping {
			return m, err
		}
		if err := c.Send(frame.Pong, m.Payload); err != nil {
			return m, err
		}
	}
}

// NextText waits for a text message; anything else is an error.
func (c *Client) NextText() (string, error) {
	m, err := c.NextMessage()
	switch {
	case err != nil:
		return "", err
	case m.Opcode == frame.Text:
		return string(m.Payload), nil
	case m.Opcode == frame.Close:
		code, reason, _ := frame.ParseClose(m.Payload) // the decoder has checked it
		return "", fmt.Errorf("closed with %v %q", code, reason)
	default:
		return "", fmt.Errorf("got %v %.80q", m.Opcode, m.Payload)
	}
}

// Reset ends the connection with an RST, as a client that crashes.
func (c *Client) Reset() {
	c.Conn.SetLinger(0)
	c.Conn.Close()
}
