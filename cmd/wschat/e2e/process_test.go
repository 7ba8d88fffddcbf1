//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
)

// PROTOCOL 7: "ends with one clear line and exit status 2", or 1.
func TestUsageErrors(t *testing.T) {
	s := start(t)
	for _, row := range []struct {
		name   string
		env    string
		args   []string
		status int
		names  []string // what the line must name
	}{
		{"a wrong flag", "", []string{"-nope"}, 2, []string{"-nope"}},
		{"a value that is no duration", "", []string{"-ping", "soon"}, 2, []string{"-ping", `"soon"`}},
		{"a value that is no number", "", []string{"-queue", "1MB"}, 2, []string{"-queue", `"1MB"`}},
		{"a value below 0", "", []string{"-max-message", "-1"}, 2, []string{"-max-message"}},
		{"a flag without its value", "", []string{"-addr"}, 2, []string{"-addr"}},
		{"a bool that is none", "", []string{"-echo=perhaps"}, 2, []string{"-echo", "perhaps"}},
		{"another presence", "", []string{"-presence", "some"}, 2, []string{"-presence", `"some"`, "group"}},
		{"another log format", "", []string{"-log", "xml"}, 2, []string{"-log", `"xml"`, "json"}},
		{"an origin without a scheme", "", []string{"-allow-origin", "chat.example"}, 2, []string{"-allow-origin", "chat.example"}},
		{"an origin with a path", "", []string{"-allow-origin", "https://chat.example/room"}, 2, []string{"-allow-origin", "path"}},
		{"an origin with a wildcard in a label", "", []string{"-allow-origin", "https://chat*.example"}, 2, []string{"-allow-origin", "first label"}},
		{"the origin of a sandboxed frame", "", []string{"-allow-origin", "null"}, 2, []string{"-allow-origin", "null"}},
		{"an origin that is not in punycode", "", []string{"-allow-origin", "https://bücher.example"}, 2, []string{"-allow-origin", "xn--"}},
		{"a stray argument", "", []string{"serve"}, 2, []string{`"serve"`}},
		{"a stray argument behind flags", "", []string{"-echo", "true"}, 2, []string{`"true"`}},
		{"version with an argument", "", []string{"version", "now"}, 2, []string{"version", `"now"`}},
		{"an address without a port", "", []string{"-addr", "localhost"}, 2, []string{"-addr", `"localhost"`}},
		{"a port beyond 65535", "", []string{"-addr", ":65536"}, 2, []string{"-addr", `":65536"`}},
		{"a port below 0", "", []string{"-addr", ":-1"}, 2, []string{"-addr", `":-1"`}},
		{"a port that nobody knows", "", []string{"-addr", ":chat"}, 2, []string{"-addr", `":chat"`}},
		{"an address that is a URL", "", []string{"-addr", "http://localhost:80"}, 2, []string{"-addr"}},
		{"no address", "", []string{"-addr", ""}, 2, []string{"-addr"}},
		{"a wrong value in the environment", "WSCHAT_PING=soon", nil, 2, []string{"WSCHAT_PING", `"soon"`}},
		{"a value below 0 in the environment", "WSCHAT_PING=-1s", nil, 2, []string{"WSCHAT_PING"}},
		{"a bad address in the environment", "WSCHAT_ADDR=localhost", nil, 2, []string{"WSCHAT_ADDR", `"localhost"`}},
		{"an address in use", "", []string{"-addr", s.Addr}, 1, []string{s.Addr, "in use"}},
		{"an address that is not ours", "", []string{"-addr", "192.0.2.1:80"}, 1, []string{"192.0.2.1:80"}},
	} {
		s.run(row.name, func(t *testing.T) {
			status, stdout, stderr := target.Run(t, strings.Fields(row.env), row.args...)
			if status != row.status || stdout != "" {
				t.Errorf("got status %d and %q on stdout, want %d and nothing", status, stdout, row.status)
			}
			if !strings.HasPrefix(stderr, "wschat: ") || strings.Count(stderr, "\n") != 1 || !strings.HasSuffix(stderr, "\n") {
				t.Errorf("got %q, want one line", stderr)
			}
			for _, name := range row.names {
				if !strings.Contains(stderr, name) {
					t.Errorf("got %q, want it to name %s", stderr, name)
				}
			}
		})
	}
}

