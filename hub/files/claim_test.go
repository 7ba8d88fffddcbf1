package files

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wschat/hub/chat"
)

// "A file is sent in one message", by whoever has uploaded it; the same send may claim it again.
func TestClaim(t *testing.T) {
	dir := t.TempDir()
	s, other := open(t, Config{Dir: dir}), open(t, Config{Dir: dir}) // of another node
	f := put(t, s, "A", "text")
	fails := func(what string, s *Store, id, user, request string) {
		t.Helper()
		if text, _, err := s.Claim(id, user, "groupA", request); !errors.Is(err, chat.ErrNoFile) {
			t.Errorf("%s: got %s, %v", what, text, err)
		}
	}
	works := func(what string, s *Store, request string) {
		t.Helper()
		if text, _, err := s.Claim(f.ID, "A", "groupA", request); err != nil || text != f.Text() {
			t.Errorf("%s: got %s, %v", what, text, err)
		}
	}
	deleted := func(id string, done func()) { other.Deleted("groupA", 1, id, done) }
	fails("another's", s, f.ID, "B", "7")
	fails("none", s, newID(), "A", "7")
	fails("a path", s, "../sent/"+f.ID, "A", "7")
	works("the first", s, "7")
	works("the same send", s, "7")
	works("the same send elsewhere", other, "7")
	fails("another send", s, f.ID, "A", "8")
	fails("one without an id", s, f.ID, "A", "")
	fails("the same id of another", s, f.ID, "B", "7")
	if text, _, err := s.Claim(f.ID, "A", "groupB", "7"); !errors.Is(err, chat.ErrNoFile) {
		t.Errorf("the same id to another group: got %s, %v", text, err)
	}
	old := time.Now().Add(-repeatTime - time.Second)
	if err := os.Chtimes(s.path(sentDir, f.ID), old, old); err != nil {
		t.Fatal(err)
	}
	fails("the same send, too late", s, f.ID, "A", "7")
	wait(s.GiveBack, f.ID)
	works("when it is given back", other, "")
	fails("again without an id", s, f.ID, "A", "")
	wait(deleted, f.ID)
	fails("when it is removed", s, f.ID, "A", "")
	if left := paths(t, s); len(left) > 0 {
		t.Errorf("there is left %v", left)
	}
	wait(deleted, f.ID) // it is gone
	wait(s.GiveBack, f.ID)
	wait(deleted, "../x")
}

// Of all who claim a file at once, on several nodes, one gets it.
func TestClaimOnce(t *testing.T) {
	dir := t.TempDir()
	nodes := []*Store{open(t, Config{Dir: dir}), open(t, Config{Dir: dir})}
	for range 20 {
		f := put(t, nodes[0], "A", "text")
		var claims atomic.Int32
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				if _, _, err := nodes[i%2].Claim(f.ID, "A", "groupA", fmt.Sprint(i)); err == nil {
					claims.Add(1)
				}
			})
		}
		all.Wait()
		if n := claims.Load(); n != 1 {
			t.Fatalf("%d have it", n)
		}
	}
}

// Whoever asks for a file while it is claimed and given back finds it.
func TestServeWhileClaimed(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	f := put(t, s, "A", "text")
	stop := make(chan struct{})
	var moving sync.WaitGroup
	moving.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			s.Claim(f.ID, "A", "groupA", "")
			wait(s.GiveBack, f.ID)
		}
	})
	for range 200 {
		w := httptest.NewRecorder()
		if !s.Serve(w, httptest.NewRequest("GET", "/", nil), f.ID) || w.Body.String() != "text" {
			t.Fatal("it is not there")
		}
	}
	close(stop)
	moving.Wait()
}

// A crash may come between what a claim writes and the file's new name: the send is repeated then,
// or the file sent by another.
func TestCrashedClaim(t *testing.T) {
	for _, request := range []string{"7", "8", ""} {
		s := open(t, Config{Dir: t.TempDir()})
		f := put(t, s, "A", "text")
		if _, _, err := s.Claim(f.ID, "A", "groupA", "7"); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(s.path(sentDir, f.ID), s.path(newDir, f.ID)); err != nil {
			t.Fatal(err)
		}
		if text, _, err := s.Claim(f.ID, "A", "groupA", request); err != nil || text != f.Text() {
			t.Errorf("%q: got %s, %v", request, text, err)
		}
		if _, _, err := s.Claim(f.ID, "A", "groupA", "7"); (err == nil) != (request == "7") {
			t.Errorf("%q, and then the first again: got %v", request, err)
		}
	}
}
