package main

import (
	"context"
	"os/signal"
	"syscall"
	"time"
)

// sameSignal is how far apart the signals of one request may be: some who run a server
// send theirs to the process and to its group (timeout), or pass on what the terminal
// has sent to both (npm). No person is that quick.
const sameSignal = 20 * time.Millisecond

// untilSignal returns a context that is done soon after the first SIGTERM or SIGINT.
// From then on a signal ends the process in the system's own way, and its parent sees by
// which signal it died (a shell: 130 or 143). That is so before anything of the drain can
// be seen. stop gives up waiting.
func untilSignal() (_ context.Context, stop func()) {
	signaled, forget := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	ctx, cancel := context.WithCancel(context.Background())
	unused := context.AfterFunc(signaled, func() {
		time.Sleep(sameSignal)
		forget()
		cancel()
	})
	return ctx, func() {
		unused()
		forget()
	}
}
