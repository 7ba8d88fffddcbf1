package account

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Read reads a users file.
func Read(file string) (*Table, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	t, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s, %w", file, err)
	}
	return t, nil
}

// Edit changes a users file, which need not exist before. Whoever reads it, at any moment,
// finds all of the old file or all of the new one, whatever becomes of this process. Of
// several at once, one waits for the other.
func Edit(file string, change func(*Table) error) error {
	if target, err := filepath.EvalSymlinks(file); err == nil { // a link stays one
		file = target
	}
	dir, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := lock(dir); err != nil {
		return fmt.Errorf("lock %s: %w", dir.Name(), err)
	}
	t, err := Read(file)
	if errors.Is(err, fs.ErrNotExist) {
		t, err = Parse(nil)
	}
	if err == nil {
		err = change(t)
	}
	if err == nil {
		err = replace(file, dir, t.text())
	}
	return err
}

// replace puts a file in the place of another. dir is its directory, which is locked: so
// the name of the new file until then is nobody else's. One of a process that has died is
// in the way.
func replace(file string, dir *os.File, text string) error {
	next := filepath.Join(filepath.Dir(file), "."+filepath.Base(file)+".new")
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, keepOwner(f, file), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(next, file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(next))
	}
	return syncDir(dir)
}

func (t *Table) text() string {
	var text strings.Builder
	for _, line := range t.lines {
		text.WriteString(line)
		text.WriteByte('\n')
	}
	return text.String()
}

// Add adds an account, or fails with ErrExists.
func (t *Table) Add(a Account) error {
	if t.accounts[a.Name] != nil {
		return ErrExists
	}
	t.accounts[a.Name] = &a
	t.lines = append(t.lines, a.String())
	return nil
}

// Replace changes the account of that name, or fails with ErrNone.
func (t *Table) Replace(a Account) error {
	i, err := t.line(a.Name)
	if err == nil {
		t.accounts[a.Name], t.lines[i] = &a, a.String()
	}
	return err
}

// Remove removes an account, or fails with ErrNone.
func (t *Table) Remove(name string) error {
	i, err := t.line(name)
	if err == nil {
		delete(t.accounts, name)
		t.lines = slices.Delete(t.lines, i, i+1)
	}
	return err
}

func (t *Table) line(name string) (int, error) {
	i := slices.IndexFunc(t.lines, func(line string) bool { return strings.HasPrefix(line, name+":") })
	if name == "" || i < 0 {
		return 0, ErrNone
	}
	return i, nil
}