func TestHelpAndVersion(t *testing.T) {
	for _, flag := range []string{"-help", "--help", "-h"} {
		status, stdout, stderr := target.Run(t, nil, flag)
		if status != 0 || stderr != "" {
			t.Errorf("%s: got status %d, %q on stderr", flag, status, stderr)
		}
		for _, name := range []string{"addr", "history", "membership-ttl", "allow-origin", "echo", "presence", "single",
			"max-message", "queue", "ping", "handshake-timeout", "drain", "log"} {
			if !strings.Contains(stdout, "\n  -"+name) {
				t.Errorf("%s does not list -%s", flag, name)
			}
		}
	}
	status, stdout, stderr := target.Run(t, nil, "version")
	if status != 0 || stderr != "" || !strings.HasPrefix(stdout, "wschat ") || strings.Count(stdout, "\n") != 1 {
		t.Errorf("version: got status %d, %q, %q", status, stdout, stderr)
	}
}

// "Each also as an environment variable; the flag wins."
func TestEnvironment(t *testing.T) {
	for _, row := range []struct {
		env    []string
		flags  []string
		status int // of /echo
	}{
		{[]string{"WSCHAT_ECHO=true"}, nil, 101},
		{[]string{"WSCHAT_ECHO=true"}, []string{"-echo=false"}, 404},
		{[]string{"WSCHAT_ECHO=false", "WSCHAT_HANDSHAKE_TIMEOUT=9s", "WSCHAT_ADDR=nonsense"}, []string{"-echo"}, 101},
	} {
		t.Run(fmt.Sprint(row.env, row.flags), func(t *testing.T) {
			s := &server{target.StartWith(t, row.env, row.flags...), t}
			if response, _ := s.ask(upgrade("/echo")); response.StatusCode != row.status {
				t.Errorf("got %s, want %d", response.Status, row.status)
			}
		})
	}
}

func TestLogs(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			s := start(t, "-log", format)
			users := s.logins("A", "B")
			before := len(s.logLines())
			for range 100 {
				users[0].say("all,hi", "nonsense")
				users[0].hears("用户(A=>A):hi", "错误:格式应为 目的地,内容")
				users[1].hears("用户(A=>B):hi")
			}
			if after := s.logLines(); len(after) != before {
				t.Errorf("messages are logged: %q", after[before:])
			}
			users[0].leave()
			users[1].hears("用户(A)退出了")
			users[1].leave()
			s.Stop()
			for _, line := range s.logLines() {
				var entry struct{ Time, Level, Msg string }
				err := json.Unmarshal([]byte(line), &entry)
				if isJSON := err == nil && entry.Time != "" && entry.Level != "" && entry.Msg != ""; isJSON != (format == "json") {
					t.Errorf("-log %s: got %q", format, line)
				}
				if strings.Contains(line, "hi") && strings.Contains(line, "all,") {
					t.Errorf("a message is in the log: %q", line)
				}
			}
		})
	}
}

// PROTOCOL 4, draining: some answer the close, one does not.
func TestDrain(t *testing.T) {
	const drain = 3 * time.Second
	s := start(t, "-drain", drain.String(), "-presence", "none")
	polite := make([]*client, 20)
	for i := range polite {
		polite[i] = s.login(fmt.Sprint("U", i))
	}
	deaf := s.login("deaf")
	began := time.Now()
	s.Terminate()
	until(t, "503 from the draining server", func() bool {
		response, _ := s.ask(request("GET /healthz HTTP/1.1", host))
		return response.StatusCode == 503
	})
	for _, send := range []string{
		request("GET / HTTP/1.1", host), request("GET /healthz HTTP/1.1", host), upgrade("/socket?userId=late"),
		upgrade("/socket"), request("GET /nothing HTTP/1.1", host), request("POST / HTTP/1.1", host, "Content-Length: 0"),
	} {
		response, body := s.ask(send)
		line, _, _ := strings.Cut(send, "\r\n")
		if response.StatusCode != 503 || response.Header.Get("Retry-After") == "" {
			t.Errorf("%s: got %s %q, Retry-After %q, want 503", line, response.Status, body, response.Header.Get("Retry-After"))
		}
	}
	for _, c := range polite {
		c.closedWith(frame.GoingAway)
	}
	if m, err := deaf.NextMessage(); err != nil || m.Opcode != frame.Close {
		t.Errorf("deaf: got %v, %v, want a close frame", m.Opcode, err)
	}
	if m, err := deaf.NextMessage(); err == nil {
		t.Errorf("deaf: got %v, want the end", m.Opcode)
	}
	<-s.Ended
	if took := time.Since(began); took > drain+2*time.Second {
		t.Errorf("the drain took %v with -drain %v", took, drain)
	}
	s.Stop() // checks the status
}

// One who answers is not waited for.
func TestDrainEndsWithTheLastConnection(t *testing.T) {
	s := start(t, "-drain", "1m")
	c := s.login("A")
	began := time.Now()
	s.Terminate()
	c.closedWith(frame.GoingAway)
	<-s.Ended
	if took := time.Since(began); took > target.Patience {
		t.Errorf("the drain of one connection took %v", took)
	}
}
