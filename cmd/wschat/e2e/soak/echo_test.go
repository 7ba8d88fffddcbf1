//go:build soak

package soak

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
	"wschat/handshake"
)

// long is a text of some length.
func long() string { return strings.Repeat("回声", rand.IntN(50_000)) }

// testEcho sends something large there and back, and goes without a word.
func (c *crowd) testEcho() error {
	p, conn, err := c.open("/echo")
	if err != nil {
		return err
	}
	defer conn.Close()
	c.Count("echoed", 1)
	sent := long()
	go p.SendText(sent) // an error shows in the answer
	for {
		m, err := p.Next()
		if err != nil {
			return err
		}
		if c.isEcho(m, sent) {
			return nil
		}
	}
}

// isEcho reports whether m is the end: the echo, which must be what was sent, or
// the server's good-bye.
func (c *crowd) isEcho(m frame.Message, sent string) bool {
	if m.Opcode == frame.Text && string(m.Payload) != sent {
		c.Fault("an echo of %d bytes came back as %d others", len(sent), len(m.Payload))
	}
	return m.Opcode == frame.Text || m.Opcode == frame.Close
}

// testCompressedEcho is testEcho with permessage-deflate. The server keeps a
// window of what we send.
func (c *crowd) testCompressedEcho() error {
	ctx, cancel := context.WithTimeout(context.Background(), target.Patience)
	defer cancel()
	offer := frame.Deflate{ServerWindowBits: 15, ClientWindowBits: 15}
	d := handshake.Dialer{Extensions: []string{offer.Offer()}}
	conn, response, err := d.Dial(ctx, "ws://"+c.addr+"/echo")
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(2 * target.Patience))
	agreed, ok, err := offer.ParseDeflateResponse(response.Header.Values("Sec-WebSocket-Extensions"))
	if err != nil || !ok {
		c.Fault("compression was not agreed on: %v", err)
		return nil
	}
	c.Count("echoed compressed", 1)
	sent := long()
	payload := frame.NewDeflater().Append(nil, []byte(sent), agreed.ClientWindowBits)
	h := frame.Header{Fin: true, RSV: frame.RSV1, Opcode: frame.Text, Masked: true, Length: int64(len(payload))}
	go conn.Write(append(frame.AppendHeader(nil, h), payload...)) // masked with zeros; an error shows in the answer
	decoder := frame.NewDecoder(&frame.Config{Role: frame.Client, Deflate: &agreed})
	return c.awaitEcho(conn, decoder, response.Early, sent)
}

// awaitEcho decodes what conn brings until the echo.
func (c *crowd) awaitEcho(conn io.Reader, decoder frame.Decoder, unread []byte, sent string) error {
	buf := make([]byte, 16<<10)
	for {
		m, n, err := decoder.Next(unread)
		if err != nil {
			return errors.Join(errors.New("an echo that is no frame"), err)
		}
		unread = unread[n:]
		if m.Opcode != frame.Continuation {
			if c.isEcho(m, sent) {
				return nil
			}
			continue
		}
		if n, err = conn.Read(buf); n == 0 && err != nil {
			return err
		}
		unread = buf[:n]
	}
}
