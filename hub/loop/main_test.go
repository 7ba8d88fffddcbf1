package loop

import (
	"os"
	"testing"
	"time"

	"wschat/frame/leaktest"
)

// deadline is how long a test waits for something that has to happen.
const deadline = 20 * time.Second

func TestMain(m *testing.M) { os.Exit(leaktest.Run(m)) }

// poll waits for cond, and reports whether it came true.
func poll(cond func() bool) bool {
	ticker := time.NewTicker(200 * time.Microsecond)
	defer ticker.Stop()
	for end := time.Now().Add(deadline); !cond(); <-ticker.C {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// eventually fails the test if cond does not come true.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	if !poll(cond) {
		t.Fatalf("in vain waited until %s", what)
	}
}
