//go:build e2e

package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
)

// The password of a Redis URL is in nothing that others can read: ps, the operator's
// listener, the log, not even where the server repeats it. Redis gets it all the same.
func TestRedisPassword(t *testing.T) {
	const password = "correct-horse"
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	got := make(chan string, 1)
	go refuseLogin(ln, got)
	for name, give := range map[string]func(url string) *target.Server{
		"an argument":        func(url string) *target.Server { return target.Start(t, "-admin", "127.0.0.1:0", "-redis", url) },
		"an argument with =": func(url string) *target.Server { return target.Start(t, "-admin", "127.0.0.1:0", "-redis="+url) },
		"the environment": func(url string) *target.Server {
			return target.StartWith(t, []string{"WSCHAT_REDIS=" + url}, "-admin", "127.0.0.1:0")
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := give("redis://:" + password + "@" + ln.Addr().String())
			select {
			case login := <-got:
				if !strings.Contains(login, password) {
					t.Errorf("Redis got %q", login)
				}
			case <-timeout():
				t.Fatal("Redis was not asked")
			}
			until(t, "the refusal in the log", func() bool { return strings.Contains(s.Log(), "unknown command") })
			cmdline, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", s.Pid()))
			if err != nil {
				t.Fatal(err)
			}
			response, err := http.Get("http://" + s.AdminAddr + "/debug/pprof/cmdline")
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			pprof, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			for place, text := range map[string]string{"ps": string(cmdline), "pprof": string(pprof), "the log": s.Log()} {
				if strings.Contains(text, password) || text == "" {
					t.Errorf("%s has %q", place, text)
				}
			}
			if !strings.Contains(string(cmdline), "-admin\x00127.0.0.1:0") {
				t.Errorf("the other arguments are gone: %q", cmdline)
			}
		})
	}
}

// refuseLogin answers AUTH as a Redis does that does not know it, until ln is closed.
// What it was sent first goes to got, if there is room.
func refuseLogin(ln net.Listener, got chan<- string) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		conn.SetDeadline(time.Now().Add(target.Patience))
		var lines []string
		for r := bufio.NewReader(conn); len(lines) < 5; { // *2 $4 AUTH $13 and the password
			line, err := r.ReadString('\n')
			if err != nil {
				break
			}
			lines = append(lines, strings.TrimSpace(line))
		}
		fmt.Fprintf(conn, "-ERR unknown command 'AUTH', with args beginning with: '%s' \r\n", lines[len(lines)-1])
		conn.Close()
		select {
		case got <- strings.Join(lines, " "):
		default:
		}
	}
}
