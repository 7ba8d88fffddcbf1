//go:build e2e && linux

package nodes

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wschat/cmd/wschat/e2e/target"
	"wschat/hub/redis/redistest"
)

// Redis' password from a file, and from a URL: what is in it is nowhere that others can
// read, while Redis refuses it and when it takes it.
func TestNodesPassword(t *testing.T) {
	t.Parallel()
	const password = "correct-horse"
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, flags := range map[string]func(*redistest.Server) []string{
		"a file": func(r *redistest.Server) []string {
			return []string{"-redis", "redis://" + r.Addr(), "-redis-password-file", file}
		},
		"a URL": func(r *redistest.Server) []string { return []string{"-redis", r.URL()} },
	} {
		t.Run(name, func(t *testing.T) {
			redis := redistest.Start(t, "requirepass "+password)
			redis.CLI("config", "set", "requirepass", "another")
			s := target.Start(t, append([]string{"-admin", "127.0.0.1:0"}, flags(redis)...)...)
			if !target.Until(func() bool { return health(t, s) == 503 && strings.Contains(s.Log(), "WRONGPASS") }) {
				t.Errorf("no word of the password that is wrong:\n%s", s.Log())
			}
			redis.CLI("-a", "another", "config", "set", "requirepass", password)
			if !target.Until(func() bool { return health(t, s) == 200 }) {
				t.Errorf("the node does not get in:\n%s", s.Log())
			}
			for place, text := range exposed(t, s) {
				if strings.Contains(text, password) || text == "" {
					t.Errorf("%s has %q", place, text)
				}
			}
		})
	}
	for name, flags := range map[string][]string{
		"a wrong URL":      {"-redis", "redis://:" + password + "@127.0.0.1:port"},
		"a missing file":   {"-redis", "redis://127.0.0.1:1", "-redis-password-file", file + "-"},
		"a file, no Redis": {"-redis-password-file", file},
	} {
		status, _, said := target.Run(t, nil, append([]string{"-addr", "127.0.0.1:0"}, flags...)...)
		if status != 1 && status != 2 || strings.Contains(said, password) || strings.Count(said, "\n") != 1 {
			t.Errorf("%s: status %d, %q", name, status, said)
		}
	}
}

// exposed is what others can read of a server.
func exposed(t *testing.T, s *target.Server) map[string]string {
	t.Helper()
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
	return map[string]string{"ps": string(cmdline), "pprof": string(pprof), "the log": s.Log()}
}
