package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"wschat/cmd/wschat/account"
	"wschat/cmd/wschat/prompt"
	"wschat/hub/chat"
)

const userUsage = "expected: wschat user FILE add|passwd|remove|list [NAME] [-role moderator] [-groups groupA,groupB]"

// userOptions are the arguments of wschat user.
type userOptions struct {
	file, command, name string
	role, groups        string
	given               map[string]bool // by the name of the flag
}

// manageUsers is wschat user: it keeps a users file.
func manageUsers(args []string, stdin *os.File, stdout, stderr io.Writer) int {
	o, err := parseUserOptions(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return printLine(userUsage, stdout, stderr)
	case err != nil:
		fmt.Fprintln(stderr, "wschat user:", err)
		return exitUsage
	}
	if o.command == "list" {
		err = o.list(stdout)
	} else {
		err = o.edit(stdin, stderr)
	}
	if err != nil {
		fmt.Fprintln(stderr, "wschat user:", err)
		return exitFailed
	}
	return exitOK
}

// parseUserOptions takes flags before and behind the other arguments.
func parseUserOptions(args []string) (*userOptions, error) {
	o := &userOptions{given: make(map[string]bool)}
	flags := flag.NewFlagSet("wschat user", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.role, "role", "", "")
	flags.StringVar(&o.groups, "groups", "", "")
	var words []string
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			break
		}
		words = append(words, flags.Arg(0))
		args = flags.Args()[1:]
	}
	flags.Visit(func(f *flag.Flag) { o.given[f.Name] = true })
	return o, o.check(words)
}

func (o *userOptions) check(words []string) error {
	named := map[string]bool{"add": true, "passwd": true, "remove": true, "list": false}
	if len(words) < 2 || words[0] == "" {
		return errors.New(userUsage)
	}
	o.file, o.command = words[0], words[1]
	needsName, known := named[o.command]
	switch {
	case !known:
		return fmt.Errorf("unknown command %q; %s", o.command, userUsage)
	case needsName && len(words) != 3, !needsName && len(words) != 2:
		return errors.New(userUsage)
	case len(o.given) > 0 && o.command != "add" && o.command != "passwd":
		return fmt.Errorf("-role and -groups are about add and passwd, got %s", o.command)
	case !needsName:
		return nil
	}
	o.name = words[2]
	if err := chat.CheckUser(o.name); err != nil {
		return fmt.Errorf("invalid name %q: expected a user id: %w", o.name, err)
	}
	if err := account.CheckRole(o.role); err != nil {
		return fmt.Errorf("invalid value %q for -role: %w", o.role, err)
	}
	if group, bad := account.BadGroup(account.SplitGroups(o.groups)); bad {
		return fmt.Errorf("invalid value %q for -groups: expected names of groups", group)
	}
	return nil
}

// list prints NAME:ROLE:GROUPS of everybody.
func (o *userOptions) list(stdout io.Writer) error {
	table, err := account.Read(o.file)
	if err != nil {
		return err
	}
	for _, name := range table.Names() {
		a := table.Find(name)
		if _, err := fmt.Fprintf(stdout, "%s:%s:%s\n", a.Name, a.Role, strings.Join(a.Groups, ",")); err != nil {
			return err
		}
	}
	return nil
}

func (o *userOptions) edit(stdin *os.File, stderr io.Writer) error {
	if o.command == "remove" {
		return account.Edit(o.file, func(t *account.Table) error { return t.Remove(o.name) })
	}
	if err := o.exists(); err != nil { // before anybody is asked for a password
		return err
	}
	password, err := prompt.Password(stdin, stderr)
	if err != nil {
		return err
	}
	hash, err := account.NewHash(password, account.Iterations)
	if err != nil {
		return err
	}
	return account.Edit(o.file, func(t *account.Table) error {
		a := account.Account{Name: o.name}
		old := t.Find(o.name)
		if old != nil {
			a = *old
		}
		a.Password = hash
		if o.given["role"] {
			a.Role = o.role
		}
		if o.given["groups"] {
			a.Groups = account.SplitGroups(o.groups)
		}
		if o.command == "add" {
			return t.Add(a)
		}
		return t.Replace(a)
	})
}

// exists checks that the name is there for passwd, and is not for add.
func (o *userOptions) exists() error {
	table, err := account.Read(o.file)
	switch {
	case errors.Is(err, os.ErrNotExist) && o.command == "add":
		return nil
	case err != nil:
		return err
	case o.command == "add" && table.Find(o.name) != nil:
		return account.ErrExists
	case o.command == "passwd" && table.Find(o.name) == nil:
		return account.ErrNone
	}
	return nil
}
