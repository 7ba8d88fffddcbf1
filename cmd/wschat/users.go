package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"sync/atomic"

	"wschat/cmd/wschat/account"
)

// users is the users file, as it is now. Safe for concurrent use.
type users struct {
	table   atomic.Pointer[account.Table]
	changed func(name string) // is told of each name whose line has changed; nil: nobody is
}

// take puts a new file in the place of the old one. Whoever asks from now on gets the new one;
// then changed is told of those whom the old one let in.
func (u *users) take(text []byte) error {
	table, err := account.Parse(text)
	if err != nil {
		return err
	}
	old := u.table.Swap(table)
	if old == nil || u.changed == nil {
		return nil
	}
	for _, name := range old.Changed(table) {
		u.changed(name)
	}
	return nil
}

// find returns the account of a name; nil: there is none.
func (u *users) find(name string) *account.Account { return u.table.Load().Find(name) }

// unchanged returns a function that reports whether a name's line is the same as in a: nil,
// if it has none.
func (u *users) unchanged(name string, a *account.Account) func() bool {
	return func() bool {
		now := u.find(name)
		return now == a || now != nil && a != nil && now.String() == a.String()
	}
}

// passwordVersion names the password of an account. It tells nothing of it to those who do
// not have the key.
func passwordVersion(key []byte, a *account.Account) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("wschat password\x00" + a.Name + "\x00" + a.Password.String()))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}
