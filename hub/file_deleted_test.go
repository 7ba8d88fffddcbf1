package hub

import (
	"os"
	"path/filepath"
	"testing"

	"wschat/hub/chat"
	"wschat/hub/files"
	"wschat/hub/loop"
)

// filesIn returns a store of files in a directory, which ends with the test, after the engine.
func filesIn(t *testing.T, dir string) *files.Store {
	t.Helper()
	s, err := files.Open(files.Config{Dir: dir, MaxFile: 25 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// delete has A delete message 1 to all, as a server does that is killed before it has removed the
// file, or whose answer is lost.
func (s *server) delete() {
	s.t.Helper()
	m := &chat.Message{Conversation: "all", From: "A", To: "all", Kind: chat.Deletion, About: 1, ID: "d"}
	if err := s.doom(m); err != nil {
		s.t.Fatal(err)
	}
	done := make(chan error, 1)
	s.engine.Publish(m, nil, func(_ bool, err error) { done <- err })
	if err := <-done; err != nil {
		s.t.Fatal(err)
	}
}

// sendFile has A send a file to all, as message 1.
func sendFile(t *testing.T, s *server, store *files.Store) (f chat.File, a *program) {
	t.Helper()
	a = s.program("A")
	f = upload(t, store, "A", "cat.gif")
	a.say(withFile("all", "", f))
	a.wantsBoth(living(1, "A", "all", `"text":"","file":`+f.Text()), ackOf(f.ID, 1))
	return f, a
}

// goes fails unless a file goes soon.
func goes(t *testing.T, store *files.Store, f chat.File) {
	t.Helper()
	eventually(t, "the file of a deleted message is gone", func() bool { return !isThere(store, f) })
}

// PROTOCOL 10: "deleting that deletes the file at once", also if something comes between the two.
func TestFileOfDeletedMessageGoes(t *testing.T) {
	t.Run("killed", func(t *testing.T) {
		config, dir := silent, t.TempDir()
		config.Files = filesIn(t, dir)
		s := start(t, loop.Config{}, config)
		f, _ := sendFile(t, s, config.Files)
		s.delete()
		next := filesIn(t, dir)
		if !isThere(next, f) {
			t.Fatal("the file has gone by itself")
		}
		next.Attend(s.isDeleted) // as New does
		goes(t, next, f)
	})
	t.Run("deleted once more", func(t *testing.T) {
		config := silent
		config.Files = openFiles(t)
		s := start(t, loop.Config{}, config)
		f, a := sendFile(t, s, config.Files)
		s.delete()
		a.wants(living(2, "A", "all", `"delete":1`))
		a.say(`{"op":"send","id":"d","to":"all","delete":1}`)
		if e := a.event(); e["event"] != "ack" && e["code"] != "not_found" { // the engine knows the id, or not
			t.Errorf("got %v", e)
		}
		goes(t, config.Files, f)
	})
	t.Run("cannot be removed", func(t *testing.T) {
		config, dir := silent, t.TempDir()
		config.Files = filesIn(t, dir)
		s := start(t, loop.Config{}, config)
		f, a := sendFile(t, s, config.Files)
		at := filepath.Join(dir, "sent", f.ID)
		if err := os.Rename(at, at+".real"); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(at, "x"), 0o700); err != nil { // it cannot be removed
			t.Fatal(err)
		}
		a.send("d", `{"op":"send","id":"d","to":"all","delete":1}`, living(2, "A", "all", `"delete":1`), 2)
		if err := os.RemoveAll(at); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(at+".real", at); err != nil {
			t.Fatal(err)
		}
		config.Files.Attend(s.isDeleted)
		goes(t, config.Files, f)
	})
}

// A deletion that is refused leaves the file, now and later.
func TestFileOfRefusedDeletionStays(t *testing.T) {
	config, dir := silent, t.TempDir()
	config.Files = filesIn(t, dir)
	s := start(t, loop.Config{}, config)
	f, _ := sendFile(t, s, config.Files)
	b := s.program("B")
	b.say(`{"op":"send","id":"d","to":"all","delete":1}`)
	b.wants(errorOf("d", "forbidden"))
	config.Files.Doom(f.ID, "all", 1) // for a deletion that has failed
	config.Files.Attend(s.isDeleted)
	config.Files.Attend(s.isDeleted) // the first is over
	config.Files.Attend(s.isDeleted)
	if !isThere(config.Files, f) {
		t.Error("the file has gone")
	}
}
