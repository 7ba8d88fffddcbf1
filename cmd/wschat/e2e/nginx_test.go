//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
)

// nginxMain is what a distribution's nginx.conf has around conf.d.
const nginxMain = `
worker_processes 1;
pid nginx.pid;
error_log error.log;
events {}
http {
	access_log off;
	client_body_temp_path body;
	proxy_temp_path proxy;
	fastcgi_temp_path fastcgi;
	uwsgi_temp_path uwsgi;
	scgi_temp_path scgi;
	include wschat.conf;
}
`

// behindNginx starts a real nginx in front of s, with nginx.conf but for the two
// addresses in it. The server returned is s as nginx's clients see it.
func behindNginx(s *server) *server {
	s.t.Helper()
	site, err := os.ReadFile("nginx.conf")
	if err != nil {
		s.t.Fatal(err)
	}
	front := freeAddr(s.t)
	conf := string(site)
	for literal, address := range map[string]string{"listen 80;": "listen " + front + ";", "server 127.0.0.1:8080;": "server " + s.Addr + ";"} {
		if strings.Count(conf, literal) != 1 {
			s.t.Fatalf("nginx.conf has not one %q", literal)
		}
		conf = strings.Replace(conf, literal, address, 1)
	}
	dir := s.t.TempDir()
	for name, text := range map[string]string{"nginx.conf": nginxMain, "wschat.conf": conf} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
	startNginx(s.t, dir, front)
	return &server{&target.Server{Addr: front}, s.t}
}

// startNginx runs nginx until the test ends.
func startNginx(t *testing.T, dir, addr string) {
	t.Helper()
	var out target.Output
	program, err := exec.LookPath("nginx")
	if err != nil { // not every user has it in PATH
		program = "/usr/sbin/nginx"
	}
	cmd := exec.Command(program, "-p", dir, "-c", "nginx.conf", "-e", "error.log", "-g", "daemon off;")
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cmd.Wait() // how it ends is of no interest
	}()
	log := func() string {
		text, _ := os.ReadFile(filepath.Join(dir, "error.log")) // there is none if nothing is wrong
		return out.String() + string(text)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM) // an error means that it has ended
		select {
		case <-ended:
		case <-timeout():
			cmd.Process.Kill()
			<-ended
			t.Error("nginx did not stop on SIGTERM")
		}
		for _, level := range []string{"[emerg]", "[alert]", "[crit]"} {
			if strings.Contains(log(), level) {
				t.Errorf("nginx's log:\n%s", log())
				break
			}
		}
	})
	until(t, "nginx listening", func() bool {
		select {
		case <-ended:
			t.Fatalf("nginx does not start:\n%s", log())
		default:
		}
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}

// freeAddr is an address that nobody listens on.
func freeAddr(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

func TestNginxChat(t *testing.T) {
	s := start(t)
	front := behindNginx(s)
	through, direct := front.login("A"), s.login("B")
	through.hears("用户(B)登录了")
	direct.say("A,from behind the proxy")
	through.hears("用户(B=>A):from behind the proxy")
	long := strings.Repeat("长", 100_000)
	through.say("B," + long)
	direct.hears("用户(A=>B):" + long)
	if err := through.Send(frame.Ping, []byte("end to end")); err != nil {
		t.Fatal(err)
	}
	if m, err := through.Next(); err != nil || m.Opcode != frame.Pong || string(m.Payload) != "end to end" {
		t.Errorf("got %v %q, %v, want the pong", m.Opcode, m.Payload, err)
	}
	leaveThrough(through)
	direct.hears("用户(A)退出了")
	if err := errFirst(front.login("C").Conn.Close()); err != nil { // without a close frame
		t.Fatal(err)
	}
	direct.hears("用户(C)登录了", "用户(C)退出了")
}

// leaveThrough ends a connection through nginx, which resets it if anything
// comes behind the close frame.
func leaveThrough(c *client) {
	c.server.t.Helper()
	if err := c.Close(frame.NormalClosure, ""); err != nil {
		c.server.t.Fatal(err)
	}
	if m, err := c.NextMessage(); err != nil || m.Opcode != frame.Close {
		c.server.t.Fatalf("%s: got %v %q, %v, want a close frame", c.name, m.Opcode, m.Payload, err)
	}
	if m, err := c.NextMessage(); !errors.Is(err, io.EOF) {
		c.server.t.Fatalf("%s: got %v, %v after the close frame, want the end", c.name, m.Opcode, err)
	}
}

// What wschat answers reaches the client, as it is.
func TestNginxAnswers(t *testing.T) {
	front := behindNginx(start(t))
	own := "Host: " + front.Addr
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
		{"an upgrade without a key", request("GET /socket HTTP/1.1", own, toSocket, connection, version), 400, "expected"},
		{"nothing there", request("GET /nothing HTTP/1.1", own), 404, ""},
		{"the page's own origin", socketUpgrade("http://" + front.Addr), 101, ""},
		{"its origin over TLS", socketUpgrade("https://" + front.Addr), 101, ""},
		{"a foreign origin", socketUpgrade("http://evil.example"), 403, ""},
		{"the origin of another port", socketUpgrade("http://127.0.0.1:1"), 403, ""},
	} {
		front.run(row.name, func(t *testing.T) {
			response, body := front.ask(row.send)
			if response.StatusCode != row.status || !strings.Contains(body, row.body) {
				t.Errorf("got %s %q, want %d with %q", response.Status, cut(body), row.status, row.body)
			}
		})
	}
}

// Plain requests share one connection to wschat, and an upgrade takes it over.
func TestNginxKeepsConnectionsAlive(t *testing.T) {
	s := start(t)
	front := behindNginx(s)
	get := func() {
		t.Helper()
		if response, _ := front.ask(request("GET /main.js HTTP/1.1", host)); response.StatusCode != http.StatusOK {
			t.Fatalf("got %s", response.Status)
		}
	}
	idle := s.Descriptors()
	get()
	until(t, "one connection from nginx", func() bool { return s.Descriptors() == idle+1 })
	for range 20 {
		get()
		if n := s.Descriptors() - idle; n != 1 {
			t.Fatalf("nginx has %d connections to wschat, want 1", n)
		}
	}
	a := front.login("A")
	until(t, "the connection being the chat's", func() bool { return s.Descriptors() == idle+1 })
	a.say("A,hi")
	a.hears("用户(A=>A):hi")
	get() // which needs another one
	until(t, "two connections from nginx", func() bool { return s.Descriptors() == idle+2 })
	leaveThrough(a)
	until(t, "one connection from nginx", func() bool { return s.Descriptors() == idle+1 })
}

func TestNginxDrain(t *testing.T) {
	s := start(t, "-drain", "4s", "-presence", "none")
	front := behindNginx(s)
	a, deaf := front.login("A"), front.login("deaf") // who does not answer for a while
	s.Terminate()
	a.closedWith(frame.GoingAway)
	for _, send := range []string{request("GET /healthz HTTP/1.1", host), request("GET / HTTP/1.1", host), upgrade("/socket?userId=late")} {
		response, body := front.ask(send)
		if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
			t.Errorf("got %s %q, want 503 with Retry-After", response.Status, cut(body))
		}
	}
	deaf.closedWith(frame.GoingAway)
	<-s.Ended
	if response, _ := front.ask(request("GET /healthz HTTP/1.1", host)); response.StatusCode != http.StatusBadGateway {
		t.Errorf("with wschat gone: got %s, want nginx's 502", response.Status)
	}
}

