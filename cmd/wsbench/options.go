package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"wschat/cmd/wsbench/load"
)

// parseOptions reads the options of a measuring command. An error is one line.
func parseOptions(mode load.Mode, args []string) (*load.Config, error) {
	c := &load.Config{Mode: mode}
	flags := flagSet(c)
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if err := fits(mode, flags); err != nil {
		return nil, err
	}
	if c.Conns == 0 {
		c.Conns = map[load.Mode]int{load.Echo: 50, load.Fan: 100, load.Idle: 1000, load.Connect: 50}[mode]
	}
	return c, c.Check()
}

// onlyFor are the options that only some modes have.
var onlyFor = map[string][]load.Mode{
	"size": {load.Echo, load.Fan}, "prefix": {load.Echo, load.Fan}, "suffix": {load.Echo, load.Fan},
	"inflight": {load.Echo, load.Fan}, "rate": {load.Echo, load.Fan},
	"loose": {load.Echo}, "senders": {load.Fan},
}

// fits reports an option that the mode does not have.
func fits(mode load.Mode, flags *flag.FlagSet) (err error) {
	flags.Visit(func(f *flag.Flag) {
		if modes, limited := onlyFor[f.Name]; limited && !slices.Contains(modes, mode) && err == nil {
			err = fmt.Errorf("--%s is not for %s", f.Name, mode)
		}
	})
	return err
}

func flagSet(c *load.Config) *flag.FlagSet {
	flags := flag.NewFlagSet("wsbench", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are printed once, by run
	flags.StringVar(&c.URL, "url", "", "`URL` of the server, ws or wss")
	flags.IntVar(&c.Conns, "conns", 0, "`connections`; connect: at a time (echo, connect 50, fan 100, idle 1000)")
	flags.Var((*seconds)(&c.Time), "secs", "`seconds` that are measured (default 5)")
	flags.Var((*seconds)(&c.Warmup), "warmup", "`seconds` of load before, which are not measured (default 1)")
	flags.StringVar(&c.Hello, "hello", "", "text `message` right after the handshake")
	flags.StringVar(&c.Subprotocol, "subprotocol", "", "`subprotocol` to offer")
	flags.IntVar(&c.PID, "pid", 0, "`process` of the server, whose CPU time and memory are told")
	flags.BoolVar(&c.Insecure, "insecure", false, "wss: take any certificate")
	flags.BoolVar(&c.Resume, "resume", false, "wss: resume sessions, as far as the server lets them")
	flags.IntVar(&c.Size, "size", 128, "`bytes` of payload; 32 at least, for the mark that tells messages apart")
	flags.IntVar(&c.Inflight, "inflight", 1, "closed loop: `messages` in flight for each sender")
	flags.Float64Var(&c.Rate, "rate", 0, "open loop: `messages` a second of all senders; latency counts from when each was due")
	flags.StringVar(&c.Prefix, "prefix", "", "`text` before each payload")
	flags.StringVar(&c.Suffix, "suffix", "", "`text` behind each payload")
	flags.BoolVar(&c.Loose, "loose", false, "echo: the server may put text around what it sends back")
	flags.IntVar(&c.Senders, "senders", 1, "fan: `members` that send")
	c.Time, c.Warmup, c.Settle, c.Timeout = 5*time.Second, time.Second, 300*time.Millisecond, 10*time.Second
	return flags
}

// seconds is a duration that is given as a number of seconds, such as 0.5.
type seconds time.Duration

func (s *seconds) String() string {
	return strconv.FormatFloat(time.Duration(*s).Seconds(), 'g', -1, 64)
}

func (s *seconds) Set(text string) error {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n != n || n < 0 || n > 1e6 {
		return errors.New("expected a number of seconds, 0 to 1000000")
	}
	*s = seconds(n * float64(time.Second))
	return nil
}

func printHelp(w io.Writer) {
	fmt.Fprint(w, `usage: wsbench echo|fan|idle|connect --url URL [options]

In --url, --hello, --prefix and --suffix {i} becomes the connection's
number: 100000, 100001 and so on. With {j} in echo's --prefix, the number of its
partner (100000 and 100001, ...), each message has to reach the partner.

What was measured is printed as a JSON object.

Exit status: 0 good, 1 the server or this machine failed, 2 a wrong option,
3 messages were lost, doubled, disordered or changed.

`)
	flags := flagSet(new(load.Config))
	flags.SetOutput(w)
	flags.PrintDefaults()
}
