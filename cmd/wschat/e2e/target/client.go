//go:build e2e || soak

package target

import (
	"context"
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
	Conn     *net.TCPConn
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
	conn, response, err := d.Dial(ctx, "ws://"+s.Addr+path)
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(10 * Patience))
	return &Client{frametest.NewPeer(conn, frame.Client, response.Early), conn.(*net.TCPConn), response}, nil
}

// Raw opens a TCP connection. The caller closes it.
func (s *Server) Raw() (*net.TCPConn, error) {
	conn, err := net.DialTimeout("tcp", s.Addr, Patience)
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(10 * Patience))
	return conn.(*net.TCPConn), nil
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
