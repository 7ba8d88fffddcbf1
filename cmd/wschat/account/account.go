// Package account keeps the users file: names with passwords, roles and groups, one a line.
//
//	account.go   a line of the file
//	hash.go      a password, so that nobody can read it
//	table.go     a whole file, as the server asks it
//	edit.go      changes, each in one step
package account

import (
	"errors"
	"fmt"
	"strings"

	"wschat/hub/chat"
)

// Moderator is the only role beside none.
const Moderator = "moderator"

// Account is a line of the users file.
type Account struct {
	Name     string
	Password Hash
	Role     string   // "" or Moderator
	Groups   []string // the groups the user may be in, * at the end for any ending; nil: no limit
}

// parse reads NAME:HASH:ROLE:GROUPS. The error holds nothing of the hash.
func parse(line string) (Account, error) {
	parts := strings.Split(line, ":")
	if len(parts) != 4 {
		return Account{}, fmt.Errorf("expected NAME:HASH:ROLE:GROUPS, got %d parts", len(parts))
	}
	a := Account{Name: parts[0], Role: parts[2], Groups: SplitGroups(parts[3])}
	var err error
	if a.Password, err = parseHash(parts[1]); err != nil {
		return Account{}, err
	}
	return a, a.check()
}

func (a *Account) check() error {
	if err := chat.CheckUser(a.Name); err != nil {
		return fmt.Errorf("expected a user id, got %q: %w", a.Name, err)
	}
	if err := CheckRole(a.Role); err != nil {
		return err
	}
	if group, bad := BadGroup(a.Groups); bad {
		return fmt.Errorf("expected names of groups, got %q", group)
	}
	return nil
}

// String returns the line without its end.
func (a *Account) String() string {
	return a.Name + ":" + a.Password.String() + ":" + a.Role + ":" + strings.Join(a.Groups, ",")
}

// CheckRole returns an error unless a role is one.
func CheckRole(role string) error {
	if role != "" && role != Moderator {
		return fmt.Errorf("expected the role %s or none, got %q", Moderator, role)
	}
	return nil
}

// SplitGroups reads a list of groups; "" is nil.
func SplitGroups(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

// BadGroup finds the first entry that is neither the name of a group nor the beginning of
// names with * behind it.
func BadGroup(groups []string) (bad string, found bool) {
	for _, group := range groups {
		if group != "*" && group != "group*" && !chat.ValidGroup(strings.TrimSuffix(group, "*")) {
			return group, true
		}
	}
	return "", false
}

// Why a change cannot be made.
var (
	ErrExists = errors.New("account: there is a user by that name")
	ErrNone   = errors.New("account: there is no user by that name")
)
