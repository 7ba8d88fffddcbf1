package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"wschat/cmd/wschat/account"
	"wschat/cmd/wschat/token"
	"wschat/hub/chat"
)

// tokenOptions are the flags of wschat token.
type tokenOptions struct {
	user       string
	ttl        time.Duration
	secretFile string
	groups     string
	role       string
	limited    bool // groups is given
}

// printToken is wschat token: it prints a token for a user.
func printToken(args []string, env func(string) (string, bool), stdout, stderr io.Writer) int {
	o, err := parseTokenOptions(args, env, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		fmt.Fprintln(stderr, "wschat token:", err)
		return exitUsage
	}
	signed, err := o.sign(time.Now())
	if err != nil {
		fmt.Fprintln(stderr, "wschat token:", err)
		return exitFailed
	}
	return printLine(signed, stdout, stderr)
}

func parseTokenOptions(args []string, env func(string) (string, bool), help io.Writer) (*tokenOptions, error) {
	o := new(tokenOptions)
	flags := flag.NewFlagSet("wschat token", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.user, "user", "", "`id` of the user")
	flags.DurationVar(&o.ttl, "ttl", 24*time.Hour, "`duration` for which the token is valid")
	flags.StringVar(&o.secretFile, "auth-secret-file", "", "`file` with the secret that the server has")
	flags.StringVar(&o.groups, "groups", "", "`groups` the user may be in, comma-separated, * at the end for any ending (default all)")
	flags.StringVar(&o.role, "role", "", "`role` of the user: moderator (default none)")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			flags.SetOutput(help)
			flags.PrintDefaults()
		}
		return nil, err
	}
	flags.Visit(func(f *flag.Flag) { o.limited = o.limited || f.Name == "groups" })
	if o.secretFile == "" {
		o.secretFile, _ = env(environmentName("auth-secret-file"))
	}
	return o, o.check(flags.Args())
}

func (o *tokenOptions) check(rest []string) error {
	bad := chat.CheckUser(o.user)
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q", rest[0])
	case bad != nil:
		return fmt.Errorf("invalid value %q for -user: expected a user id: %w", o.user, bad)
	case o.ttl <= 0:
		return errors.New("invalid value for -ttl: expected more than 0")
	case o.secretFile == "":
		return errors.New("missing -auth-secret-file")
	}
	if err := account.CheckRole(o.role); err != nil {
		return fmt.Errorf("invalid value for -role: %w", err)
	}
	if group, bad := account.BadGroup(o.groupList()); bad {
		return fmt.Errorf("invalid value %q for -groups: expected names of groups", group)
	}
	return nil
}

// groupList is nil if there is no limit.
func (o *tokenOptions) groupList() []string {
	if !o.limited {
		return nil
	}
	return strings.Split(o.groups, ",")
}

func (o *tokenOptions) sign(now time.Time) (string, error) {
	secret, err := token.ReadSecret(o.secretFile)
	if err != nil {
		return "", err
	}
	return token.Sign(secret, token.Claims{User: o.user, Expires: now.Add(o.ttl), Groups: o.groupList(), Role: o.role})
}
