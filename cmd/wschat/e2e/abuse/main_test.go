//go:build e2e

package abuse

import (
	"os"
	"sync"
	"testing"

	"wschat/cmd/wschat/e2e/target"
)

func TestMain(m *testing.M) {
	if besiege() || guessed() {
		return
	}
	os.Exit(target.Main(m))
}

// full: make siege, with many more of everything. In make test there are enough for a server that
// keeps something, or lets somebody wait, to show it.
var full = os.Getenv("SIEGE") == "full"

// size is a number in make test, and in make siege.
func size(usual, large int) int {
	if full {
		return large
	}
	return usual
}

// What every server here is started with. Users hear of nobody's login, and
// those who flood are not slowed down: the limits behind the rate are tested.
var usual = []string{"-admin", "127.0.0.1:0", "-echo", "-presence", "none", "-rate", "0"}

func start(t *testing.T, flags ...string) *target.Server {
	t.Helper()
	return target.Start(t, append(usual, flags...)...)
}

// many runs n attackers, some at a time, each with a number.
func many(t *testing.T, n int, attacker func(i int) error) {
	t.Helper()
	const atOnce = 50
	var wait sync.WaitGroup
	turns := make(chan struct{}, atOnce)
	for i := range n {
		turns <- struct{}{}
		wait.Go(func() {
			defer func() { <-turns }()
			if err := attacker(i); err != nil {
				t.Errorf("attacker %d: %v", i, err)
			}
		})
		if t.Failed() {
			break
		}
	}
	wait.Wait()
	if t.Failed() {
		t.FailNow()
	}
}
