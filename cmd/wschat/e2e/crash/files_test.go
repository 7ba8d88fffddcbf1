//go:build e2e && linux

package crash

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
)

// left are the files of the server's directory, by where they are.
func left(t *testing.T, dir, where string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "files", where, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// begin begins an upload of size bytes, and sends so many of them.
func begin(t *testing.T, s *target.Server, size, sent int) io.WriteCloser {
	t.Helper()
	conn, err := s.Raw()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "POST /files?userId=A HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", size, strings.Repeat("x", sent))
	return conn
}

// send sends a file in a message to all, and returns the answer.
func send(t *testing.T, c *target.Client, id, file string) event {
	t.Helper()
	if err := c.SendText(fmt.Sprintf(`{"op":"send","id":%q,"to":"all","file":%q}`, id, file)); err != nil {
		t.Fatal(err)
	}
	return next(t, c, "ack", "error")
}

// PROTOCOL 10: a file "is there whole or not at all", kill -9 included. What was uploaded can be
// sent, and what was sent be had, in the next life; a send that is repeated does not fail.
func TestKillDuringUploads(t *testing.T) {
	dir := t.TempDir()
	s := target.Start(t, "-data", dir)
	var sent, unsent string
	for life := range 3 {
		a := open(t, s, "A")
		if life > 0 {
			if status, size := s.File(sent); status != http.StatusOK || size != 3<<20 {
				t.Errorf("what was sent: %d, %d bytes", status, size)
			}
			if e := send(t, a, fmt.Sprint("sent", life-1), sent); e.Event != "ack" || e.Seq != uint64(2*life-1) {
				t.Errorf("the send again: %+v", e)
			}
			if e := send(t, a, fmt.Sprint("unsent", life), unsent); e.Event != "ack" {
				t.Errorf("what was uploaded: %+v", e)
			}
			if parts := left(t, dir, "part"); len(parts) > 0 {
				t.Errorf("there is left %v", parts)
			}
		}
		for _, id := range []*string{&sent, &unsent} {
			var status int
			if *id, status, _ = s.Upload("A", "name", 3<<20, strings.NewReader(strings.Repeat("x", 3<<20))); status != http.StatusCreated {
				t.Fatalf("an upload: %d", status)
			}
		}
		if e := send(t, a, fmt.Sprint("sent", life), sent); e.Event != "ack" {
			t.Fatalf("got %+v", e)
		}
		for range 3 {
			begin(t, s, 3<<20, 2<<20)
		}
		if !target.Until(func() bool { return len(left(t, dir, "part")) == 3 }) {
			t.Fatal("no upload is under way")
		}
		s.Kill()
		s = target.Start(t, "-data", dir)
	}
}

// An upload that breaks off, or stands still, leaves nothing; others come to their end.
func TestBrokenUploads(t *testing.T) {
	dir := t.TempDir()
	s := target.Start(t, "-data", dir, "-ping", "500ms")
	begin(t, s, 2<<20, 1<<20).Close()
	still := begin(t, s, 2<<20, 1<<20)
	slow, writer := io.Pipe()
	go func() { // for longer than anybody may stand still
		for range 20 {
			time.Sleep(100 * time.Millisecond)
			io.WriteString(writer, strings.Repeat("x", 1000))
		}
		writer.Close()
	}()
	if _, status, answer := s.Upload("A", "slow", 20_000, slow); status != http.StatusCreated {
		t.Errorf("a slow upload: %d %s", status, answer)
	}
	answer, err := io.ReadAll(still.(io.Reader))
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 408 ") {
		t.Errorf("one that stands still is answered %q, %v", answer, err)
	}
	if !target.Until(func() bool { return len(left(t, dir, "part")) == 0 }) || len(left(t, dir, "new")) != 1 {
		t.Errorf("there is left %v", left(t, dir, "*"))
	}
}

// A full disk, here a limit on the size of files: 507, nothing is left, the chat goes on, and so
// do uploads when there is room.
func TestFullDiskAndFiles(t *testing.T) {
	dir := t.TempDir()
	s := target.Start(t, "-data", dir)
	a := open(t, s, "A")
	limitFiles(t, s, 64<<10)
	if _, status, answer := s.Upload("A", "name", 100<<10, strings.NewReader(strings.Repeat("x", 100<<10))); status != http.StatusInsufficientStorage {
		t.Errorf("got %d %s", status, answer)
	}
	if all := left(t, dir, "*"); len(all) > 0 {
		t.Errorf("there is left %v", all)
	}
	if e := say(t, a, "text"); e.Event != "ack" {
		t.Errorf("a message: %+v", e)
	}
	limitFiles(t, s, 1<<30)
	id, status, answer := s.Upload("A", "name", 100<<10, strings.NewReader(strings.Repeat("x", 100<<10)))
	if e := send(t, a, "7", id); status != http.StatusCreated || e.Event != "ack" {
		t.Errorf("got %d %s, %+v", status, answer, e)
	}
}
