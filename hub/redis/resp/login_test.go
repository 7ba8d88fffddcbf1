//go:build redis

package resp

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"wschat/hub/redis/redistest"
)

// lines collects a log.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write appends to the log.
func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) has(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), text)
}

func TestLogin(t *testing.T) {
	server := redistest.Start(t, "requirepass right", "user ann on >secret ~* &* +@all")
	addr := server.Addr()
	for _, row := range []struct {
		name, url, wrong string // in the log
	}{
		{"password", "redis://:right@" + addr, ""},
		{"user and password", "redis://ann:secret@" + addr, ""},
		{"wrong password", "redis://:wrong@" + addr, "WRONGPASS"},
		{"wrong user", "redis://bob:secret@" + addr, "WRONGPASS"},
		{"no password", "redis://" + addr, "NOAUTH"},
		{"no such database", "redis://:right@" + addr + "/99", "DB index is out of range"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var log lines
			c := open(t, Config{URL: row.url, Log: slog.New(slog.NewTextHandler(&log, nil))})
			_, err := ask(t, c, "", "PING")
			if row.wrong == "" {
				if err != nil {
					t.Error(err)
				}
				waitUp(t, c, true)
				return
			}
			if !errors.Is(err, ErrUnavailable) || c.Up() {
				t.Error(err)
			}
			redistest.Eventually(t, "the log says why", func() bool { return log.has(row.wrong) })
			if log.has("secret") || log.has(":wrong") {
				t.Error("the password is in the log:", log.text.String())
			}
		})
	}
}

func TestTLS(t *testing.T) {
	server := redistest.StartTLS(t, "requirepass right")
	c := open(t, Config{URL: server.URL()})
	call(t, c, "k", "SET", "k", strings.Repeat("x", 1<<20))
	if got := call(t, c, "k", "STRLEN", "k"); got != "1048576" {
		t.Error(got)
	}
	waitUp(t, c, true)
	server.Restart(true)
	waitUp(t, c, true)

	unknown, _, _ := strings.Cut(server.URL(), "?")
	c = open(t, Config{URL: unknown})
	if _, err := ask(t, c, "", "PING"); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "certificate") {
		t.Error("a certificate that nobody known has signed:", err)
	}
	c = open(t, Config{URL: strings.Replace(unknown, "rediss", "redis", 1)})
	if _, err := ask(t, c, "", "PING"); !errors.Is(err, ErrUnavailable) {
		t.Error("without TLS:", err)
	}
}

func TestURLWithCAThatIsNone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.pem")
	if _, err := Open(Config{URL: "rediss://h?ca=" + file}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if err := os.WriteFile(file, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Config{URL: "rediss://h?ca=" + file}); err == nil {
		t.Error("a file without certificates")
	}
}
