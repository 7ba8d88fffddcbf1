//go:build redis

package redis

import (
	"log/slog"
	"os"
	"testing"

	"wschat/frame/leaktest"
	"wschat/hub/redis/redistest"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Run(m)) }

// open opens a store, which ends with the test, and waits until it is available. Nobody looks at what it tells.
func open(t *testing.T, config Config) *Store {
	t.Helper()
	config.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	s, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	s.Attach(new(recorder))
	redistest.Eventually(t, "Redis is reached", func() bool { return s.Err() == nil })
	return s
}
