//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"wschat/cmd/wschat/e2e/target"
)

// artefacts is a folder for what the tests leave; set by TestMain.
var artefacts string

// atTheEnd is what ends that all tests share.
var atTheEnd []func()

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if artefacts = os.Getenv("WSCHAT_ARTEFACTS"); artefacts == "" {
		artefacts = filepath.Join(os.TempDir(), "wschat-artefacts")
	}
	if err := os.MkdirAll(artefacts, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		for _, end := range atTheEnd {
			end()
		}
	}()
	return target.Main(m)
}

// until waits until ok is true; what says in the failure what did not come.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	if !target.Until(ok) {
		t.Fatalf("waited %v in vain: %s", target.Patience, what)
	}
}