// -trust-proxy: the address that counts is the one that nginx saw, whatever the
// client says itself.
func TestNginxTrustProxy(t *testing.T) {
	s := start(t, "-max-conns-per-ip", "2", "-trust-proxy", "127.0.0.1/32")
	front := behindNginx(s)
	enter := func(from, forged string) int {
		t.Helper()
		fields := []string{}
		if forged != "" {
			fields = append(fields, "X-Forwarded-For: "+forged)
		}
		return status(t, front.Addr, from, upgrade("/socket", fields...))
	}
	for i, row := range []struct {
		from, forged string
		want         int
	}{
		{"127.0.0.2", "", 101},
		{"127.0.0.2", "192.0.2.1", 101},
		{"127.0.0.2", "", 503},
		{"127.0.0.2", "192.0.2.2", 503}, // a forged address is no other one
		{"127.0.0.2", "127.0.0.1", 503},
		{"127.0.0.3", "", 101}, // another client is not held responsible
		{"127.0.0.3", "127.0.0.2", 101},
		{"127.0.0.3", "", 503},
	} {
		if got := enter(row.from, row.forged); got != row.want {
			t.Errorf("%d: from %s, as if from %q: got %d, want %d", i, row.from, row.forged, got, row.want)
		}
	}
	if response, _ := front.ask(request("GET / HTTP/1.1", host)); response.StatusCode != http.StatusOK {
		t.Errorf("the page: got %s", response.Status)
	}
}

// status sends a request from an address of this machine. The connection stays
// open until the test ends.
func status(t *testing.T, addr, from, send string) int {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: target.Patience}
	conn, err := dialer.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(target.Patience))
	if _, err := io.WriteString(conn, send); err != nil {
		t.Fatal(err)
	}
	var code int
	if _, err := fmt.Fscanf(conn, "HTTP/1.1 %d", &code); err != nil {
		t.Fatal(err)
	}
	return code
}
