//go:build e2e

package conformance

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// patience is how long a test waits for something that must happen.
const patience = 20 * time.Second

// atOnce is how many rows are played at the same time: they mostly wait.
const atOnce = "16"

// program is the wschat binary.
var program string

func TestMain(m *testing.M) {
	flag.Parse()
	flag.Set("test.parallel", atOnce) // the one error is a value that is no number
	os.Exit(run(m))
}

func run(m *testing.M) int {
	temp, err := os.MkdirTemp("", "wschat-conformance-")
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
	before := runtime.NumGoroutine()
	status := m.Run()
	if left := goroutinesOver(before); left > 0 {
		fmt.Fprintf(os.Stderr, "%d goroutines are left over\n", left)
		return 1
	}
	return status
}

// goroutinesOver waits until no more than so many run, and returns how many more
// there are in the end.
func goroutinesOver(before int) int {
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for end := time.Now().Add(patience); ; <-poll.C {
		over := runtime.NumGoroutine() - before
		if over <= 0 || time.Now().After(end) {
			return over
		}
	}
}
