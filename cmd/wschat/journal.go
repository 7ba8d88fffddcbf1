package main

import (
	"fmt"
	"io"

	"wschat/hub/journal"
)

// printJournal is wschat journal: it prints a journal, and what is wrong with it.
func printJournal(args []string, stdout, stderr io.Writer) int {
	if len(args) != 1 || args[0] == "" || args[0][0] == '-' {
		fmt.Fprintln(stderr, "wschat journal: expected one directory")
		return exitUsage
	}
	if err := journal.Dump(stdout, args[0]); err != nil {
		fmt.Fprintln(stderr, "wschat journal:", err)
		return exitFailed
	}
	return exitOK
}
