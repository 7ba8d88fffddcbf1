//go:build e2e

package e2e

import (
	"testing"

	"wschat/cmd/wschat/e2e/target"
)

// PROTOCOL 1, Host: "a name that somebody points at 127.0.0.1 reaches nothing".
func TestHost(t *testing.T) {
	local, named := start(t, "-admin", "127.0.0.1:0"), start(t, "-admin", "127.0.0.1:0", "-host", "chat.example,127.0.0.1")
	operator := func(s *server) *server { return &server{&target.Server{Addr: s.AdminAddr}, t} }
	const public, page, health, none, metrics, cmdline = "/socket?userId=A", "/", "/healthz", "/nothing", "/metrics", "/debug/pprof/cmdline"
	for _, row := range []struct {
		name   string
		server *server
		host   string
		status map[string]int
	}{
		{"a name that rebinds", local, "evil.example", map[string]int{public: 421, page: 421, health: 421, none: 421}},
		{"another address", local, "192.0.2.1:8080", map[string]int{public: 421, page: 421, health: 421, none: 421}},
		{"localhost", local, "localhost:1", map[string]int{public: 101, page: 200, health: 200, none: 404}},
		{"a name below it", local, "chat.localhost", map[string]int{public: 101, page: 200, health: 200, none: 404}},
		{"its address", local, local.Addr, map[string]int{public: 101, page: 200, health: 200, none: 404}},
		{"no host", local, "a b", map[string]int{public: 400, page: 400}},
		{"a name that is given", named, "Chat.Example:8080", map[string]int{public: 101, page: 200, health: 200, none: 404}},
		{"an address that is given", named, named.Addr, map[string]int{public: 101, page: 200, health: 200, none: 404}},
		{"localhost, which is not", named, "localhost", map[string]int{public: 421, page: 421, health: 421, none: 421}},
		{"the operator's, a name that rebinds", operator(local), "evil.example", map[string]int{metrics: 421, cmdline: 421, none: 421}},
		{"the operator's, localhost", operator(local), "localhost", map[string]int{metrics: 200, cmdline: 200, none: 404}},
		{"the operator's, any address", operator(local), "192.0.2.1", map[string]int{metrics: 200, cmdline: 200, none: 404}},
		{"the operator's, a name that is given", operator(named), "chat.example", map[string]int{metrics: 200, cmdline: 200, none: 404}},
	} {
		row.server.run(row.name, func(t *testing.T) {
			for path, want := range row.status {
				send := request("GET "+path+" HTTP/1.1", "Host: "+row.host, toSocket, connection, key, version)
				if response, body := row.server.ask(send); response.StatusCode != want {
					t.Errorf("%s: got %s %q, want %d", path, response.Status, cut(body), want)
				}
			}
		})
	}
}
