// Package leaktest checks that tests leave nothing behind: no goroutine of this
// module or of net/http and, on Linux, no descriptor. A package whose tests start
// goroutines or open something has
//
//	func TestMain(m *testing.M) { os.Exit(leaktest.Run(m)) }
//
// Other goroutines do not count: that of package os/signal stays for good once it
// has begun, and package testing has its own while it fuzzes.
package leaktest

import (
	"flag"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
)

// Run runs the tests of a package and returns the status to exit with. It is 1 if
// they pass but leave something that does not end within 20 s, which Run prints.
func Run(m *testing.M) int {
	// The first socket makes the runtime open descriptors that it keeps.
	if ln, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		ln.Close()
	}
	before := InUse()
	status := m.Run()
	if status == 0 {
		if left := before.Left(20 * time.Second); left != "" {
			fmt.Fprintf(os.Stderr, "left by the tests:\n%s\n", left)
			status = 1
		}
	}
	return status
}

// Resources are goroutines and descriptors: what there is to tell of each, by a name
// of its own.
type Resources map[string]string

// InUse returns what counts and is in use now, but for the caller's goroutine.
// Safe for concurrent use.
func InUse() Resources {
	r := Resources{}
	for _, stack := range Stacks() {
		if strings.Contains(stack, "wschat/") || strings.Contains(stack, "net/http") {
			name, _, _ := strings.Cut(stack, " [") // "goroutine 7"
			r[name] = stack
		}
	}
	descriptors, _ := filepath.Glob("/proc/self/fd/*") // none but on Linux
	for _, fd := range descriptors {
		if file, err := os.Readlink(fd); err == nil && !isProfile(file) { // Glob's own is closed
			name := fd + " -> " + file
			r[name] = name
		}
	}
	return r
}

// isProfile reports whether package testing has opened a file, for it never closes it.
func isProfile(file string) bool {
	is := func(name string) bool { return filepath.Base(flag.Lookup(name).Value.String()) == filepath.Base(file) }
	return is("test.cpuprofile") || is("test.trace")
}

// Left waits until nothing is in use that was not before, at most for patience, and
// returns the stacks and descriptors that are left; "" if there are none.
func (before Resources) Left(patience time.Duration) string {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // it closes files that were forgotten
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for end := time.Now().Add(patience); ; <-poll.C {
		now := InUse()
		maps.DeleteFunc(now, func(name, _ string) bool { return before[name] != "" })
		if len(now) == 0 || time.Now().After(end) {
			return strings.Join(slices.Sorted(maps.Values(now)), "\n\n")
		}
	}
}

// Stacks returns those of all goroutines but the caller's. Safe for concurrent use.
func Stacks() []string {
	for size := 64 << 10; ; size *= 2 {
		all := make([]byte, size)
		if n := runtime.Stack(all, true); n < size {
			return strings.Split(strings.TrimSpace(string(all[:n])), "\n\n")[1:]
		}
	}
}
