package journal

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"wschat/hub/chat"
)

// Messages are appended all the time, and the journal stays small.
func TestCompactionInTheBackground(t *testing.T) {
	const keep, writers, each = 20, 8, 1500
	dir := t.TempDir()
	s := open(t, Config{Dir: dir, Keep: keep, segmentSize: 16 << 10, disk: noSync{}})
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for i := range each {
				m := text([]string{"all", "groupA", "B"}[i%3], fmt.Sprint(w, i))
				if err := try(s, m, ""); err != nil {
					t.Error(err)
					return
				}
				if i%3 == 2 && w > 0 {
					s.Written(m)
				}
			}
		})
	}
	writing.Wait()
	eventually(t, "it is compacted", func() bool { return diskUsage(t, dir) < 100<<10 })
	want := map[string]string{}
	for _, name := range []string{"all", "groupA", "A,B"} {
		want[name] = said(s, name)
		if got := last(s, name); got != writers*each/3 {
			t.Errorf("%s: last is %d", name, got)
		}
	}
	wantWaiting := waiting(s, "B")
	closeStore(t, s)
	if err := Dump(io.Discard, dir); err != nil {
		t.Error(err)
	}
	s = open(t, Config{Dir: dir, Keep: keep})
	for name, w := range want {
		if got := said(s, name); got != w && !strings.HasSuffix(w, got) && !strings.HasSuffix(got, w) {
			t.Errorf("%s: %q, was %q", name, got, w)
		}
	}
	if got := waiting(s, "B"); got != wantWaiting && !strings.HasSuffix(wantWaiting, got) && !strings.HasSuffix(got, wantWaiting) {
		t.Errorf("for B wait %q, before %q", got, wantWaiting)
	}
}

func diskUsage(t *testing.T, dir string) (bytes int64) {
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	must(t, err)
	for _, f := range files {
		if info, err := os.Stat(f); err == nil { // may be gone
			bytes += info.Size()
		}
	}
	return bytes
}

// A crash at any point of a compaction loses nothing and repeats nothing.
func TestCrashInCompaction(t *testing.T) {
	dir := t.TempDir()
	type image struct{ step, dir string }
	var images []image
	s := open(t, Config{Dir: dir, Keep: 5, segmentSize: 600, compactAt: never, atStep: func(step string) {
		images = append(images, image{step, copyDir(t, dir)})
	}})
	s.SetMember("C", "groupA", true, ignore)
	for i := range 30 {
		say(t, s, "groupA", fmt.Sprint("text ", i))
		s.Written(say(t, s, "B", "read"))
		say(t, s, "C", fmt.Sprint("unread ", i))
	}
	for range 2 { // the second time there is a compacted segment already
		must(t, s.compactSealed())
		say(t, s, "all", strings.Repeat("x", 600))
		say(t, s, "all", strings.Repeat("x", 600))
	}
	if len(images) < 8 {
		t.Fatalf("%d steps", len(images))
	}
	group, pair, unread := said(s, "groupA"), said(s, "A,B"), waiting(s, "C")
	for _, im := range images {
		if err := Dump(io.Discard, im.dir); err != nil {
			t.Errorf("%s: %v", im.step, err)
		}
		crashed := open(t, Config{Dir: im.dir, Keep: 5, segmentSize: 600})
		if got := said(crashed, "groupA"); !strings.HasSuffix(got, "30:text 29") || !strings.HasSuffix(group, got) && !strings.HasSuffix(got, group) {
			t.Errorf("%s: %q, want %q", im.step, got, group)
		}
		if got := said(crashed, "A,B"); !strings.HasSuffix(got, "30:read") || !strings.HasSuffix(pair, got) && !strings.HasSuffix(got, pair) {
			t.Errorf("%s: %q, want %q", im.step, got, pair)
		}
		if got := waiting(crashed, "C"); !strings.HasSuffix(got, "30:unread 29") || !strings.HasSuffix(unread, got) && !strings.HasSuffix(got, unread) {
			t.Errorf("%s: for C wait %q, want %q", im.step, got, unread)
		}
		if got := waiting(crashed, "B"); got != "" && got != "30:read" { // the last note may be unwritten
			t.Errorf("%s: for B wait %q", im.step, got)
		}
		if users := crashed.Load().Users; len(users) != 1 || users[0].Name != "C" {
			t.Errorf("%s: known are %+v", im.step, users)
		}
		if m := say(t, crashed, "groupA", "on"); m.Seq != 31 {
			t.Errorf("%s: it goes on with %d", im.step, m.Seq)
		}
		closeStore(t, crashed)
		must(t, Dump(io.Discard, im.dir))
		left, err := filepath.Glob(filepath.Join(im.dir, "*"+partSuffix))
		if must(t, err); len(left) > 0 {
			t.Errorf("%s: left are %v", im.step, left)
		}
	}
}

