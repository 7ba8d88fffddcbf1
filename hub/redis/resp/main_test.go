package resp

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// patience bounds what a test waits for; reaching it is a failure.
const patience = 20 * time.Second

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

// leftover returns the stacks of the goroutines but the caller's that are in this
// module, once they have had their time to end.
func leftover() string {
	for deadline := time.Now().Add(patience); ; runtime.Gosched() {
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
	}
}
