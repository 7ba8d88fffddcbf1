package files

import (
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"wschat/hub/chat"
)

// "-files-bytes bounds the whole; beyond it the oldest files go first", whether they are sent.
func TestOldestGo(t *testing.T) {
	const each, room = 20 << 10, 10
	s := open(t, Config{Dir: t.TempDir(), Bytes: room * (each + blockSize)})
	var all []chat.File
	for i := range 3 * room {
		f := put(t, s, "A", strings.Repeat("x", each))
		if i%2 == 0 {
			claimed(t, s, f)
		}
		all = append(all, f)
		if used := s.Stats().Used; used > s.config.Bytes {
			t.Fatalf("%d bytes are used", used)
		}
	}
	gone := 0
	for i, f := range all {
		switch there := content(s, f) != ""; {
		case there && i < 2*room:
			t.Errorf("file %d is still there", i)
		case !there:
			gone++
		}
	}
	if gone > 2*room+1 || s.Stats().Evicted != uint64(gone) {
		t.Errorf("%d are gone, counted %d", gone, s.Stats().Evicted)
	}
}

// A file that is larger than all may be has no room, and costs nobody a file; nor does an upload
// of which nothing comes.
func TestNoRoom(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir(), Bytes: 8 << 20})
	f := put(t, s, "A", strings.Repeat("x", 6<<20))
	_, err := s.Put("A", "name", 8<<20, strings.NewReader("x"))
	if !errors.Is(err, ErrNoRoom) || s.Stats().Refused != 1 {
		t.Errorf("got %v, %+v", err, s.Stats())
	}
	if _, err := s.Put("A", "name", 7<<20, iotest.ErrReader(errors.New("gone"))); err == nil || content(s, f) == "" {
		t.Errorf("got %v", err)
	}
}

// With a smaller bound after a restart, the oldest go at once.
func TestSmallerBound(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Config{Dir: dir})
	old, young := put(t, s, "A", strings.Repeat("x", 10<<10)), put(t, s, "A", strings.Repeat("x", 10<<10))
	s = open(t, Config{Dir: dir, Bytes: 20 << 10})
	if content(s, old) != "" || content(s, young) == "" {
		t.Error("the wrong one is gone")
	}
}

// "What was uploaded and not sent goes after an hour."
func TestUnsentGo(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	sent, unsent, young := put(t, s, "A", "sent"), put(t, s, "A", "unsent"), put(t, s, "A", "young")
	claimed(t, s, sent)
	old := time.Now().Add(-unsentTime)
	for _, path := range []string{s.path(sentDir, sent.ID), s.path(newDir, unsent.ID)} {
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.sweep(); err != nil {
		t.Fatal(err)
	}
	if content(s, sent) == "" || content(s, unsent) != "" || content(s, young) == "" || s.Stats().Used != 2*blockSize || s.Stats().Unsent != 1 {
		t.Errorf("there are %v, %+v", paths(t, s), s.Stats())
	}
}

// What others do in a shared directory is known after a count.
func TestCount(t *testing.T) {
	dir := t.TempDir()
	s, other := open(t, Config{Dir: dir}), open(t, Config{Dir: dir})
	f := put(t, other, "A", "text")
	put(t, other, "A", "text")
	if err := s.count(); err != nil || s.Stats().Used != 2*blockSize {
		t.Errorf("got %v, %d", err, s.Stats().Used)
	}
	claimed(t, s, f)
	wait(func(id string, done func()) { s.Deleted("groupA", 1, id, done) }, f.ID)
	if err := other.count(); err != nil || other.Stats().Used != blockSize || s.Stats().Used != blockSize {
		t.Errorf("got %v, %d and %d", err, s.Stats().Used, other.Stats().Used)
	}
}

// Nodes that share a directory keep its bound together, roughly.
func TestSharedRoom(t *testing.T) {
	const each, room = 60 << 10, 4 << 20
	config := Config{Dir: t.TempDir(), Bytes: room, Shared: true}
	s, other := open(t, config), open(t, config)
	for range 2 * room / each {
		put(t, s, "A", strings.Repeat("x", each))
		put(t, other, "A", strings.Repeat("x", each))
	}
	if err := s.count(); err != nil {
		t.Fatal(err)
	}
	if most := int64(room + 2*room/makeShare); s.Stats().Used > most {
		t.Errorf("%d bytes are used, want at most %d", s.Stats().Used, most)
	}
}

// Nodes that make room at once remove no more than one would.
func TestRoomIsMadeOnce(t *testing.T) {
	const each, many = 1000, 200
	dir := t.TempDir()
	s := open(t, Config{Dir: dir})
	for range many {
		put(t, s, "A", strings.Repeat("x", each))
	}
	half := s.Stats().Used / 2
	var starts sync.WaitGroup
	for range 4 {
		starts.Go(func() {
			s, err := Open(Config{Dir: dir, Bytes: half, Shared: true})
			if err != nil {
				t.Error(err)
				return
			}
			s.Close()
		})
	}
	starts.Wait()
	if left := len(paths(t, s)); left < many/2-2*many/makeShare || left > many/2 {
		t.Errorf("%d are left of %d", left, many)
	}
}
