package files

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wschat/frame/leaktest"
	"wschat/hub/chat"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Run(m)) }

// open opens a store, which ends with the test.
func open(t *testing.T, config Config) *Store {
	t.Helper()
	s, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func put(t *testing.T, s *Store, user, text string) chat.File {
	t.Helper()
	f, err := s.Put(user, "name", int64(len(text)), strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func claimed(t *testing.T, s *Store, f chat.File) {
	t.Helper()
	if text, _, err := s.Claim(f.ID, "A", "groupA", ""); err != nil || text != f.Text() {
		t.Fatalf("got %s, %v", text, err)
	}
}

// wait returns when what is begun is done.
func wait(begin func(string, func()), id string) {
	done := make(chan struct{})
	begin(id, func() { close(done) })
	<-done
}

// paths are those of all files of a store, without its directory.
func paths(t *testing.T, s *Store) (paths []string) {
	t.Helper()
	all, err := filepath.Glob(s.path("*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		rest, _ := filepath.Rel(s.config.Dir, path)
		paths = append(paths, rest)
	}
	return paths
}

// content is what a file has; "": it is not there.
func content(s *Store, f chat.File) string {
	file, err := s.open(f.ID)
	if err != nil {
		return ""
	}
	defer file.Close()
	b := make([]byte, f.Size)
	file.ReadAt(b, 0)
	return string(bytes.TrimRight(b, "\x00"))
}
