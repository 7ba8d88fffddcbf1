//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"wschat/frame"
)

// perClient is how many connections a client's address may have here.
const perClient = 3

// Whatever stands in front of wschat, it is the same chat.
func TestProxies(t *testing.T) {
	for _, p := range proxies {
		for _, w := range []way{
			{name: "in the clear"},
			{name: "over TLS to the proxy", secure: true},
			{name: "over TLS to wschat", secure: true, secureBehind: true},
		} {
			t.Run(p.name+" "+w.name, func(t *testing.T) {
				t.Parallel()
				s := p.start(t, w, "-admin", "127.0.0.1:0", "-drain", "4s", "-presence", "group", "-rate", "0",
					"-trust-proxy", "127.0.0.1", "-max-conns-per-ip", fmt.Sprint(perClient))
				s.part("kept-alive connections", s.keepsConnectionsAlive)
				s.part("chat", s.chats)
				s.part("close codes", s.passesCloseCodes)
				s.part("answers", s.passesAnswers)
				s.part("X-Forwarded-For", s.tellsAddresses)
				s.part("drain", s.drains)
			})
		}
	}
}

// part is server.run for both servers.
func (s *proxied) part(name string, part func(*testing.T)) {
	s.run(name, func(t *testing.T) {
		whole := s.behind.t
		s.behind.t = t
		defer func() { s.behind.t = whole }()
		part(t)
	})
}

func (s *proxied) chats(t *testing.T) {
	through, direct := s.login("A"), s.behind.login("B")
	for _, c := range []*client{through, direct} {
		c.say("join,groupP")
		c.hears("系统:已加入 groupP")
	}
	const messages = 200
	for _, way := range [][2]*client{{through, direct}, {direct, through}} {
		from, to := way[0], way[1]
		long := strings.Repeat("长", 300_000)
		from.say(to.name + "," + long)
		to.hears("用户(" + from.name + "=>" + to.name + "):" + long)
		for i := range messages {
			from.say(fmt.Sprint(to.name, ",", i))
		}
		for i := range messages {
			to.hears(fmt.Sprintf("用户(%s=>%s):%d", from.name, to.name, i))
		}
	}
	if err := through.Send(frame.Ping, []byte("end to end")); err != nil {
		t.Fatal(err)
	}
	if m, err := through.Next(); err != nil || m.Opcode != frame.Pong || string(m.Payload) != "end to end" {
		t.Errorf("got %v %q, %v, want the pong", m.Opcode, m.Payload, err)
	}
	through.leavesThrough(frame.NormalClosure)
	direct.hears("用户(A)退出了")
	if err := errFirst(s.login("A").Conn.Close()); err != nil { // without a close frame
		t.Fatal(err)
	}
	direct.hears("用户(A)登录了", "用户(A)退出了")
	direct.leave()
}

// leavesThrough ends a connection through a proxy, which resets it if anything comes behind the
// close frame.
func (c *client) leavesThrough(code frame.CloseCode) {
	c.server.t.Helper()
	if err := c.Close(code, ""); err != nil {
		c.server.t.Fatal(err)
	}
	c.hearsClose(code)
	c.hearsEnd()
}

// Close codes pass, the client's and the server's, and TCP ends behind them.
func (s *proxied) passesCloseCodes(t *testing.T) {
	for _, code := range []frame.CloseCode{frame.NormalClosure, 4321} {
		s.login("A").leavesThrough(code)
	}
	for _, row := range []struct {
		code   frame.CloseCode
		causes func(*client)
		waits  bool // for the client's close frame
	}{
		{frame.ProtocolError, func(c *client) { c.Raw(masked(frame.Header{Fin: true, Opcode: 3}, "A,hi")) }, false},
		{frame.InvalidPayload, func(c *client) { c.Raw(masked(frame.Header{Fin: true, Opcode: frame.Text}, "A,\xff")) }, false},
		{frame.MessageTooBig, func(c *client) {
			c.Raw(frame.AppendHeader(nil, frame.Header{Fin: true, Opcode: frame.Text, Masked: true, Length: 1 << 40}))
		}, true},
		{frame.PolicyViolation, func(*client) {
			if status, answer := s.behind.Admin("/api/kick", `{"user":"A"}`); status != http.StatusOK {
				t.Errorf("kick: got %d %q", status, answer)
			}
		}, true},
	} {
		c := s.login("A")
		row.causes(c)
		if row.waits {
			c.closedWith(row.code)
			continue
		}
		c.hearsClose(row.code)
		c.hearsEnd()
	}
}

