package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"testing"
	"time"
)

// TestMain fails if a test leaves a goroutine behind.
func TestMain(m *testing.M) {
	_, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	stop() // package signal keeps the goroutine that it has begun, for good
	before := runtime.NumGoroutine()
	status := m.Run()
	if status == 0 && !settled(before) {
		stacks := make([]byte, 1<<20)
		fmt.Fprintf(os.Stderr, "goroutines are left:\n%s\n", stacks[:runtime.Stack(stacks, true)])
		status = 1
	}
	os.Exit(status)
}

// settled waits until there are no more goroutines than n.
func settled(n int) bool {
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > n; <-poll.C {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}
