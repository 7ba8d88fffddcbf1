//go:build e2e

package crash

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"wschat/cmd/wschat/e2e/target"
	"wschat/handshake"
)

// PROTOCOL 6: a disk that fails for good. Senders get unavailable, and so does who
// joins or leaves; /healthz is 503 all the time; the rest of the chat goes on. When
// the disk works again so does the server, by itself, and what was acknowledged is
// there, and nothing else.
func TestStraceFailingDisk(t *testing.T) {
	for name, row := range map[string]struct{ calls, how string }{
		"fsync fails":             {"fsync", "error=EIO"},
		"writing fails":           {"pwrite64", "error=EIO"},
		"the disk is full":        {"pwrite64,write,openat", "error=ENOSPC"},
		"it is read-only":         {allCalls, "error=EROFS"},
		"cutting fails as well":   {"pwrite64,ftruncate", "error=EIO"},
		"nothing works":           {allCalls, "error=EIO"},
		"writes are short":        {"pwrite64", "retval=0"},
		"the file cannot be seen": {"fstat,newfstatat", "error=EIO"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := target.Start(t, "-data", dir)
			a := open(t, s, "A")
			acknowledged(t, a, "one", 1)
			f := inject(t, s, dir, row.calls, row.how)
			for range 3 {
				refused(t, s, a)
			}
			b := open(t, s, "B")
			if e, _ := ask(newKnown(t), b, "j", `{"op":"join","id":"j","group":"groupB"}`); e.Event == "ack" {
				t.Error("a join is acknowledged")
			}
			if err := b.SendText(`{"op":"who","id":"1"}`); err != nil {
				t.Fatal(err)
			}
			next(t, b, "members")
			if got := strings.Join(history(t, a), " "); got != "one" {
				t.Errorf("there is %q", got)
			}
			if f.end() == 0 {
				t.Fatal("nothing has failed")
			}
			recovered(t, s)
			acknowledged(t, a, "two", 2)
			restarted(t, s, dir, "one two")
		})
	}
}

// Each call in turn fails, once or from then on, wherever it is: in a message, a join,
// a leave, a repair. With CRASH_ROUNDS all of them do, else some.
func TestStraceEachCall(t *testing.T) {
	for name, row := range map[string]struct{ calls, how string }{
		"an fsync":                  {"fsync", "error=EIO:when=%d"},
		"all from an fsync on":      {"fsync", "error=EIO:when=%d+"},
		"a write to a full disk":    {"pwrite64,write", "error=ENOSPC:when=%d"},
		"all from a write on":       {"pwrite64,write", "error=ENOSPC:when=%d+"},
		"a call":                    {allCalls, "error=EIO:when=%d"},
		"all from a call on":        {allCalls, "error=EIO:when=%d+"},
		"every second, from one on": {allCalls, "error=EIO:when=%d+2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := os.Getenv("CRASH_ROUNDS") != ""
			for n := 1; ; n++ {
				if !all {
					n += rand.IntN(5)
				}
				hits := failAt(t, row.calls, fmt.Sprintf(row.how, n))
				if t.Failed() {
					t.Fatalf("with %s of %s", fmt.Sprintf(row.how, n), row.calls)
				}
				if hits == 0 || !all {
					return
				}
			}
		})
	}
}

// allCalls is what a journal does to its files.
const allCalls = "pwrite64,write,ftruncate,openat,rename,renameat,unlinkat,fsync"

