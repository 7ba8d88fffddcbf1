//go:build e2e

package crash

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"wschat/cmd/wschat/e2e/target"
)

// say sends to the group, and returns how the server answers: ack or error.
func say(t *testing.T, c *target.Client, text string) event {
	t.Helper()
	if err := c.SendText(fmt.Sprintf(`{"op":"send","id":%q,"to":"groupA","text":%q}`, text[:min(len(text), 60)], text)); err != nil {
		t.Fatal(err)
	}
	return next(t, c, "ack", "error")
}

// history returns the texts of the group, whose numbers must have no holes.
func history(t *testing.T, c *target.Client) (texts []string) {
	t.Helper()
	if err := c.SendText(`{"op":"history","of":"groupA","limit":200}`); err != nil {
		t.Fatal(err)
	}
	for i, m := range next(t, c, "history").Messages {
		if m.Seq != uint64(i+1) {
			t.Errorf("message %d has number %d", i+1, m.Seq)
		}
		texts = append(texts, m.Text)
	}
	return texts
}

// journalOf runs a server that stores these texts and is killed; it returns the
// directory and the newest segment in it.
func journalOf(t *testing.T, texts ...string) (dir, segment string) {
	t.Helper()
	dir = t.TempDir()
	s := target.Start(t, "-data", dir)
	c := open(t, s, "A")
	for _, text := range texts {
		if e := say(t, c, text); e.Event != "ack" {
			t.Fatalf("got %+v", e)
		}
	}
	s.Kill()
	segments, err := filepath.Glob(filepath.Join(dir, "*.segment"))
	if err != nil || len(segments) == 0 {
		t.Fatalf("segments %v, %v", segments, err)
	}
	return dir, slices.Max(segments)
}

// PROTOCOL 6: a torn last record is cut off, and the log says so with file and
// offset; wschat journal says it before that. The numbering has no hole.
func TestTornRecord(t *testing.T) {
	dir, segment := journalOf(t, "one", "two", "last-one")
	whole, err := os.ReadFile(segment)
	if err != nil {
		t.Fatal(err)
	}
	at := strings.LastIndex(string(whole), "last-one")
	for _, cut := range []int{at, at + 1, at + len("last-one") - 1} {
		if err := os.WriteFile(segment, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if status, out, errs := target.Run(t, nil, "journal", dir); status != 0 || !strings.Contains(out, "torn record") {
			t.Errorf("wschat journal: status %d\n%s%s", status, out, errs)
		}
		s := target.Start(t, "-data", dir)
		said := regexp.MustCompile(`torn record.* file=(\S+) offset=(\d+)`).FindStringSubmatch(s.Log())
		if said == nil || said[1] != segment {
			t.Fatalf("the log does not name the torn record:\n%s", s.Log())
		}
		if offset, _ := strconv.Atoi(said[2]); offset == 0 || offset > at {
			t.Errorf("offset %d, the record is around %d", offset, at)
		}
		c := open(t, s, "A")
		if got := strings.Join(history(t, c), " "); got != "one two" {
			t.Errorf("cut at %d: %q is left", cut, got)
		}
		if e := say(t, c, "on"); e.Seq != 3 {
			t.Errorf("cut at %d: goes on with %+v", cut, e)
		}
		s.Stop()
	}
}

// PROTOCOL 6: a damaged record in the middle stops the start, with file and
// offset named, and exit status 1; wschat journal finds it, too.
func TestDamagedRecord(t *testing.T) {
	dir, segment := journalOf(t, "one", "two", "three")
	file, err := os.ReadFile(segment)
	if err != nil {
		t.Fatal(err)
	}
	file[strings.Index(string(file), "two")] ^= 1
	if err := os.WriteFile(segment, file, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-addr", "127.0.0.1:0", "-data", dir}, {"journal", dir}} {
		status, out, errs := target.Run(t, nil, args...)
		lines := strings.Split(strings.TrimSpace(out+errs), "\n")
		last := lines[len(lines)-1]
		if status != 1 || !strings.Contains(last, segment) || !regexp.MustCompile(`offset \d+`).MatchString(last) {
			t.Errorf("%s: status %d, %s%s", args, status, out, errs)
		}
		if args[0] != "journal" && len(lines) != 1 {
			t.Errorf("expected one line, got:\n%s%s", out, errs)
		}
	}
}

// An operator's first wish after a crash.
func TestJournalCommand(t *testing.T) {
	dir, _ := journalOf(t, "one", "two")
	status, out, _ := target.Run(t, nil, "journal", dir)
	for _, want := range []string{"groupA", "one", "two"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if status != 0 {
		t.Errorf("status %d", status)
	}
}

// Two servers cannot share a directory.
func TestLockedDirectory(t *testing.T) {
	dir := t.TempDir()
	s := target.Start(t, "-data", dir)
	status, out, errs := target.Run(t, nil, "-addr", "127.0.0.1:0", "-data", dir)
	if status != 1 || strings.Count(out+errs, "\n") != 1 || !strings.Contains(errs, "in use by another process") {
		t.Errorf("status %d, %s%s", status, out, errs)
	}
	c := open(t, s, "A")
	if e := say(t, c, "one"); e.Seq != 1 {
		t.Errorf("the first server says %+v", e)
	}
}
