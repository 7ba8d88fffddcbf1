package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// version1 is a journal that was written by the last program with version 1.
var version1 = filepath.Join("testdata", "version1")

// A journal of an older version is read, and goes on with a segment of this version:
// an older program then refuses it by its header, before it comes to a record that it
// does not know.
func TestOlderVersion(t *testing.T) {
	dir := copyDir(t, version1)
	old, err := listSegments(dir)
	must(t, err)
	for round := range 2 {
		s := open(t, Config{Dir: dir, Keep: 2, compactAt: never})
		if got := said(s, "groupA"); !strings.HasSuffix(got, []string{"8:group 8 9:group 5", "9:group 5 10:on"}[round]) {
			t.Errorf("%q", got)
		}
		if got := waiting(s, "B"); !strings.HasSuffix(got, "8:private 8") {
			t.Errorf("for B wait %q", got)
		}
		groups := []string{"groupB", "groupC"}[:1+round]
		if a := s.state.users["A"]; a == nil || !slices.Equal(a.groups, groups) || s.state.users["B"] == nil {
			t.Errorf("A is in %+v, want %v", a, groups)
		}
		if round == 0 {
			must(t, setMember(s, "A", "groupC", true))
			say(t, s, "groupA", "on")
		}
		if s.commit.active.version != version || s.commit.active.number != old[len(old)-1]+1 {
			t.Errorf("it goes on in segment %d of version %d", s.commit.active.number, s.commit.active.version)
		}
		must(t, s.compactSealed())
		closeStore(t, s)
	}
}

// While no segment of this version can be begun, nothing is written.
func TestOlderVersionGoesOnWithANewSegment(t *testing.T) {
	dir := copyDir(t, version1)
	full := errors.New("no room for another file")
	s := open(t, Config{Dir: dir, disk: creating{do: func(string) error { return full }}})
	if err := setMember(s, "A", "groupC", true); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	s.Close()
	numbers, err := listSegments(dir)
	must(t, err)
	for _, n := range numbers {
		now, err := os.ReadFile(segmentPath(dir, n))
		must(t, err)
		if before, err := os.ReadFile(segmentPath(version1, n)); err != nil || string(now) != string(before) {
			t.Errorf("segment %d is another one: %v", n, err)
		}
	}
}

// What a later program has written is refused with one sentence.
func TestLaterVersion(t *testing.T) {
	dir := t.TempDir()
	closeStore(t, open(t, Config{Dir: dir}))
	path := segmentPath(dir, 1)
	b, err := os.ReadFile(path)
	must(t, err)
	b[len(magic)]++
	must(t, os.WriteFile(path, b, 0o600))
	if err := openError(dir); !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), fmt.Sprintf("%s: version %d", path, version+1)) {
		t.Error(err)
	}
}

// creating is a disk that may refuse to create files.
type creating struct {
	osDisk
	do func(path string) error
}

func (d creating) create(path string) (*os.File, error) {
	if err := d.do(path); err != nil {
		return nil, err
	}
	return d.osDisk.create(path)
}

// setMember waits for what comes of it.
func setMember(s *Store, user, group string, is bool) error {
	stored := make(chan error, 1)
	s.SetMember(user, group, is, func(err error) { stored <- err })
	return <-stored
}
