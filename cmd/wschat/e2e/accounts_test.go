//go:build e2e && linux

package e2e

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"wschat/cmd/wschat/account"
	"wschat/cmd/wschat/e2e/target"
	"wschat/handshake"
)

// usersFile is a users file in which everybody has the password "secret".
func usersFile(t *testing.T, names ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "users")
	hash, err := account.NewHash("secret", 1000)
	if err != nil {
		t.Fatal(err)
	}
	if err := account.Edit(file, func(table *account.Table) error {
		for _, name := range names {
			if err := table.Add(account.Account{Name: name, Password: hash}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return file
}

func basic(name, password string) handshake.Dialer {
	text := "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
	return handshake.Dialer{Header: handshake.Header{{Name: "Authorization", Value: text}}}
}

// PROTOCOL 9: wscat --auth A:password.
func TestWscatAccounts(t *testing.T) {
	s := start(t, "-users", usersFile(t, "A", "B"))
	a, b := s.wscat("", "--auth", "A:secret"), s.wscat("B", "--auth", "B:secret")
	a.sees("< 用户(B)登录了")
	b.types("A,hello")
	a.sees("< 用户(B=>A):hello")
	wrong := s.wscatFails("", "--auth", "A:wrong")
	wrong.sees("error: Unexpected server response: 401")
	wrong = s.wscatFails("A")
	wrong.sees("error: Unexpected server response: 401")
}

// wscatFails is wscat for who is not let in.
func (s *server) wscatFails(user string, flags ...string) *terminal {
	s.t.Helper()
	script, err := filepath.Abs("node_modules/wscat/bin/wscat")
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command("node", append([]string{script, "-c", "ws://" + s.Addr + socket(user)}, flags...)...)
	cmd.Env = target.Environment("TERM=xterm")
	return openTerminal(s.t, cmd)
}

// PROTOCOL 9: the password is asked for on a terminal, which does not show it, and shows
// again what is typed however that ends.
func TestUserAtATerminal(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users")
	for _, row := range []struct {
		name string
		keys []string
		end  string // the last line
		has  bool   // the name, in the end
	}{
		{"two passwords", []string{"correct\r", "horse\r"}, "wschat user: expected the same password twice, got two", false},
		{"Ctrl-C", []string{"corr", "\x03"}, "", false},
		{"Ctrl-D", []string{"\x04"}, "wschat user: expected a password on standard input, got none", false},
		{"one password, corrected", []string{"correct horsf\x7fe\r", "correct horse\r"}, "", true},
	} {
		cmd := exec.Command("sh", "-c", `"$0" user "$1" add A; stty -a | grep -o -- "-*echo\b"`, target.Program(), file)
		cmd.Env = target.Environment("TERM=xterm")
		p := openTerminal(t, cmd)
		until(t, "the question", func() bool { return strings.HasSuffix(p.screen.String(), "password: ") })
		for i, keys := range row.keys {
			if err := p.press(keys); err != nil {
				t.Fatal(err)
			}
			if i == 0 && strings.HasSuffix(keys, "\r") {
				until(t, "the second question", func() bool { return strings.HasSuffix(p.screen.String(), "once more: ") })
			}
		}
		if row.name == "Ctrl-C" { // it ends the shell, too
			until(t, "the shell has ended", p.hasEnded)
		} else {
			until(t, "the terminal shows what is typed", func() bool {
				lines := p.lines()
				return len(lines) > 0 && lines[len(lines)-1] == "echo"
			})
		}
		text := p.screen.String()
		if strings.Contains(text, "corr") || strings.Contains(text, "horse") || !strings.Contains(text, row.end) {
			t.Errorf("%s: the screen has %q", row.name, text)
		}
		table, err := account.Read(file)
		if has := err == nil && table.Check("A", "correct horse") != nil; has != row.has {
			t.Errorf("%s: got %v, %v", row.name, has, err)
		}
	}
	status, stdout, _ := target.Run(t, nil, "user", file, "list")
	if status != 0 || stdout != "A::\n" {
		t.Errorf("list: got %d, %q", status, stdout)
	}
}

// A terminal that outlives a wschat user that is killed by a signal shows what is typed.
func TestSignalsRestoreTheTerminal(t *testing.T) {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP) // what is ignored, as under nohup, would be ignored by children
	for _, by := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGTSTP} {
		file := filepath.Join(t.TempDir(), "users")
		cmd := exec.Command("sh", "-c", `trap : INT HUP TSTP TERM; (trap - INT HUP TSTP TERM; echo pid $(sh -c 'echo $PPID'); exec "$0" user "$1" add A </dev/tty); echo status $?; stty -a | grep -o -- "-*echo\b"`, target.Program(), file)
		cmd.Env = target.Environment("TERM=xterm")
		p := openTerminal(t, cmd)
		until(t, "the question", func() bool { return strings.HasSuffix(p.screen.String(), "password: ") })
		var pid int
		for _, line := range p.lines() {
			if text, ok := strings.CutPrefix(line, "pid "); ok {
				if err := json.Unmarshal([]byte(text), &pid); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := syscall.Kill(pid, by); err != nil {
			t.Fatal(err)
		}
		until(t, "the terminal shows what is typed", func() bool {
			lines := p.lines()
			return len(lines) > 0 && lines[len(lines)-1] == "echo"
		})
		if _, err := os.Stat(file); err == nil {
			t.Errorf("%v: somebody was added", by)
		}
	}
}

// PROTOCOL 9 behind a proxy, below a path, and over TLS.
func TestProxiedAccounts(t *testing.T) {
	p := proxies[0] // nginx
	edits := p.edits
	p.edits = func(w way) map[string]string {
		all := edits(w)
		all["location / {"] = "location /chat/ {"
		all["proxy_pass http://wschat;"] = "proxy_pass http://wschat/;"
		if w.secureBehind {
			delete(all, "http://wschat;")
			all["proxy_pass http://wschat;"] = "proxy_pass https://wschat/;"
		}
		return all
	}
	for _, w := range []way{
		{name: "in the clear"},
		{name: "over TLS to the proxy", secure: true},
		{name: "over TLS to wschat", secure: true, secureBehind: true},
	} {
		t.Run(w.name, func(t *testing.T) {
			s := p.start(t, w, "-users", usersFile(t, "A", "B"), "-trust-proxy", "127.0.0.1")
			scheme := "http://"
			if w.secure {
				scheme = "https://"
			}
			web := http.Client{Timeout: target.Patience, Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: s.TLS}}
			login := func(origin, from, password string) (status int, answer map[string]string) {
				request, err := http.NewRequest("POST", scheme+s.Addr+"/chat/login", strings.NewReader(`{"user":"A","password":"`+password+`"}`))
				if err != nil {
					t.Fatal(err)
				}
				request.Header.Set("Origin", origin)
				request.Header.Set("X-Forwarded-For", from)
				response, err := web.Do(request)
				if err != nil {
					t.Fatal(err)
				}
				defer response.Body.Close()
				text, err := io.ReadAll(response.Body)
				if err != nil || json.Unmarshal(text, &answer) != nil {
					t.Fatalf("got %s, %v", text, err)
				}
				return response.StatusCode, answer
			}
			status, answer := login(scheme+s.Addr, "", "secret")
			if status != http.StatusOK {
				t.Fatalf("got %d, %v", status, answer)
			}
			if status, _ := login("https://evil.example", "", "secret"); status != http.StatusForbidden {
				t.Errorf("another origin: got %d", status)
			}
			for query, d := range map[string]handshake.Dialer{"?token=" + answer["token"]: {}, "": basic("A", "secret")} {
				c, err := s.OpenWith("/chat/socket"+query, d)
				if err != nil {
					t.Fatal(err)
				}
				if err := c.SendText("who,"); err != nil {
					t.Fatal(err)
				}
				if text, err := c.NextText(); err != nil || text != "系统:在线 1: A" {
					t.Errorf("got %q, %v", text, err)
				}
				c.Conn.Close()
			}
			if _, err := s.OpenWith("/chat/socket", basic("A", "wrong")); err == nil || !strings.Contains(err.Error(), "401") {
				t.Errorf("a wrong password: got %v", err)
			}
			// Who writes other addresses into X-Forwarded-For guesses no more often.
			for i := range 5 {
				login(scheme+s.Addr, "192.0.2."+string(rune('1'+i)), "wrong")
			}
			if status, _ := login(scheme+s.Addr, "192.0.2.99", "secret"); status != http.StatusTooManyRequests {
				t.Errorf("after five wrong ones: got %d", status)
			}
		})
	}
}
