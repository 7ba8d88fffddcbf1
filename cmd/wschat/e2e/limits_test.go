//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
	"wschat/handshake"
)

// isFull checks that nobody is let in for now: 503 with Retry-After.
func (s *server) isFull(d handshake.Dialer) {
	s.t.Helper()
	_, err := s.dial(d, socket("X"))
	var refused *handshake.StatusError
	if !errors.As(err, &refused) || refused.Status != 503 || refused.Header.Get("Retry-After") == "" {
		s.t.Errorf("got %v, want 503 with Retry-After", err)
	}
}

// PROTOCOL 7, -max-conns: one more gets 503; there is room again as soon as a
// socket is closed. Pages do not count.
func TestMaxConns(t *testing.T) {
	s := start(t, "-max-conns", "3", "-presence", "none", "-echo")
	a, b := s.login("A"), s.login("B")
	if _, err := s.dial(handshake.Dialer{}, "/echo"); err != nil { // counts
		t.Fatal(err)
	}
	for range 3 {
		s.isFull(handshake.Dialer{})
	}
	if response, _ := s.ask(request("GET / HTTP/1.1", host)); response.StatusCode != 200 {
		t.Errorf("the page: got %s", response.Status)
	}
	a.say("B,hi")
	b.hears("用户(A=>B):hi")
	for range 20 { // what is given back can be taken again, each time
		a.leave()
		until(t, "there is room", func() bool {
			c, err := s.dial(handshake.Dialer{}, socket("A"))
			if err == nil {
				a = c
			}
			return err == nil
		})
		s.isFull(handshake.Dialer{})
	}
}

// PROTOCOL 7, -max-conns-per-ip with -trust-proxy.
func TestMaxConnsPerIP(t *testing.T) {
	s := start(t, "-max-conns-per-ip", "2", "-trust-proxy", "127.0.0.0/8", "-presence", "none")
	via := func(value string) handshake.Dialer {
		return handshake.Dialer{Header: handshake.Header{{Name: "X-Forwarded-For", Value: value}}}
	}
	var first *client
	for i, value := range []string{"192.0.2.1", "198.51.100.7, 192.0.2.1", "192.0.2.2", "2001:db8::1"} {
		c, err := s.dial(via(value), socket(fmt.Sprint("U", i)))
		if err != nil {
			t.Fatalf("%s: %v", value, err)
		}
		if i == 0 {
			first = c
		}
	}
	s.isFull(via("192.0.2.1"))
	s.isFull(via("203.0.113.5, 192.0.2.1")) // what a client has written itself does not help
	s.isFull(via("::ffff:192.0.2.1"))
	first.leave()
	until(t, "there is room", func() bool {
		_, err := s.dial(via("192.0.2.1"), socket("X"))
		return err == nil
	})
	s.isFull(via("192.0.2.1"))
}

// PROTOCOL 6 and 7, -rate: it slows, it does not drop.
func TestRate(t *testing.T) {
	t.Parallel()
	const rate, n = 20, 60
	s := start(t, "-rate", fmt.Sprint(rate), "-presence", "none")
	a, b := s.login("A"), s.login("B") // a question each, which is of the burst
	began := time.Now()
	for i := range n {
		a.say(fmt.Sprint("B,", i))
	}
	for i := range n {
		b.hears(fmt.Sprintf("用户(A=>B):%d", i))
	}
	const least = time.Second * (n - rate) / rate
	if took := time.Since(began); took < least || took > 4*least {
		t.Errorf("%d messages took %v, want %v and little more", n, took, least)
	}
	a.leave()
}

// A text of control characters counts for -rate-bytes with the bytes that others get.
func TestRateOfControlCharacters(t *testing.T) {
	t.Parallel()
	const n, size, rate = 4, 40_000, 262144
	s := start(t, "-presence", "none")
	a, b := s.login("A"), s.login("B")
	began := time.Now()
	for range n {
		a.say("B," + strings.Repeat("\x01", size))
	}
	for range n {
		b.hears("用户(A=>B):" + strings.Repeat("\ufffd", size))
	}
	a.say("B,then")
	b.hears("用户(A=>B):then")
	const paid = time.Second * n * 6 * size / rate
	if took := time.Since(began); took < paid-1500*time.Millisecond { // a burst is free
		t.Errorf("it took %v, want some %v", took, paid)
	}
}

