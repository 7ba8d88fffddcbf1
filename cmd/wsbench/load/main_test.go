package load

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMain fails if a test leaves a goroutine or a descriptor behind.
func TestMain(m *testing.M) {
	// The first socket makes the runtime open descriptors that it keeps.
	if ln, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		ln.Close()
	}
	goroutines, descriptors := inUse()
	status := m.Run()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for end := time.Now().Add(10 * time.Second); status == 0; <-poll.C {
		g, d := inUse()
		if g <= goroutines && d <= descriptors {
			break
		}
		if time.Now().After(end) {
			stacks := make([]byte, 1<<20)
			fmt.Fprintf(os.Stderr, "%d goroutines and %d descriptors are left of %d and %d:\n%s\n",
				g, d, goroutines, descriptors, stacks[:runtime.Stack(stacks, true)])
			status = 1
		}
	}
	os.Exit(status)
}

func inUse() (goroutines, descriptors int) {
	if dir, err := os.ReadDir("/proc/self/fd"); err == nil { // Linux
		descriptors = len(dir)
	}
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for _, stack := range strings.Split(string(stacks), "\n\n") {
		if strings.Contains(stack, "wschat/") { // others are package testing's, when it fuzzes
			goroutines++
		}
	}
	return goroutines, descriptors
}
