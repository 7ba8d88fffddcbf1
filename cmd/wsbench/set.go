package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"wschat/cmd/wsbench/suite"
)

// compare is the commands set and plot: both measure wschat beside others.
func compare(ctx context.Context, command string, args []string, stdout, stderr io.Writer) error {
	c := &suite.Config{Version: version, Progress: stderr, Command: "wsbench " + command + " " + quoted(args)}
	flags := flag.NewFlagSet(command, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&c.Wschat, "wschat", "bin/wschat", "`binary` of wschat")
	flags.StringVar(&c.Floor, "floor", "", "`binary` of testdata/floor (default without)")
	flags.IntVar(&c.Rounds, "rounds", 5, "`rounds`, of which the table holds the medians")
	flags.Float64Var(&c.Secs, "secs", 4, "`seconds` that are measured for each figure")
	flags.StringVar(&c.Data, "data", "", "`directory` in which to measure -data (default that of temporary files)")
	peers := flags.String("peers", "", "other `servers`: NAME=URL,PID or NAME=URL,COMMAND, separated by ;")
	flags.StringVar(&c.Rows, "rows", "", "`names` of rows, as a regular expression (default all): "+strings.Join(suite.Names(), " "))
	if command == "plot" {
		flags.StringVar(&c.Out, "out", "", "`directory` for the chart")
	}
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(stdout, "usage: wsbench %s [options]\n\n", command)
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		return nil
	}
	if err == nil {
		c.Peers, err = suite.ParsePeers(*peers)
	}
	switch {
	case err != nil:
	case flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case c.Rounds < 1:
		err = fmt.Errorf("--rounds: expected 1 or more, got %d", c.Rounds)
	case !(c.Secs >= 0.1 && c.Secs <= 3600):
		err = fmt.Errorf("--secs: expected 0.1 to 3600, got %v", c.Secs)
	case command == "plot" && c.Out == "":
		err = errors.New("--out is needed")
	}
	if err != nil {
		return usageError{err}
	}
	return suite.Run(ctx, c, stdout)
}

// quoted puts arguments together as a shell would take them apart.
func quoted(args []string) string {
	var words []string
	for _, a := range args {
		if a == "" || strings.ContainsAny(a, " ;|&()<>*?$'\"\\") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}
