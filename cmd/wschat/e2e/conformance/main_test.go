//go:build e2e

package conformance

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
	return m.Run()
}
