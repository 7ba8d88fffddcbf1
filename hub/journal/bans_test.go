package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Bans outlive a restart, and the last ones count.
func TestBans(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Config{Dir: dir})
	if bans := s.Load().Bans; len(bans) > 0 {
		t.Errorf("a new journal has %v", bans)
	}
	until := time.Now().Add(time.Hour)
	for _, bans := range []map[string]time.Time{{"A": until}, {"A": until, `"小林"`: until.Add(1)}, {`"小林"`: until}} {
		if err := s.SaveBans(bans); err != nil {
			t.Fatal(err)
		}
	}
	copied := copyDir(t, dir) // kill -9
	closeStore(t, s)
	for _, dir := range []string{dir, copied} {
		if bans := open(t, Config{Dir: dir}).Load().Bans; len(bans) != 1 || !bans[`"小林"`].Equal(until) {
			t.Errorf("%s has %v", dir, bans)
		}
	}
}

// A disk that takes no ban leaves those that were there.
func TestBansOnAFailingDisk(t *testing.T) {
	dir := t.TempDir()
	disk := &failingRename{disk: osDisk{}}
	s := open(t, Config{Dir: dir, disk: disk})
	if err := s.SaveBans(map[string]time.Time{"A": {}}); err != nil {
		t.Fatal(err)
	}
	disk.err = syscall.ENOSPC
	if err := s.SaveBans(map[string]time.Time{"B": {}}); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v", err)
	}
	disk.err = nil
	closeStore(t, s)
	if bans := open(t, Config{Dir: dir}).Load().Bans; len(bans) != 1 || !bans["A"].IsZero() {
		t.Errorf("it has %v", bans)
	}
}

// failingRename is a disk that cannot rename, if err says so.
type failingRename struct {
	disk
	err error
}

func (d *failingRename) rename(from, to string) error {
	if d.err != nil {
		return d.err
	}
	return d.disk.rename(from, to)
}

// Damaged bans end the start: to let everybody in would be worse.
func TestDamagedBans(t *testing.T) {
	for _, text := range []string{"", "{", `{"A":7}`, `[]`, `{"A":"tomorrow"}`} {
		dir := t.TempDir()
		closeStore(t, open(t, Config{Dir: dir}))
		path := filepath.Join(dir, bansFile)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(Config{Dir: dir}); err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: got %v", text, err)
		}
	}
}
