package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wschat/frame"
	"wschat/frame/frametest"
	"wschat/handshake"
)

// patience bounds what a test waits for; reaching it is a failure.
const patience = 20 * time.Second

// output is what a server logs. Safe for concurrent use.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// running is a server in this process, with an operator's listener.
type running struct {
	t           *testing.T
	addr, admin string
	log         output
	http        http.Client // a connection for each request, so that none is left
	stop        func()      // begins the end
	ended       chan error  // what serve returned
}

// runServer runs a server with these flags until the test ends, and then checks
// that it ended well.
func runServer(t *testing.T, flags ...string) *running {
	t.Helper()
	flags = append([]string{"-addr", "127.0.0.1:0", "-admin", "127.0.0.1:0", "-drain", "1s"}, flags...)
	o, err := parseOptions(flags, environment(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &running{t: t, stop: stop, ended: make(chan error, 1)}
	r.http.Transport = &http.Transport{DisableKeepAlives: true}
	r.http.Timeout = patience
	go func() { r.ended <- serve(ctx, o, slog.New(slog.NewTextHandler(&r.log, nil)), new(atomic.Uint64)) }()
	t.Cleanup(func() {
		stop()
		if err := <-r.ended; err != nil {
			t.Errorf("serve returned %v", err)
		}
	})
	r.until("it listens", func() bool {
		r.addr, r.admin = r.logged("addr"), r.logged("admin")
		return r.addr != "" && r.admin != ""
	})
	return r
}

// logged finds the value of an attribute of the log's "listening" lines.
func (r *running) logged(name string) string {
	for line := range strings.Lines(r.log.String()) {
		if _, value, ok := strings.Cut(line, " "+name+"="); ok && strings.Contains(line, "listening") {
			value, _, _ = strings.Cut(strings.TrimSpace(value), " ")
			return value
		}
	}
	return ""
}

func (r *running) until(what string, ok func() bool) {
	r.t.Helper()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for end := time.Now().Add(patience); !ok(); <-poll.C {
		if time.Now().After(end) {
			r.t.Fatalf("waited in vain until %s; logged:\n%s", what, r.log.String())
		}
	}
}

// user is a client of the chat.
type user struct {
	*frametest.Peer
	t    *testing.T
	conn net.Conn
}

// connect connects a user.
func (r *running) connect(name string) *user {
	r.t.Helper()
	conn, response, err := new(handshake.Dialer).Dial(r.t.Context(), "ws://"+r.addr+"/socket?userId="+name)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return &user{frametest.NewPeer(conn, frame.Client, response.Early), r.t, conn}
}

// login is connect for who is told nothing at once; it returns when that user is
// in.
func (r *running) login(name string) *user {
	r.t.Helper()
	u := r.connect(name)
	u.say("leave,groupNobody")
	u.hears("错误:你不在 groupNobody 中")
	return u
}

func (u *user) say(line string) {
	u.t.Helper()
	if err := u.SendText(line); err != nil {
		u.t.Fatal(err)
	}
}

func (u *user) hears(want string) {
	u.t.Helper()
	if got, err := u.NextText(); err != nil || got != want {
		u.t.Fatalf("got %.100q, %v, want %.100q", got, err, want)
	}
}

// closedWith reads on until a close frame, which must have this code.
func (u *user) closedWith(want frame.CloseCode) {
	u.t.Helper()
	for {
		m, err := u.Next()
		if err != nil {
			u.t.Fatalf("%v, want close %v", err, want)
		}
		if m.Opcode != frame.Close {
			continue
		}
		if code, reason, _ := frame.ParseClose(m.Payload); code != want {
			u.t.Fatalf("got close %v %q, want %v", code, reason, want)
		}
		return
	}
}

// leave ends the connection in order.
func (u *user) leave() {
	u.t.Helper()
	if err := u.Close(frame.NormalClosure, ""); err != nil {
		u.t.Fatal(err)
	}
	u.closedWith(frame.NormalClosure)
	u.conn.Close()
}

// ask sends a request to the operator's listener; fields are "Name: value".
func (r *running) ask(method, path, body string, fields ...string) (*http.Response, string) {
	r.t.Helper()
	request, err := http.NewRequest(method, "http://"+r.admin+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		request.Header.Set(name, value)
	}
	response, err := r.http.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return response, string(answer)
}
