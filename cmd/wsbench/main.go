// Wsbench puts load on WebSocket servers and measures what it costs them: CPU
// time a message, memory a connection, latency; and whether every message came,
// once and in order.
//
//	wsbench echo    --url ws://…  each connection gets back what it sends
//	wsbench fan     --url ws://…  each member gets what some members send
//	wsbench idle    --url ws://…  connections that do nothing
//	wsbench connect --url ws://…  connections that are opened and closed
//	wsbench set                   a set of measurements as a table; make bench
//	wsbench plot                  the same as a chart; make bench-plot
//	wsbench help                  all options
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"wschat/cmd/wsbench/load"
)

// The exit statuses.
const (
	exitOK     = 0
	exitFailed = 1 // the server or this machine failed
	exitUsage  = 2 // a wrong option or value
	exitWrong  = 3 // the run went to its end, but messages were lost, doubled, disordered or changed
)

// version is set by the linker when it is built from a tag or commit.
var version = ""

// usageError is what is wrong with the command line.
type usageError struct{ error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process around it.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprintln(stderr, "wsbench: expected a command: echo, fan, idle, connect, set, plot or help")
		return exitUsage
	}
	var err error
	switch command, args := args[0], args[1:]; command {
	case "echo", "fan", "idle", "connect":
		return measure(ctx, load.Mode(command), args, stdout, stderr)
	case "help", "-h", "-help", "--help":
		printHelp(stdout)
	case "set", "plot":
		err = compare(ctx, command, args, stdout, stderr)
	default:
		err = usageError{fmt.Errorf("unknown command %q: expected echo, fan, idle, connect, set, plot or help", command)}
	}
	return status(err, stderr)
}

// status tells an error, and returns the exit status that belongs to it.
func status(err error, stderr io.Writer) int {
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(stderr, "wsbench:", err)
	var usage usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// measure is one of the commands that measure.
func measure(ctx context.Context, mode load.Mode, args []string, stdout, stderr io.Writer) int {
	c, err := parseOptions(mode, args)
	if errors.Is(err, flag.ErrHelp) {
		printHelp(stdout)
		return exitOK
	}
	if err != nil {
		return status(usageError{err}, stderr)
	}
	c.Progress = stderr
	result, err := load.Run(ctx, c)
	if err != nil {
		return status(err, stderr)
	}
	if err := reportOn(c, result).print(stdout); err != nil {
		return status(err, stderr)
	}
	if !result.Good(mode) {
		fmt.Fprintln(stderr, "wsbench:", whatIsWrong(result))
		return exitWrong
	}
	return exitOK
}
