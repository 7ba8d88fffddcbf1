//go:build e2e

package conformance

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"testing"

	process "wschat/cmd/wschat/e2e/target" // a target here is more than a process
)

// patience is how long a test waits for something that must happen.
const patience = process.Patience

// atOnce is how many rows are played at the same time: they mostly wait.
const atOnce = "16"

func TestMain(m *testing.M) {
	flag.Parse()
	flag.Set("test.parallel", atOnce) // the one error is a value that is no number
	os.Exit(run(m))
}

func run(m *testing.M) int {
	before := runtime.NumGoroutine()
	status := process.Main(m)
	if !process.Until(func() bool { return runtime.NumGoroutine() <= before }) {
		fmt.Fprintf(os.Stderr, "%d goroutines are left over\n", runtime.NumGoroutine()-before)
		return 1
	}
	return status
}

// start runs wschat with -echo until the test and its parallel parts end.
func start(t *testing.T, flags ...string) *process.Server {
	t.Helper()
	return process.Start(t, append([]string{"-echo"}, flags...)...)
}
