package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wschat/hub/chat"
)

// sample is a journal of a few segments, with all kinds of records, and what is
// in it. The last record is a message, as after kill -9.
type sample struct {
	dir     string
	files   []string // oldest first
	newest  string
	said    []string // of groupA, by seq-1
	offsets []int64  // of the records of the newest segment, and its size
}

func newSample(t testing.TB) *sample {
	t.Helper()
	s := open(t, Config{Dir: t.TempDir(), segmentSize: 400})
	p := &sample{}
	for i := range 8 {
		s.SetMember(fmt.Sprint("user", i), "groupA", true, ignore)
		s.Written(say(t, s, "B", "private"))
		m := text("groupA", fmt.Sprint("text number ", i))
		if err := try(s, m, fmt.Sprint("id", i)); err != nil {
			t.Fatal(err)
		}
		p.said = append(p.said, string(m.Body))
	}
	p.dir = copyDir(t, s.dir)
	closeStore(t, s)
	p.files, _ = filepath.Glob(filepath.Join(p.dir, "*"+segmentSuffix))
	p.newest = p.files[len(p.files)-1]
	r, err := openSegment(p.newest)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	if _, torn, err := readSegment(r, true, func(rec record) error {
		p.offsets = append(p.offsets, rec.offset)
		return nil
	}); err != nil || torn != nil {
		t.Fatal(torn, err)
	}
	p.offsets = append(p.offsets, r.size)
	if len(p.files) < 3 || len(p.offsets) < 4 {
		t.Fatalf("%d segments, %d records in the newest", len(p.files), len(p.offsets)-1)
	}
	return p
}

// logged collects what is logged.
type logged struct{ records []slog.Record }

func (l *logged) Enabled(context.Context, slog.Level) bool { return true }
func (l *logged) Handle(_ context.Context, r slog.Record) error {
	l.records = append(l.records, r)
	return nil
}
func (l *logged) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l *logged) WithGroup(string) slog.Handler      { return l }

// torn returns the file and the offset of the one torn record that was logged.
func (l *logged) torn(t testing.TB) (file string, offset int64) {
	t.Helper()
	if len(l.records) != 1 || l.records[0].Message != "torn record" {
		t.Fatalf("logged is %v", l.records)
	}
	l.records[0].Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "file":
			file = a.Value.String()
		case "offset":
			offset = a.Value.Int64()
		}
		return true
	})
	return file, offset
}

// PROTOCOL 6: a torn last record is cut off, and the log says where. The record
// is cut at each of its bytes.
func TestTornTail(t *testing.T) {
	p := newSample(t)
	last := p.offsets[len(p.offsets)-2]
	whole, err := os.ReadFile(p.newest)
	if err != nil {
		t.Fatal(err)
	}
	for size := last; size <= int64(len(whole)); size++ {
		if err := os.WriteFile(p.newest, whole[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		var log logged
		s := open(t, Config{Dir: p.dir, Log: slog.New(&log)})
		want := p.said
		if size < int64(len(whole)) {
			want = want[:len(want)-1]
		}
		if size == last || size == int64(len(whole)) {
			if len(log.records) > 0 {
				t.Errorf("%d bytes: logged is %v", size, log.records)
			}
		} else if file, offset := log.torn(t); file != p.newest || offset != last {
			t.Errorf("%d bytes: torn record in %s at %d, want %s at %d", size, file, offset, p.newest, last)
		}
		if got := bodies(s, "groupA"); !slices.Equal(got, want) {
			t.Fatalf("%d bytes: %q", size, got)
		}
		// And it goes on.
		if m := say(t, s, "groupA", "on"); m.Seq != uint64(len(want)+1) {
			t.Fatalf("%d bytes: it goes on with %d", size, m.Seq)
		}
		closeStore(t, s)
		s = open(t, Config{Dir: p.dir})
		if got := bodies(s, "groupA"); !slices.Equal(got, append(slices.Clone(want), "on")) {
			t.Fatalf("%d bytes: then %q", size, got)
		}
		closeStore(t, s)
	}
}

// bodies returns what is kept of a conversation, which must be without holes.
func bodies(s *Store, conversation string) []string {
	messages, _, _ := s.History(conversation, chat.Query{Limit: 1000})
	var all []string
	for i, m := range messages {
		if m.Seq != uint64(i+1) {
			return nil
		}
		all = append(all, string(m.Body))
	}
	return all
}

// PROTOCOL 6: whatever byte is wrong, it is found: the start is refused with the
// file and the offset, or, at the end of what a crash has left, the log says so;
// never is anything else read than what was said.
func TestFlippedBits(t *testing.T) {
	p := newSample(t)
	var cut, refused int
	for _, file := range p.files {
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for offset, b := range whole {
			writeByte(t, file, offset, b^1<<rand.IntN(8))
			dumpErr := Dump(io.Discard, p.dir)
			var log logged
			s, err := Open(Config{Dir: p.dir, Log: slog.New(&log), disk: noSync{}})
			if (err == nil) != (dumpErr == nil) {
				t.Fatalf("%s, byte %d: Open says %v, Dump %v", file, offset, err, dumpErr)
			}
			if err == nil {
				cut++
				torn, at := log.torn(t)
				if file != p.newest || torn != file || at > int64(offset) || at < p.offsets[len(p.offsets)-4] {
					t.Errorf("%s, byte %d: torn record in %s at %d", file, offset, torn, at)
				}
				if got := bodies(s, "groupA"); !slices.Equal(got, p.said[:len(got)]) || len(got) < len(p.said)-1 {
					t.Errorf("%s, byte %d: %q", file, offset, got)
				}
				s.Close()
				must(t, os.WriteFile(file, whole, 0o600))
			} else {
				refused++
				var where *DamageError
				if errors.As(err, &where) {
					if where.File != file || where.Offset > int64(offset) {
						t.Errorf("%s, byte %d: %v", file, offset, err)
					}
				} else if !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), file) {
					t.Errorf("%s, byte %d: %v", file, offset, err)
				}
			}
			writeByte(t, file, offset, b)
		}
	}
	if cut == 0 || refused == 0 {
		t.Errorf("%d are cut, %d refused", cut, refused)
	}
}

