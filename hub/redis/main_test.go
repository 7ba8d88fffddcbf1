//go:build redis

package redis

import (
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"wschat/hub/redis/redistest"
)

// patienceTime bounds what a test waits for; reaching it is a failure.
const patienceTime = 20 * time.Second

// TestMain fails the package if a test leaves a goroutine behind.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 {
		if left := leftover(); left != "" {
			fmt.Fprintf(os.Stderr, "goroutines left:\n%s\n", left)
			code = 1
		}
	}
	os.Exit(code)
}

// leftover returns the stacks of the goroutines but the caller's that are in
// this module, once they have had their time to end.
func leftover() string {
	deadline := time.Now().Add(patienceTime)
	for {
		all := make([]byte, 1<<20)
		all = all[:runtime.Stack(all, true)]
		var left []string
		for _, stack := range strings.Split(string(all), "\n\n")[1:] {
			if strings.Contains(stack, "wschat/") {
				left = append(left, stack)
			}
		}
		if len(left) == 0 || time.Now().After(deadline) {
			return strings.Join(left, "\n\n")
		}
		runtime.Gosched()
	}
}

// open opens a store, which ends with the test, and waits until it is available.
func open(t *testing.T, config Config) *Store {
	t.Helper()
	config.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	s, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	redistest.Eventually(t, "Redis is reached", func() bool { return s.Err() == nil })
	return s
}