// PROTOCOL 8, against the binary.
func TestAdmin(t *testing.T) {
	s := start(t, "-admin", "127.0.0.1:0")
	ask := func(method, path, body string, origin ...string) (int, string) {
		t.Helper()
		request, err := http.NewRequest(method, "http://"+s.AdminAddr+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Close = true
		for _, value := range origin {
			request.Header.Set("Origin", value)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		answer, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(answer)
	}
	a := s.login("A")
	a.say("join,groupX")
	a.hears("系统:已加入 groupX")
	for _, row := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/api/users", "", 200, `{"count":1,"users":[{"user":"A","connections":1}]}`},
		{"GET", "/api/groups", "", 200, `{"count":1,"groups":[{"group":"groupX","members":1,"online":1}]}`},
		{"POST", "/api/publish", `{"from":"bot","to":"groupX","text":"hi"}`, 200, `{"seq":1}`},
		{"POST", "/api/publish", `{"from":"bot","to":"Nobody","text":"hi"}`, 404, `{"error":`},
		{"POST", "/api/publish", `{}`, 400, `{"error":`},
		{"GET", "/metrics", "", 200, "# HELP wschat_users "},
		{"GET", "/debug/pprof/goroutine?debug=1", "", 200, "goroutine profile"},
	} {
		if status, got := ask(row.method, row.path, row.body); status != row.status || !strings.HasPrefix(got, row.want) {
			t.Errorf("%s %s: got %d %q, want %d %q", row.method, row.path, status, cut(got), row.status, row.want)
		}
	}
	a.hears("用户(bot=>A):hi")
	if status, _ := ask("POST", "/api/kick", `{"user":"A"}`, "http://"+s.AdminAddr); status != 403 {
		t.Errorf("with an Origin: got %d, want 403", status)
	}
	if status, got := ask("POST", "/api/kick", `{"user":"A"}`); status != 200 || got != "{\"connections\":1}\n" {
		t.Errorf("kick: got %d %q", status, got)
	}
	a.closedWith(frame.PolicyViolation)
	for _, path := range []string{"/metrics", "/api/users", "/debug/pprof/"} { // not on the chat's port
		if response, _ := s.ask(request("GET "+path+" HTTP/1.1", host)); response.StatusCode != 404 {
			t.Errorf("%s: got %s", path, response.Status)
		}
	}
}

// PROTOCOL 8: "with for, the name gets 403 for so long", over a restart with -data, too.
func TestBan(t *testing.T) {
	data := t.TempDir()
	begin := func() *server { return start(t, "-admin", "127.0.0.1:0", "-data", data) }
	s := begin()
	kick := func(body string, status int, answer string) {
		t.Helper()
		if got, text := s.Admin("/api/kick", body); got != status || !strings.HasPrefix(text, answer) {
			t.Errorf("%s: got %d %s, want %d %s", body, got, text, status, answer)
		}
	}
	isBanned := func(user string) {
		t.Helper()
		_, err := s.dial(handshake.Dialer{}, socket(user))
		var refused *handshake.StatusError
		if !errors.As(err, &refused) || refused.Status != 403 {
			t.Errorf("%s: got %v, want 403", user, err)
		}
	}
	a, b := s.login("A"), s.login("B")
	a.hears("用户(B)登录了")
	for _, bad := range []string{`"0s"`, `"-1m"`, `"soon"`, `10`, `""`} {
		kick(`{"user":"A","for":`+bad+`}`, 400, `{"error":`)
	}
	a.hearsNothing()
	kick(`{"user":"A","for":"10m"}`, 200, `{"connections":1}`)
	a.closedWith(frame.PolicyViolation)
	b.hears("用户(A)退出了")
	kick(`{"user":"Never","for":"10m"}`, 200, `{"connections":0}`)
	kick(`{"user":"Nobody"}`, 404, `{"error":`)
	isBanned("A")
	isBanned("Never")
	b.hearsNothing()

	s.Stop()
	s = begin()
	isBanned("A")
	kick(`{"user":"A","for":"1ms"}`, 200, `{"connections":0}`)
	until(t, "the ban is over", func() bool {
		_, err := s.dial(handshake.Dialer{}, socket("A"))
		return err == nil
	})
	s.Kill()
	s = begin()
	isBanned("Never")
	s.login("A")
}

// PROTOCOL 7: the new flags' mistakes, each in one line.
func TestOperatorsUsageErrors(t *testing.T) {
	s := start(t)
	for _, row := range []struct {
		args   string
		status int
		names  string
	}{
		{"-tls-cert x", 2, "-tls-key"},
		{"-tls-key x", 2, "-tls-cert"},
		{"-tls-cert x,y -tls-key x", 2, "-tls-key"},
		{"-trust-proxy 10.0.0.0/99", 2, "-trust-proxy"},
		{"-max-conns -1", 2, "-max-conns"},
		{"-max-conns-per-ip -1", 2, "-max-conns-per-ip"},
		{"-rate -1", 2, "-rate"},
		{"-admin localhost", 2, "-admin"},
		{"-auth-secret-file /none/secret", 1, "/none/secret"},
		{"-tls-cert /none/cert -tls-key /none/key", 1, "/none/cert"},
		{"-admin " + s.Addr, 1, "in use"},
		{"token -user A", 2, "-auth-secret-file"},
	} {
		args := strings.Fields(row.args)
		if args[0] != "token" {
			args = append([]string{"-addr", "127.0.0.1:0"}, args...)
		}
		status, stdout, stderr := target.Run(t, nil, args...)
		if status != row.status || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, row.names) {
			t.Errorf("%s: got %d, %q, want %d and one line that names %s", row.args, status, stderr, row.status, row.names)
		}
	}
}

// Some gateways write ports into X-Forwarded-For: each client is its own address,
// whatever its port.
func TestForwardedWithPorts(t *testing.T) {
	s := start(t, "-max-conns-per-ip", "1", "-trust-proxy", "127.0.0.1")
	for _, row := range []struct {
		from string
		want int
	}{
		{"203.0.113.7:4711", 101},
		{"203.0.113.7:4712", 503},
		{"203.0.113.7", 503},
		{"203.0.113.8:4711", 101},
		{"[2001:db8::1]:4711", 101},
		{`"[2001:db8::1]:4712"`, 503},
		{"2001:db8::1", 503},
		{"[2001:db8::2]", 503}, // a customer's network is one address
		{"[2001:db8:0:1::1]", 101},
		{"unknown", 101}, // the proxy counts
		{"unknown:4711", 503},
	} {
		if response, _ := s.ask(upgrade("/socket", "X-Forwarded-For: "+row.from)); response.StatusCode != row.want {
			t.Errorf("%s: got %s, want %d", row.from, response.Status, row.want)
		}
	}
}
