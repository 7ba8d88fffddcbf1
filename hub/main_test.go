package hub

import (
	"os"
	"testing"
	"time"

	"wschat/frame/leaktest"
)

// patience bounds what a test waits for; reaching it is a failure.
const patience = 20 * time.Second

func TestMain(m *testing.M) { os.Exit(leaktest.Run(m)) }

// eventually waits until cond holds.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !cond(); time.Sleep(200 * time.Microsecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
