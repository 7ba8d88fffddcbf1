package files

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"wschat/hub/chat"
)

// "It is there whole or not at all."
func TestPut(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir(), MaxFile: 3 << 20})
	for _, size := range []int{0, 1, bufferSize, bufferSize + 1, syncSize, 2*syncSize + 7} {
		text := strings.Repeat("x", size)
		f, err := s.Put("A", "a name", int64(size), iotest.HalfReader(strings.NewReader(text)))
		if err != nil || f.Size != int64(size) || f.Name != "a name" || f.Type != unknown || content(s, f) != text {
			t.Errorf("%d bytes: got %+v, %v", size, f, err)
		}
		claimed(t, s, f)
	}
	before := len(paths(t, s))
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		size int64
		body io.Reader
		want error
	}{
		"too large": {3<<20 + 1, strings.NewReader("x"), ErrTooLarge},
		"too short": {2, strings.NewReader("x"), io.EOF},
		"empty":     {1, strings.NewReader(""), io.EOF},
		"broken":    {2 << 20, io.MultiReader(strings.NewReader(strings.Repeat("x", 1<<20)), iotest.ErrReader(broken)), broken},
	} {
		if f, err := s.Put("A", "name", test.size, test.body); !errors.Is(err, test.want) || f != (chat.File{}) {
			t.Errorf("%s: got %+v, %v", name, f, err)
		}
	}
	if left := paths(t, s); len(left) != before {
		t.Errorf("there are %v", left)
	}
	if stats := s.Stats(); stats.Uploading != 0 || len(s.uploads) != 0 || stats.Stored != 6 || s.room.stored() != stats.Used {
		t.Errorf("got %+v", stats)
	}
}

// A directory that is gone is not made anew, and is an error that is no client's.
func TestPutWithoutDirectory(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir() + "/files"})
	if err := os.RemoveAll(s.config.Dir); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put("A", "name", 1, strings.NewReader("x")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// What an upload leaves behind whose process ends is removed by the next one, but not what
// another node is writing.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Config{Dir: dir})
	f, g := put(t, s, "A", "sent"), put(t, s, "A", "unsent")
	claimed(t, s, f)
	dead := newID()
	if err := os.WriteFile(s.path(partDir, dead), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	live, _, err := s.createPart()
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	again := open(t, Config{Dir: dir})
	if left := strings.Join(paths(t, s), " "); strings.Contains(left, dead) || !strings.Contains(left, "part/") || len(strings.Fields(left)) != 3 {
		t.Errorf("there are %s", left)
	}
	if again.Stats().Used != s.Stats().Used || content(again, f) != "sent" || content(again, g) != "unsent" {
		t.Errorf("used %d, was %d", again.Stats().Used, s.Stats().Used)
	}
}
