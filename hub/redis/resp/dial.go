package resp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
)

// link is a connection that has been greeted.
type link struct {
	conn net.Conn // what is read and written
	raw  net.Conn // the same without TLS
	in   *reader
	hung atomic.Bool // it was closed for its silence
}

// close ends both without a word, as one that waits for a stalled peer must not:
// the close of TLS would be a write.
func (l *link) close() { l.raw.Close() }

// giveUp closes a link whose peer says nothing.
func (l *link) giveUp() {
	l.hung.Store(true)
	l.close()
}

// dial connects to a node, logs in, and has each of the greetings answered. An
// error among the answers is handed out in its place; one of the login is one of
// dial. With reuse the link's replies are only valid until the next one is read.
func (c *Client) dial(ctx context.Context, addr string, reuse bool, greetings [][]any) (*link, []Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	l := &link{conn: raw, raw: raw}
	if c.target.tls != nil {
		config := c.target.tls.Clone()
		config.ServerName, _, _ = net.SplitHostPort(addr)
		l.conn = tls.Client(raw, config)
	}
	l.conn = counted{l.conn, &c.counters}
	l.in = newReader(l.conn)
	replies, err := c.greet(l, greetings)
	if err == nil && !stop() {
		err = ctx.Err()
	}
	if err != nil {
		stop()
		raw.Close()
		return nil, nil, fmt.Errorf("greeting: %w", err)
	}
	l.in.reuse = reuse
	c.counters.connections.Add(1)
	return l, replies, nil
}

// greet writes everything at once and reads the answers.
func (c *Client) greet(l *link, greetings [][]any) ([]Reply, error) {
	login := c.login()
	commands := slices.Concat(login, greetings)
	var out []byte
	for _, command := range commands {
		out = appendCommand(out, "", command)
	}
	if _, err := l.conn.Write(out); err != nil {
		return nil, err
	}
	var wrong error // of the login
	replies := make([]Reply, len(commands))
	for i := range replies {
		reply, err := l.in.read()
		if err != nil {
			return nil, errors.Join(wrong, err)
		}
		if i < len(login) && reply.kind == failure && wrong == nil && commands[i][0] != "CLIENT" {
			wrong = &ServerError{Text: c.withoutPassword(string(reply.bytes))}
		}
		replies[i] = reply
	}
	return replies[len(login):], wrong
}

// withoutPassword takes the password out of a server's refusal of a login. One that
// does not know AUTH repeats what it was called with, or the beginning of that.
func (c *Client) withoutPassword(text string) string {
	text, _, _ = strings.Cut(text, ", with args beginning with:")
	if password := c.target.password; password != "" {
		text = strings.ReplaceAll(text, password, "***")
	}
	return text
}

// login returns what every connection begins with. The PING is what a server
// refuses that is still loading its data.
func (c *Client) login() [][]any {
	var login [][]any
	switch t := &c.target; {
	case t.user != "":
		login = append(login, []any{"AUTH", t.user, t.password})
	case t.password != "":
		login = append(login, []any{"AUTH", t.password})
	}
	if c.target.db != 0 {
		login = append(login, []any{"SELECT", c.target.db})
	}
	return append(login, []any{"CLIENT", "SETNAME", "wschat"}, []any{"PING"})
}