// What wschat answers reaches the client, as it is.
func (s *proxied) passesAnswers(t *testing.T) {
	own := "Host: " + s.Addr
	socketUpgrade := func(origin string) string {
		return request("GET /socket?userId=A HTTP/1.1", own, toSocket, connection, key, version, "Origin: "+origin)
	}
	for _, row := range []struct {
		name   string
		send   string
		status int
		body   string // a part of it
	}{
		{"the page", request("GET / HTTP/1.1", own), 200, "<html"},
		{"HEAD of the page", request("HEAD / HTTP/1.1", own), 200, ""},
		{"a file of the page", request("GET /main.js HTTP/1.1", own), 200, ""},
		{"healthz", request("GET /healthz HTTP/1.1", own), 200, "ok"},
		{"no upgrade", request("GET /socket HTTP/1.1", own), 426, ""},
		{"an upgrade with a bad user id", upgrade("/socket?userId=all"), 400, "expected a userId"},
		{"an upgrade without a version", request("GET /socket HTTP/1.1", own, toSocket, connection, key), 400, "expected"},
		{"an upgrade without a key", request("GET /socket HTTP/1.1", own, toSocket, connection, version), 400, ""}, // HAProxy does not pass it
		{"nothing there", request("GET /nothing HTTP/1.1", own), 404, ""},
		{"the page's own origin", socketUpgrade("http://" + s.Addr), 101, ""},
		{"its origin over TLS", socketUpgrade("https://" + s.Addr), 101, ""},
		{"a foreign origin", socketUpgrade("http://evil.example"), 403, ""},
		{"the origin of another port", socketUpgrade("http://127.0.0.1:1"), 403, ""},
	} {
		s.part(row.name, func(t *testing.T) {
			response, body := s.ask(row.send)
			if response.StatusCode != row.status || !strings.Contains(body, row.body) {
				t.Errorf("got %s %q, want %d with %q", response.Status, cut(body), row.status, row.body)
			}
		})
	}
}

// Plain requests share one connection to wschat, and an upgrade takes it over, unless the
// proxy keeps those apart.
func (s *proxied) keepsConnectionsAlive(t *testing.T) {
	get := func() {
		t.Helper()
		if response, _ := s.ask(request("GET /main.js HTTP/1.1", host)); response.StatusCode != http.StatusOK {
			t.Fatalf("got %s", response.Status)
		}
	}
	idle := s.behind.Descriptors()
	connections := func() int { return s.behind.Descriptors() - idle }
	get()
	until(t, "one connection from the proxy", func() bool { return connections() == 1 })
	for range 20 {
		get()
		if n := connections(); n != 1 {
			t.Fatalf("the proxy has %d connections to wschat, want 1", n)
		}
	}
	a := s.login("A")
	if !s.proxy.keepsApart {
		until(t, "the connection being the chat's", func() bool { return connections() == 1 })
	}
	a.say("A,hi")
	a.hears("用户(A=>A):hi")
	get() // on another one
	until(t, "two connections from the proxy", func() bool { return connections() == 2 })
	a.leavesThrough(frame.NormalClosure)
	until(t, "one connection from the proxy", func() bool { return connections() == 1 })
}

// -trust-proxy: the address that counts is the one that the proxy saw, whatever the client
// says itself.
func (s *proxied) tellsAddresses(t *testing.T) {
	enter := func(from, forged string) int {
		t.Helper()
		var fields []string
		if forged != "" {
			fields = append(fields, "X-Forwarded-For: "+forged)
		}
		head := upgrade("/socket", fields...)
		_, answer := s.rawFrom(from, head)
		response, _ := s.answer(answer, head)
		return response.StatusCode
	}
	// No other client is held responsible for one, and a forged address is no other one.
	for _, from := range []string{"127.0.0.2", "127.0.0.3"} {
		for i, forged := range []string{"", "192.0.2.1", "127.0.0.2", "", "192.0.2.2", "127.0.0.1"} {
			want := http.StatusSwitchingProtocols
			if i >= perClient {
				want = http.StatusServiceUnavailable
			}
			if got := enter(from, forged); got != want {
				t.Errorf("%d: from %s, as if from %q: got %d, want %d", i, from, forged, got, want)
			}
		}
	}
	if response, _ := s.ask(request("GET / HTTP/1.1", host)); response.StatusCode != http.StatusOK {
		t.Errorf("the page: got %s", response.Status)
	}
}

func (s *proxied) drains(t *testing.T) {
	a, deaf := s.login("A"), s.login("deaf") // who does not answer for a while
	s.behind.Terminate()
	a.closedWith(frame.GoingAway)
	for _, send := range []string{request("GET /healthz HTTP/1.1", host), request("GET / HTTP/1.1", host), upgrade("/socket?userId=late")} {
		response, body := s.ask(send)
		if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
			t.Errorf("got %s %q, want 503 with Retry-After", response.Status, cut(body))
		}
	}
	deaf.closedWith(frame.GoingAway)
	<-s.behind.Ended
	if response, _ := s.ask(request("GET /healthz HTTP/1.1", host)); response.StatusCode != s.proxy.gone {
		t.Errorf("with wschat gone: got %s, want %d", response.Status, s.proxy.gone)
	}
}
