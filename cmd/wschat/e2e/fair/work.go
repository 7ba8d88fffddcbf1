//go:build e2e || soak

package fair

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"wschat/frame"
	"wschat/handshake"
)

// burst is how many messages may be sent at once.
const burst = 100

// talks has somebody come, say all lines at once, and go when answers with want in
// them have come as often.
func (m *Mob) talks(user string, d handshake.Dialer, lines []string, want string) error {
	c, err := m.hostile(user, d)
	if err != nil {
		return err
	}
	defer c.Reset()
	for _, line := range lines {
		if err := c.SendText(line); err != nil {
			return err
		}
	}
	for range lines {
		if _, err := await(c, want); err != nil {
			return err
		}
	}
	return nil
}

// who asks for everybody who is online (point 5).
func who(m *Mob, worker, _ int) error {
	lines := strings.Split(strings.Repeat("who,\n", burst-1)+"who,", "\n")
	return m.talks(fmt.Sprint("mallory", worker), handshake.Dialer{}, lines, "系统:在线 ")
}

// joinAndLeave is what all members of a large group hear (point 5).
func joinAndLeave(m *Mob, worker, _ int) error {
	lines := strings.Split(strings.Repeat("join,groupBig\nleave,groupBig\n", burst/2-1)+"join,groupBig\nleave,groupBig", "\n")
	return m.talks(fmt.Sprint("mallory", worker), handshake.Dialer{}, lines, "系统:已")
}

// sendIDs sends messages to oneself, each with an id (point 6).
func sendIDs(m *Mob, worker, n int) error {
	lines := make([]string, burst)
	for i := range lines {
		lines[i] = fmt.Sprintf(`{"op":"send","id":"%d-%d","to":"mallory%d","text":"x"}`, n, i, worker)
	}
	return m.talks(fmt.Sprint("mallory", worker), speaksJSON, lines, `"event":"ack"`)
}

// logIn comes with a new name, and goes (points 5 and 6).
func logIn(m *Mob, _, n int) error { return m.talks(fmt.Sprint("mallory", n), speaksJSON, nil, "") }

// logInNameless is logIn for a name that the server gives (point 6).
func logInNameless(m *Mob, _, _ int) error { return m.talks("", speaksJSON, nil, "") }

// emptyFragments sends a message of fragments with nothing in them, as fast as they are
// read (point 5).
func emptyFragments(m *Mob, worker, _ int) error {
	c, err := m.hostile(fmt.Sprint("mallory", worker), handshake.Dialer{})
	if err != nil {
		return err
	}
	defer c.Reset()
	if err := c.Raw(frame.AppendHeader(nil, frame.Header{Opcode: frame.Text, Masked: true})); err != nil {
		return err
	}
	fragments := bytes.Repeat(frame.AppendHeader(nil, frame.Header{Opcode: frame.Continuation, Masked: true}), 10_000)
	for err == nil { // until its time is over
		err = c.Raw(fragments)
	}
	return err
}

// pagesLast is how long somebody asks for pages.
var pagesLast = span{2 * time.Second, deedLasts}

// askForPages sends requests for a page far ahead of its answers, which it reads (point 5).
func askForPages(m *Mob, worker, _ int) error {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP("127.0.0.2")}}
	c, err := d.Dial("tcp", m.Server.Addr)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(pagesLast.now()))
	page := []string{"/healthz", "/chat.js", "/nope"}[worker%3]
	requests := strings.Repeat("GET "+page+" HTTP/1.1\r\nHost: "+m.Server.Addr+"\r\n\r\n", burst)
	var reading sync.WaitGroup
	defer reading.Wait()
	reading.Go(func() { io.Copy(io.Discard, c) })
	for err == nil { // until its time is over
		_, err = io.WriteString(c, requests)
	}
	return err
}