// writeByte changes one byte of a file.
func writeByte(t *testing.T, file string, offset int, b byte) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	must(t, err)
	_, err = f.WriteAt([]byte{b}, int64(offset))
	must(t, err)
	must(t, f.Close())
}

// noSync is a disk that does not sync.
type noSync struct{ osDisk }

func (noSync) sync(*os.File) error { return nil }

// What is not there is missed, and what does not belong there is refused.
func TestDamagedDirectory(t *testing.T) {
	for name, test := range map[string]struct {
		damage func(t *testing.T, p *sample) (file string)
		reason string
	}{
		"first segment missing": {func(t *testing.T, p *sample) string {
			must(t, os.Remove(p.files[0]))
			return p.files[1]
		}, "missing"},
		"segment missing": {func(t *testing.T, p *sample) string {
			must(t, os.Remove(p.files[1]))
			return p.files[2]
		}, "missing"},
		"segment cut at a record": {func(t *testing.T, p *sample) string {
			info, err := os.Stat(p.files[0])
			must(t, err)
			must(t, os.Truncate(p.files[0], info.Size()-markSize))
			return p.files[0]
		}, "the end is missing"},
		"segment empty": {func(t *testing.T, p *sample) string {
			must(t, os.Truncate(p.newest, 0))
			return p.newest
		}, "incomplete header"},
		"bytes behind the end": {func(t *testing.T, p *sample) string {
			old, err := os.ReadFile(p.files[0])
			must(t, err)
			must(t, os.WriteFile(p.files[0], append(old, old[headerSize:]...), 0o600))
			return p.files[0]
		}, "behind the end"},
		"segment of another journal": {func(t *testing.T, p *sample) string {
			other := newSample(t)
			b, err := os.ReadFile(other.files[1])
			must(t, err)
			must(t, os.WriteFile(p.files[1], b, 0o600))
			return p.files[1]
		}, "another journal"},
		"segment renamed": {func(t *testing.T, p *sample) string {
			to := segmentPath(p.dir, uint64(len(p.files)+1))
			must(t, os.Rename(p.newest, to))
			return to
		}, "is segment"},
		"no segment": {func(t *testing.T, p *sample) string {
			must(t, os.WriteFile(p.newest, bytes.Repeat([]byte("no"), 100), 0o600))
			return p.newest
		}, "not a segment"},
		"name of no segment": {func(t *testing.T, p *sample) string {
			to := filepath.Join(p.dir, "1"+segmentSuffix)
			must(t, os.WriteFile(to, nil, 0o600))
			return to
		}, "not the name"},
		"record twice": {func(t *testing.T, p *sample) string {
			b, err := os.ReadFile(p.newest)
			must(t, err)
			must(t, os.WriteFile(p.newest, append(b, b[p.offsets[len(p.offsets)-2]:]...), 0o600))
			return p.newest
		}, "message 8 of groupA behind 8"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newSample(t)
			file := test.damage(t, p)
			for _, err := range []error{Dump(io.Discard, p.dir), openError(p.dir)} {
				var where *DamageError
				if !errors.Is(err, ErrDamaged) || !errors.As(err, &where) || where.File != file || !strings.Contains(where.Reason, test.reason) {
					t.Errorf("%v, want %q in %s", err, test.reason, file)
				}
			}
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func openError(dir string) error {
	s, err := Open(Config{Dir: dir})
	if err == nil {
		s.Close()
	}
	return err
}

// After Close nothing can be torn: a mark says that all before it is safe.
func TestDamageAfterClose(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Config{Dir: dir})
	say(t, s, "all", "text")
	closeStore(t, s)
	file := segmentPath(dir, 1)
	b, err := os.ReadFile(file)
	must(t, err)
	b[bytes.LastIndex(b, []byte("text"))] ^= 1
	must(t, os.WriteFile(file, b, 0o600))
	if err := openError(dir); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
}

// Of a batch that was not synced, any part may be on disk.
func TestHoleInTheLastBatch(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	say(t, s, "all", "1")
	dir := copyDir(t, s.dir)
	r, err := openSegment(segmentPath(dir, 1))
	must(t, err)
	defer r.close()
	b, err := os.ReadFile(r.f.Name())
	must(t, err)
	b = appendMark(b, kindMark, int64(len(b)), r.salt)
	for seq := range uint64(3) {
		m := text("all", "x")
		m.Seq = seq + 2
		start := len(b)
		b = appendMessage(beginRecord(b, kindMessage), m)
		endRecord(b[start:], r.salt)
	}
	b[len(b)-50] ^= 1 // in the last but one
	must(t, os.WriteFile(r.f.Name(), b, 0o600))
	var log logged
	s = open(t, Config{Dir: dir, Log: slog.New(&log)})
	log.torn(t)
	if got := said(s, "all"); got != "1:1 2:x" {
		t.Errorf("%q", got)
	}
}
