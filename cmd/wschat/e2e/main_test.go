//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// What the tests work with; set by TestMain.
var (
	program   string // wschat
	artefacts string // a folder
)

// atTheEnd is what ends that all tests share. Tests here do not run in parallel.
var atTheEnd []func()

// patience is how long a test waits for something that must happen.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	temp, err := os.MkdirTemp("", "wschat-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(temp)
	if program = os.Getenv("WSCHAT_BINARY"); program == "" {
		program = filepath.Join(temp, "wschat")
		if out, err := exec.Command("go", "build", "-o", program, "wschat/cmd/wschat").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%s%v\n", out, err)
			return 1
		}
	}
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
	return m.Run()
}

// until waits until ok is true; what says in the failure what did not come.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for end := time.Now().Add(patience); !ok(); <-poll.C {
		if time.Now().After(end) {
			t.Fatalf("waited %v in vain: %s", patience, what)
		}
	}
}