// failAt has calls fail while somebody sends, joins and leaves, kills the server, and
// compares what is left with what was acknowledged. It returns how many failed.
func failAt(t *testing.T, calls, how string) (hits int) {
	dir := t.TempDir()
	s := target.Start(t, "-data", dir)
	a, w := open(t, s, "A"), open(t, s, "W")
	acknowledged(t, a, "first", 1)
	w.Conn.Close() // W is away, and known since it was here before the message
	texts := map[string][]string{"groupA": {"first"}}
	member := false

	f := inject(t, s, dir, calls, how)
	for n := range 4 {
		for _, to := range []string{"groupA", "W"} {
			text := fmt.Sprint(to, n)
			if isAcked(t, a, fmt.Sprintf(`{"op":"send","id":%q,"to":%q,"text":%q}`, text, to, text)) {
				texts[to] = append(texts[to], text)
			}
		}
		op := "join"
		if member {
			op = "leave"
		}
		if isAcked(t, a, fmt.Sprintf(`{"op":%q,"id":"m%d","group":"groupB"}`, op, n)) {
			member = !member
		}
	}
	hits = f.end()
	recovered(t, s)
	acknowledged(t, a, "last", uint64(len(texts["groupA"])+1))
	texts["groupA"] = append(texts["groupA"], "last")
	s.Kill() // the log has errors, rightly

	s = target.Start(t, "-data", dir)
	a = open(t, s, "A")
	if groups := next(t, a, "welcome").Groups; slices.Contains(groups, "groupB") != member {
		t.Errorf("a member of %v; of groupB, by what was acknowledged: %v", groups, member)
	}
	if got := history(t, a); !slices.Equal(got, texts["groupA"]) {
		t.Errorf("there is %q, acknowledged is %q", got, texts["groupA"])
	}
	if got := waited(t, s, "W"); !slices.Equal(got, texts["W"]) {
		t.Errorf("there has waited %q, acknowledged is %q", got, texts["W"])
	}
	s.Stop()
	return hits
}

// isAcked sends a request, and reports whether it is acknowledged; else it must be
// unavailable.
func isAcked(t *testing.T, c *target.Client, request string) bool {
	t.Helper()
	if err := c.SendText(request); err != nil {
		t.Fatal(err)
	}
	e := next(t, c, "ack", "error")
	if e.Event == "error" && e.Code != "unavailable" {
		t.Errorf("%s is answered with %+v", request, e)
	}
	return e.Event == "ack"
}

// waited returns what a line client reads right after its login, up to a message of
// its own.
func waited(t *testing.T, s *target.Server, user string) (texts []string) {
	t.Helper()
	c, err := s.OpenWith("/socket?userId="+user, handshake.Dialer{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Conn.Close()
	if err := c.SendText("who,groupNobody"); err != nil {
		t.Fatal(err)
	}
	for {
		line, err := c.NextText()
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(line, "系统:") {
			return texts
		}
		texts = append(texts, line[strings.LastIndexByte(line, ':')+1:])
	}
}

// A file system that is mounted read-only, under a journal: the start ends with one
// line and status 1, and nothing is lost. (While the server runs the kernel does not
// allow that to an operator; what it does itself after an error is "it is read-only"
// of TestStraceFailingDisk.)
func TestReadOnlyFileSystem(t *testing.T) {
	dir := t.TempDir()
	mount := func(flags uintptr) error { return syscall.Mount("journal", dir, "tmpfs", flags, "size=16m") }
	if err := mount(0); errors.Is(err, syscall.EPERM) {
		t.Log("who is not root cannot mount anything, which leaves TestStraceFailingDisk")
		return
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	s := target.Start(t, "-data", dir)
	acknowledged(t, open(t, s, "A"), "one", 1)
	if err := mount(syscall.MS_REMOUNT | syscall.MS_RDONLY); !errors.Is(err, syscall.EBUSY) {
		t.Errorf("while the server runs it can be mounted read-only: %v", err)
	}
	s.Stop()
	if err := mount(syscall.MS_REMOUNT | syscall.MS_RDONLY); err != nil {
		t.Fatal(err)
	}
	status, out, errs := target.Run(t, nil, "-addr", "127.0.0.1:0", "-data", dir)
	if status != 1 || strings.Count(out+errs, "\n") != 1 || !strings.Contains(errs, "read-only") {
		t.Errorf("status %d, %s%s", status, out, errs)
	}
	if err := mount(syscall.MS_REMOUNT); err != nil {
		t.Fatal(err)
	}
	s = target.Start(t, "-data", dir)
	a := open(t, s, "A")
	if got := strings.Join(history(t, a), " "); got != "one" {
		t.Errorf("there is %q", got)
	}
	acknowledged(t, a, "two", 2)
}
