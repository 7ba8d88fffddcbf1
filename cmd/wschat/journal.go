package main

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"

	"wschat/hub"
	"wschat/hub/journal"
)

// openStore opens what keeps the messages: a journal with -data, else memory.
// closeStore closes it when nobody uses it any more.
func openStore(o *options, log *slog.Logger) (store hub.Store, closeStore func() error, err error) {
	if o.data == "" {
		memory := hub.NewMemory(o.history)
		memory.MaxConversations, memory.MaxBytes = o.maxConversations, o.historyBytes
		return memory, func() error { return nil }, nil
	}
	j, err := journal.Open(journal.Config{
		Dir:              o.data,
		Keep:             o.history,
		MaxAge:           o.membershipTTL,
		MaxConversations: o.maxConversations,
		MaxMemory:        o.historyBytes,
		Log:              log,
	})
	if err != nil {
		return nil, nil, err
	}
	return j, j.Close, nil
}

// printJournal is wschat journal: it prints a journal, and what is wrong with it.
func printJournal(args []string, stdout, stderr io.Writer) int {
	if len(args) != 1 || args[0] == "" || args[0][0] == '-' {
		fmt.Fprintln(stderr, "wschat journal: expected one directory")
		return exitUsage
	}
	out := bufio.NewWriter(stdout)
	err := journal.Dump(out, args[0])
	if flushErr := out.Flush(); err == nil {
		err = flushErr
	}
	if err != nil {
		fmt.Fprintln(stderr, "wschat journal:", err)
		return exitFailed
	}
	return exitOK
}
