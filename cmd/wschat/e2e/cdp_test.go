//go:build e2e && linux

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
	"wschat/frame/frametest"
	"wschat/handshake"
)

// devTools is a connection of the Chrome DevTools Protocol, or of WebDriver BiDi,
// which is much alike: JSON in text messages, over our own client side of
// WebSocket. Safe for concurrent use.
type devTools struct {
	conn  net.Conn
	peer  *frametest.Peer
	event func(session, method string, params json.RawMessage) // from the reading goroutine
	ended chan struct{}                                        // closed when no more comes

	mu      sync.Mutex
	last    int
	waiting map[int]chan<- reply
}

// reply is the answer to a command.
type reply struct {
	Result  json.RawMessage
	Error   json.RawMessage // an object, or in BiDi a word, beside a message
	Message string
}

// dialDevTools connects to the browser. It hands events to event, one after the
// other.
func dialDevTools(t *testing.T, url string, event func(session, method string, params json.RawMessage)) *devTools {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), target.Patience)
	defer cancel()
	conn, response, err := new(handshake.Dialer).Dial(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	d := &devTools{
		conn: conn, peer: frametest.NewPeer(conn, frame.Client, response.Early),
		event: event, ended: make(chan struct{}), waiting: make(map[int]chan<- reply),
	}
	go d.read()
	return d
}

func (d *devTools) close() {
	d.conn.Close()
	<-d.ended
}

// read runs until the connection ends.
func (d *devTools) read() {
	defer close(d.ended)
	for {
		text, err := d.peer.NextText()
		if err != nil {
			return // closed, by us or with the browser; whoever waits is told by ended
		}
		var m struct {
			ID        int
			SessionID string
			Method    string
			Params    json.RawMessage
			reply
		}
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			fmt.Fprintf(os.Stderr, "the browser sent %q: %v\n", cut(text), err) // whoever waits fails
			return
		}
		if m.Method != "" {
			d.event(m.SessionID, m.Method, m.Params)
			continue
		}
		d.mu.Lock()
		waiting := d.waiting[m.ID]
		delete(d.waiting, m.ID)
		d.mu.Unlock()
		waiting <- m.reply
	}
}

// params are those of a command.
type params map[string]any

// browserPatience is longer than that with a server: browsers take long to start beside each other.
const browserPatience = 3 * target.Patience

// call sends a command, to the browser or to the session of a page, and waits
// for its result.
func (d *devTools) call(session, method string, p params, result any) error {
	answer := make(chan reply, 1)
	d.mu.Lock()
	d.last++
	command := params{"id": d.last, "method": method}
	d.waiting[d.last] = answer
	d.mu.Unlock()
	if p != nil {
		command["params"] = p
	}
	if session != "" {
		command["sessionId"] = session
	}
	text, err := json.Marshal(command)
	if err != nil {
		return err
	}
	if err := d.peer.SendText(string(text)); err != nil {
		return err
	}
	timer := time.NewTimer(browserPatience)
	defer timer.Stop()
	select {
	case r := <-answer:
		if r.Error != nil {
			return fmt.Errorf("%s: %s %s", method, r.Error, r.Message)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(r.Result, result)
	case <-d.ended:
		return fmt.Errorf("%s: the browser is gone", method)
	case <-timer.C:
		return fmt.Errorf("%s: no answer in %v", method, browserPatience)
	}
}