// A compaction that fails changes nothing, and is tried again.
func TestCompactionFails(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Config{Dir: dir, segmentSize: 300, compactAt: never})
	for range 5 {
		say(t, s, "all", strings.Repeat("x", 300))
	}
	before, whole := said(s, "all"), segmentPath(dir, 2)
	b, err := os.ReadFile(whole)
	must(t, err)
	b[len(b)/2] ^= 1
	must(t, os.WriteFile(whole, b, 0o600))
	if err := s.compactSealed(); err == nil || !strings.Contains(err.Error(), whole) {
		t.Errorf("damage is copied: %v", err)
	}
	b[len(b)/2] ^= 1
	must(t, os.WriteFile(whole, b, 0o600))
	must(t, s.compactSealed())
	if left, _ := filepath.Glob(filepath.Join(dir, "*"+segmentSuffix)); len(left) != 2 {
		t.Errorf("segments are %v", left)
	}
	say(t, s, "all", "on")
	closeStore(t, s)
	s = open(t, Config{Dir: dir})
	if got := said(s, "all"); got != before+" 6:on" {
		t.Errorf("%q", got)
	}
}

// History and the rest are read while messages come and go.
func TestReadersAndWriters(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir(), Keep: 10, segmentSize: 8 << 10, disk: noSync{}})
	var writing, reading sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		writing.Go(func() {
			for i := range 200 {
				m := text([]string{"all", "B"}[i%2], strings.Repeat("x", i%100+1))
				if err := try(s, m, "id"); err != nil {
					t.Error(err)
				}
				s.SetMember(fmt.Sprint("user", i%10), "groupA", i%3 > 0, ignore)
			}
		})
		reading.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				messages, _, _ := s.History("all", chat.Query{Limit: 100})
				for i, m := range messages {
					if m.Seq != messages[0].Seq+uint64(i) {
						t.Errorf("%d behind %d", m.Seq, messages[0].Seq)
					}
				}
				unread, _ := s.Waiting("B", time.Time{})
				for i, m := range unread {
					if m.Seq != unread[0].Seq+uint64(i) {
						t.Errorf("%d behind %d waits", m.Seq, unread[0].Seq)
					}
				}
				if len(unread) > 0 {
					s.Written(unread[0])
				}
				pairs(s, "A")
				s.Expire(time.Now().Add(-time.Hour))
				if err := Dump(io.Discard, s.dir); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writing.Wait()
	close(done)
	reading.Wait()
}

// shrinking is a disk that shows what is cut off a file.
type shrinking struct {
	noSync
	before func(f *os.File, size int64)
}

func (d shrinking) truncate(f *os.File, size int64) error {
	d.before(f, size)
	return d.noSync.truncate(f, size)
}

// What a compaction replaces is given back in small parts, each of which is one change to
// the file system: commits wait for the largest. Only a file without a name is cut.
func TestReplacedShrinksStepByStep(t *testing.T) {
	const size = 3*shrinkStep + shrinkStep/2
	dir, other := t.TempDir(), filepath.Join(t.TempDir(), "link")
	emptied := 0
	s := open(t, Config{Dir: dir, Keep: 1, segmentSize: size, compactAt: never, disk: shrinking{before: func(f *os.File, size int64) {
		info, err := f.Stat()
		must(t, err)
		if cut := info.Size() - size; cut > shrinkStep {
			t.Errorf("%d bytes are cut at once", cut)
		}
		if there, err := os.Stat(f.Name()); err == nil && os.SameFile(info, there) {
			t.Errorf("%s is cut", f.Name())
		}
		if size == 0 {
			emptied++
		}
	}}})
	fill := func() (sealed int) {
		for range 3 * size / (1 << 20) {
			say(t, s, "all", strings.Repeat("x", 1<<20))
		}
		return len(s.sealed)
	}
	for range 2 { // the second time the first of them is a compacted one
		want := emptied + fill()
		must(t, s.compactSealed())
		if emptied != want {
			t.Errorf("%d are empty before they go, want %d", emptied, want)
		}
	}
	fill()
	must(t, os.Link(segmentPath(dir, s.sealed[1].number), other))
	must(t, s.compactSealed())
	if info, err := os.Stat(other); err != nil || info.Size() < size {
		t.Errorf("what has another name is cut: %v, %v", info.Size(), err)
	}
}

// Whoever reads a journal meanwhile reads all of what he has opened.
func TestReplacedWhileItIsRead(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Config{Dir: dir, Keep: 1, segmentSize: 300, compactAt: never})
	for range 5 {
		say(t, s, "all", strings.Repeat("x", 300))
	}
	segments, replaced, err := openAll(dir)
	must(t, err)
	defer closeAll(append(segments, replaced...))
	must(t, s.compactSealed())
	for i, r := range segments {
		_, _, err := readSegment(r, i == len(segments)-1, func(record) error { return nil })
		must(t, err)
	}
}
