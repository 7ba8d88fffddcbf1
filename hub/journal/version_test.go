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

// olderVersions are journals that were written by the last programs with these versions, and
// what is kept of groupA at last.
var olderVersions = map[string][]string{
	filepath.Join("testdata", "version1"): {"8:group 8", "9:group 5", "10:on"},
	filepath.Join("testdata", "version2"): {"9:group 8", "10:last", "11:on"},
}

// A journal of an older version is read, and goes on with a segment of this version:
// an older program then refuses it by its header, before it comes to a record that it
// does not know.
func TestOlderVersion(t *testing.T) {
	for older, kept := range olderVersions {
		dir := copyDir(t, older)
		old, err := listSegments(dir)
		must(t, err)
		for round := range 2 {
			s := open(t, Config{Dir: dir, Keep: 2, compactAt: never})
			if got := said(s, "groupA"); !strings.HasSuffix(got, strings.Join(kept[round:round+2], " ")) {
				t.Errorf("%s: %q", older, got)
			}
			if got := waiting(s, "B"); !strings.HasSuffix(got, "8:private 8") {
				t.Errorf("%s: for B wait %q", older, got)
			}
			groups := []string{"groupB", "groupC"}[:1+round]
			if a := s.state.users["A"]; a == nil || !slices.Equal(a.groups, groups) || s.state.users["B"] == nil {
				t.Errorf("%s: A is in %+v, want %v", older, a, groups)
			}
			if round == 0 {
				must(t, setMember(s, "A", "groupC", true))
				say(t, s, "groupA", "on")
			}
			if s.commit.active.version != version || s.commit.active.number != old[len(old)-1]+1 {
				t.Errorf("%s: it goes on in segment %d of version %d", older, s.commit.active.number, s.commit.active.version)
			}
			must(t, s.compactSealed())
			closeStore(t, s)
		}
	}
}

// While no segment of this version can be begun, nothing is written.
func TestOlderVersionGoesOnWithANewSegment(t *testing.T) {
	for older := range olderVersions {
		testOlderVersionGoesOn(t, older)
	}
}

func testOlderVersionGoesOn(t *testing.T, older string) {
	dir := copyDir(t, older)
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
		if before, err := os.ReadFile(segmentPath(older, n)); err != nil || string(now) != string(before) {
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
