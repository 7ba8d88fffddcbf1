// Package frametest has a plain WebSocket peer for tests: it speaks frames
// over a connection on which the opening handshake is done.
package frametest

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"

	"wschat/frame"
)

// Peer is one side of a connection. It does what the test says and no more:
// it answers no ping and no close frame by itself, and sets no deadline.
//
// Its sending methods are safe for concurrent use, each frame being one write;
// Next and NextText are for one goroutine, which may be another.
type Peer struct {
	conn    net.Conn
	role    frame.Role
	config  frame.Config
	decoder frame.Decoder
	buf     []byte // what is read into
	unread  []byte // what of it is not decoded yet
}

// NewPeer returns a peer on conn that acts as role: a Client masks what it
// sends. early is what was received behind the handshake, if anything; it is
// copied. The peer does not close conn.
func NewPeer(conn net.Conn, role frame.Role, early []byte) *Peer {
	p := &Peer{conn: conn, role: role, config: frame.Config{Role: role}}
	p.decoder = frame.NewDecoder(&p.config)
	p.buf = make([]byte, 16<<10)
	p.unread = slices.Clone(early)
	return p
}

// Send sends a message or a control frame in one frame.
func (p *Peer) Send(op frame.Opcode, payload []byte) error {
	return p.send(frame.Header{Fin: true, Opcode: op}, payload)
}

// SendText sends a text message in one frame.
func (p *Peer) SendText(text string) error { return p.Send(frame.Text, []byte(text)) }

// Fragment sends a message with one frame for each part (RFC 6455 §5.4).
func (p *Peer) Fragment(op frame.Opcode, parts ...[]byte) error {
	for i, part := range parts {
		if err := p.send(frame.Header{Fin: i == len(parts)-1, Opcode: op}, part); err != nil {
			return err
		}
		op = frame.Continuation
	}
	return nil
}

// Close sends a close frame. The connection stays open.
func (p *Peer) Close(code frame.CloseCode, reason string) error {
	return p.Send(frame.Close, frame.AppendClose(nil, code, reason))
}

// Raw sends bytes as they are, for what a well-behaved peer would not send.
func (p *Peer) Raw(b []byte) error {
	if _, err := p.conn.Write(b); err != nil {
		return fmt.Errorf("frametest: send: %w", err)
	}
	return nil
}

func (p *Peer) send(h frame.Header, payload []byte) error {
	h.Length = int64(len(payload))
	if p.role == frame.Client {
		h.Masked = true
		k := rand.Uint32()
		h.Key = [4]byte{byte(k), byte(k >> 8), byte(k >> 16), byte(k >> 24)}
	}
	b := frame.AppendHeader(make([]byte, 0, frame.MaxHeaderLen+len(payload)), h)
	start := len(b)
	b = append(b, payload...)
	if h.Masked {
		frame.Mask(b[start:], h.Key, 0)
	}
	return p.Raw(b)
}

// Next waits for the next message or control frame. The payload is the
// caller's. Its error wraps a [*frame.Error], [io.EOF] when the connection
// ended between two messages, [io.ErrUnexpectedEOF] when it ended within one,
// or what else the connection's Read returned.
func (p *Peer) Next() (frame.Message, error) {
	for {
		m, n, err := p.decoder.Next(p.unread)
		if err != nil {
			return frame.Message{}, fmt.Errorf("frametest: receive: %w", err)
		}
		p.unread = p.unread[n:]
		if m.Opcode != frame.Continuation {
			m.Payload = slices.Clone(m.Payload)
			return m, nil
		}
		n, err = p.conn.Read(p.buf)
		if n == 0 && err == io.EOF && !p.decoder.Idle() {
			err = io.ErrUnexpectedEOF
		}
		if n == 0 && err != nil {
			return frame.Message{}, fmt.Errorf("frametest: receive: %w", err)
		}
		p.unread = p.buf[:n]
	}
}

// NextText waits for the next message or control frame as Next does, and
// returns its text. Anything but a text message is an error that says what came.
func (p *Peer) NextText() (string, error) {
	m, err := p.Next()
	if err != nil {
		return "", err
	}
	if m.Opcode == frame.Close {
		code, reason, _ := frame.ParseClose(m.Payload) // valid: the decoder has checked it
		return "", fmt.Errorf("frametest: expected a text message, got close %v %q", code, reason)
	}
	if m.Opcode != frame.Text {
		return "", fmt.Errorf("frametest: expected a text message, got %v %q", m.Opcode, m.Payload)
	}
	return string(m.Payload), nil
}
