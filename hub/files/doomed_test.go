package files

import (
	"errors"
	"os"
	"testing"
	"time"
)

// PROTOCOL 10: deleting the message deletes the file. What is noted before the deletion is done
// whenever it turns out that the message is deleted, by any process; and is forgotten if it stays.
func TestDoomed(t *testing.T) {
	errAway := errors.New("the engine is away")
	for _, row := range []struct {
		what    string
		deleted bool
		err     error
		torn    bool // the process was killed while the note was written
		old     bool // the note is older than an hour
		file    bool // is there afterwards
		note    bool // likewise
	}{
		{what: "deleted", deleted: true},
		{what: "deleted long ago", deleted: true, old: true},
		{what: "about to be deleted", file: true, note: true},
		{what: "not deleted", old: true, file: true},
		{what: "not known", err: errAway, file: true, note: true},
		{what: "not known for long", err: errAway, old: true, file: true, note: true},
		{what: "torn", deleted: true, torn: true, file: true, note: true},
		{what: "torn long ago", deleted: true, torn: true, old: true, file: true},
	} {
		t.Run(row.what, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, Config{Dir: dir})
			f := put(t, s, "A", "text")
			claimed(t, s, f)
			s.Doom(f.ID, "groupA", 41)
			note := s.path(doomedDir, noteKey("groupA", 41))
			if row.torn {
				if err := os.Truncate(note, 5); err != nil {
					t.Fatal(err)
				}
			}
			if row.old {
				before := time.Now().Add(-unsentTime - time.Second)
				if err := os.Chtimes(note, before, before); err != nil {
					t.Fatal(err)
				}
			}
			next := open(t, Config{Dir: dir})
			next.sweepDoomed(func(conversation string, seq uint64) (bool, error) {
				if conversation != "groupA" || seq != 41 {
					t.Errorf("asked for %d of %s", seq, conversation)
				}
				return row.deleted, row.err
			})
			_, failed := os.Stat(next.path(sentDir, f.ID))
			_, failedNote := os.Stat(note)
			if (failed == nil) != row.file || (failedNote == nil) != row.note {
				t.Errorf("the file: %v, the note: %v", failed, failedNote)
			}
			if used := next.Stats().Used; (used > 0) != row.file {
				t.Errorf("%d bytes are used", used)
			}
		})
	}
}
