package account

import (
	"fmt"
	"hash/maphash"
	"strings"
)

// maxFile bounds a users file, in bytes: some 400,000 users.
const maxFile = 64 << 20

// Table is a users file that has been read. It is never changed. The zero value has no users.
type Table struct {
	accounts map[string]*Account
	lines    []string // as they are in the file, without line ends
	hashes   []Hash   // in the file's order
	seed     maphash.Seed
}

// Parse reads the text of a users file. An error names the line, and holds no hash.
func Parse(text []byte) (*Table, error) {
	if len(text) > maxFile {
		return nil, fmt.Errorf("expected at most %d bytes, got %d", maxFile, len(text))
	}
	t := &Table{accounts: make(map[string]*Account), seed: maphash.MakeSeed()}
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSuffix(line, "\n")
		t.lines = append(t.lines, line)
		if line == "" {
			continue
		}
		a, err := parse(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if t.accounts[a.Name] != nil {
			return nil, fmt.Errorf("line %d: expected each name once, got %s again", number, a.Name)
		}
		t.accounts[a.Name] = &a
		t.hashes = append(t.hashes, a.Password)
	}
	return t, nil
}

// Find returns the account of a name; nil: there is none.
func (t *Table) Find(name string) *Account { return t.accounts[name] }

// Names returns the names in the file's order.
func (t *Table) Names() []string {
	var names []string
	for _, line := range t.lines {
		if name, _, ok := strings.Cut(line, ":"); ok {
			names = append(names, name)
		}
	}
	return names
}

// Check returns the account of a name if the password is its own, else nil. It takes as
// long if there is no such name: then it hashes with the salt of somebody else, the same
// one for each try.
func (t *Table) Check(name, password string) *Account {
	a := t.accounts[name]
	hash := Hash{iterations: Iterations, salt: "nobody is here"}
	switch {
	case a != nil:
		hash = a.Password
	case len(t.hashes) > 0:
		hash = t.hashes[maphash.String(t.seed, name)%uint64(len(t.hashes))]
	}
	if len(password) > maxPassword || !hash.Matches(password) {
		return nil
	}
	return a
}

// Changed returns the names whose lines differ between two tables.
func (t *Table) Changed(to *Table) []string {
	var names []string
	for name, a := range t.accounts {
		if b := to.accounts[name]; b == nil || a.String() != b.String() {
			names = append(names, name)
		}
	}
	for name := range to.accounts {
		if t.accounts[name] == nil {
			names = append(names, name)
		}
	}
	return names
}
