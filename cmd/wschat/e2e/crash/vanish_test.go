//go:build e2e

package crash

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wschat/cmd/wschat/e2e/target"
)

// A directory that is renamed under the running server: an fsync of a file in it
// succeeds still, and vouches for nothing that the next start finds. Senders get
// unavailable, /healthz 503, until it is back; everything acknowledged is there then.
func TestRenamedDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	s := target.Start(t, "-data", dir)
	a := open(t, s, "A")
	acknowledged(t, a, "one", 1)
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	refused(t, s, a)
	// Another server may take the place; the first must leave it alone.
	other := target.Start(t, "-data", dir)
	b := open(t, other, "B")
	acknowledged(t, b, "other", 1)
	refused(t, s, a)
	acknowledged(t, b, "others", 2)
	other.Stop()
	if _, out, errs := target.Run(t, nil, "journal", dir); strings.Contains(out+errs, "refused") {
		t.Errorf("the first server has written to it:\n%s", out)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	refused(t, s, a)

	if err := os.Rename(dir+".away", dir); err != nil {
		t.Fatal(err)
	}
	recovered(t, s)
	acknowledged(t, a, "two", 2)
	restarted(t, s, dir, "one two")
}

// A directory that is removed: nothing is acknowledged any more, since it would be
// gone after a restart. What is in memory can be read still.
func TestRemovedDirectory(t *testing.T) {
	for what, remove := range map[string]func(dir string) error{
		"the directory": os.RemoveAll,
		"its entries": func(dir string) error {
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
			return os.Mkdir(dir, 0o700)
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "data")
			s := target.Start(t, "-data", dir)
			a := open(t, s, "A")
			acknowledged(t, a, "one", 1)
			if err := remove(dir); err != nil {
				t.Fatal(err)
			}
			refused(t, s, a)
			if got := strings.Join(history(t, a), " "); got != "one" {
				t.Errorf("there is %q", got)
			}
			s.Kill()
			s = target.Start(t, "-data", dir)
			a = open(t, s, "A")
			acknowledged(t, a, "anew", 1)
		})
	}
}

// The newest segment that is removed alone: the server has it open, and puts it back.
func TestRemovedSegment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := target.Start(t, "-data", dir)
	a := open(t, s, "A")
	acknowledged(t, a, "one", 1)
	if err := os.Remove(filepath.Join(dir, "0000000000000001.segment")); err != nil {
		t.Fatal(err)
	}
	if e := say(t, a, "refused"); e.Code != "unavailable" {
		t.Errorf("a send is answered with %+v, want unavailable", e)
	}
	recovered(t, s)
	acknowledged(t, a, "two", 2)
	restarted(t, s, dir, "one two")
}

func acknowledged(t *testing.T, c *target.Client, text string, seq uint64) {
	t.Helper()
	if e := say(t, c, text); e.Event != "ack" || e.Seq != seq {
		t.Errorf("%q is answered with %+v, want an ack and %d", text, e, seq)
	}
}

// refused checks that a sender is, and that /healthz says it.
func refused(t *testing.T, s *target.Server, c *target.Client) {
	t.Helper()
	if e := say(t, c, "refused"); e.Event != "error" || e.Code != "unavailable" {
		t.Errorf("a send is answered with %+v, want unavailable", e)
	}
	if status := health(t, s); status != http.StatusServiceUnavailable {
		t.Errorf("/healthz answers %d, want 503", status)
	}
}

func health(t *testing.T, s *target.Server) int {
	t.Helper()
	response, err := http.Get("http://" + s.Addr + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

// restarted kills a server whose log has errors, rightly, and checks what the next one
// on its directory has as the history of A.
func restarted(t *testing.T, s *target.Server, dir, want string) {
	t.Helper()
	s.Kill()
	s = target.Start(t, "-data", dir)
	if got := strings.Join(history(t, open(t, s, "A")), " "); got != want {
		t.Errorf("after a restart there is %q, want %q", got, want)
	}
}

// recovered waits until the server finds out that its trouble is over, which it must
// without a sender.
func recovered(t *testing.T, s *target.Server) {
	t.Helper()
	if !target.Until(func() bool { return health(t, s) == http.StatusOK }) {
		t.Errorf("it is over, and /healthz answers %d", health(t, s))
	}
}
