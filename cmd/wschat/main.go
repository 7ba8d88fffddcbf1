// Wschat is a chat server for browsers, terminals and programs: one TCP port,
// WebSocket from the handshake up, nothing else to install. README.md tells how to run
// it, hub/PROTOCOL.md what it says on the wire.
//
//	wschat [flags]    serve until SIGTERM or SIGINT; a second one ends it at once
//	wschat version    print the version
//	wschat token      print a token for a user
//	wschat user       keep the users file
//	wschat journal    print and check the messages on disk
//	wschat -help      print the flags
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

// The exit statuses.
const (
	exitOK     = 0
	exitFailed = 1 // right, but it could not be carried out
	exitUsage  = 2 // a wrong flag, value or combination
)

// version is set by the linker when it is built from a tag.
var version = ""

func main() {
	os.Exit(run(claimArgs(os.Args)[1:], os.LookupEnv, os.Stdout, os.Stderr))
}

// run is main without the process around it.
func run(args []string, env func(string) (string, bool), stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "version" {
		return printVersion(args[1:], stdout, stderr)
	}
	if len(args) > 0 && args[0] == "token" {
		return printToken(args[1:], env, stdout, stderr)
	}
	if len(args) > 0 && args[0] == "journal" {
		return printJournal(args[1:], stdout, stderr)
	}
	if len(args) > 0 && args[0] == "user" {
		return manageUsers(args[1:], os.Stdin, stdout, stderr)
	}
	failWrites()
	o, err := parseOptions(args, env, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		fmt.Fprintln(stderr, "wschat:", withoutCredentials(err.Error()))
		return exitUsage
	}
	ctx, stop := untilSignal()
	defer stop()
	log := startLog(stderr)
	defer log.close()
	if err := serve(ctx, o, o.logger(log), &log.dropped); err != nil {
		fmt.Fprintln(log, "wschat:", withoutCredentials(err.Error()))
		return exitFailed
	}
	return exitOK
}

// printVersion is the command version.
func printVersion(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		fmt.Fprintf(stderr, "wschat: version takes no argument, got %q\n", args[0])
		return exitUsage
	}
	return printLine("wschat "+versionText(), stdout, stderr)
}

// printLine prints what a command is there for: the exit status tells whether it could.
func printLine(line string, stdout, stderr io.Writer) int {
	if _, err := fmt.Fprintln(stdout, line); err != nil {
		fmt.Fprintln(stderr, "wschat:", err)
		return exitFailed
	}
	return exitOK
}

// versionText is the version, or else the commit this was built from.
func versionText() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value
		}
	}
	return info.Main.Version
}
