package account

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func account(name, password string) Account {
	hash, err := NewHash(password, 1)
	if err != nil {
		panic(err)
	}
	return Account{Name: name, Password: hash}
}

// PROTOCOL 9: the file is replaced in one step, mode 0600.
func TestEdit(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users")
	add := func(name string) func(*Table) error {
		return func(t *Table) error { return t.Add(account(name, "secret")) }
	}
	for _, row := range []struct {
		name   string
		change func(*Table) error
		want   error
		names  string
	}{
		{"the first", add("A"), nil, "A"},
		{"another one", add("B"), nil, "A B"},
		{"one who is there", add("A"), ErrExists, "A B"},
		{"another password", func(t *Table) error { return t.Replace(account("A", "other")) }, nil, "A B"},
		{"of nobody", func(t *Table) error { return t.Replace(account("C", "other")) }, ErrNone, "A B"},
		{"nobody is removed", func(t *Table) error { return t.Remove("C") }, ErrNone, "A B"},
		{"a beginning is another name", func(t *Table) error { return t.Remove("") }, ErrNone, "A B"},
		{"removed", func(t *Table) error { return t.Remove("A") }, nil, "B"},
		{"all are removed", func(t *Table) error { return t.Remove("B") }, nil, ""},
	} {
		before, _ := os.ReadFile(file)
		if err := Edit(file, row.change); !errors.Is(err, row.want) {
			t.Errorf("%s: got %v, want %v", row.name, err, row.want)
		}
		table, err := Read(file)
		if err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		if got := strings.Join(table.Names(), " "); got != row.names {
			t.Errorf("%s: got %s, want %s", row.name, got, row.names)
		}
		if after, _ := os.ReadFile(file); row.want != nil && string(after) != string(before) {
			t.Errorf("%s: the file has changed", row.name)
		}
		if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: got %v, %v", row.name, info.Mode(), err)
		}
		if all, err := os.ReadDir(filepath.Dir(file)); err != nil || len(all) != 1 {
			t.Errorf("%s: got %v, %v", row.name, all, err)
		}
	}
}

// A bad file is left as it is, and so is what a process that has died left behind.
func TestEditOfOddFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users")
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	change := func(t *Table) error { return t.Add(account("A", "secret")) }
	write(file, "bad")
	if err := Edit(file, change); err == nil || !strings.Contains(err.Error(), file+", line 1: ") {
		t.Errorf("got %v", err)
	}
	write(file, "")
	write(filepath.Join(filepath.Dir(file), ".users.new"), "half of a li")
	link := file + ".link"
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	if err := Edit(link, change); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info, err)
	}
	if table, err := Read(file); err != nil || table.Find("A") == nil {
		t.Errorf("got %v, %v", table, err)
	}
}

// Of many changes at once none is lost.
func TestEditAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users")
	const n = 20
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			if err := Edit(file, func(t *Table) error { return t.Add(account(fmt.Sprint("u", i), "secret")) }); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if table, err := Read(file); err != nil || len(table.Names()) != n {
		t.Errorf("got %v, %v", table, err)
	}
}

// PROTOCOL 9: whenever the process is killed, the file is all of the old or all of the new.
func TestKill(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users")
	if os.Getenv("WSCHAT_EDIT") != "" {
		for {
			err := Edit(os.Getenv("WSCHAT_EDIT"), func(t *Table) error {
				if t.Find("B") == nil {
					return t.Add(account("B", "secret"))
				}
				return t.Remove("B")
			})
			if err != nil {
				fmt.Println(err)
				return
			}
		}
	}
	if err := Edit(file, func(t *Table) error { return t.Add(account("A", strings.Repeat("x", 1000))) }); err != nil {
		t.Fatal(err)
	}
	for round := range 20 {
		command := exec.Command(os.Args[0], "-test.run", "^TestKill$")
		command.Env = append(os.Environ(), "WSCHAT_EDIT="+file)
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		end := time.After(time.Duration(20+7*round) * time.Millisecond)
		for reading := true; reading; {
			select {
			case <-end:
				reading = false
			default:
				if table, err := Read(file); err != nil || table.Find("A") == nil {
					t.Fatalf("read %v, %v", table, err)
				}
			}
		}
		command.Process.Kill()
		if err := command.Wait(); err == nil {
			t.Error("it ended by itself")
		}
		if err := Edit(file, func(*Table) error { return nil }); err != nil {
			t.Fatalf("after the end: %v", err)
		}
	}
}
