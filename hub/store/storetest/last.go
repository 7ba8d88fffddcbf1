package storetest

import (
	"fmt"
	"testing"

	"wschat/hub/chat"
)

// Last tells of what a user takes part in and nothing else: of the conversations
// that are named, and of its own private ones by the name of the other.
func testLast(t *testing.T, s chat.Store) {
	want := func(user, want string, names ...string) {
		t.Helper()
		last, _, err := s.Last(user, names)
		if err != nil || last == nil {
			t.Fatalf("%s: %v, %v", user, last, err)
		}
		if got := fmt.Sprint(last); got != "map["+want+"]" { // in the order of the names
			t.Errorf("%s %v: got %s, want %s", user, names, got, want)
		}
		clear(last) // it is the caller's
	}
	want("A", "", "all", "groupA")
	want("A", "")
	say(t, s, "A", "all", "x")
	say(t, s, "C", "groupA", "x")
	say(t, s, "A", "groupA", "x")
	say(t, s, "A", "groupB", "x")
	want("A", "all:1 groupA:2", "all", "groupA", "groupC")
	want("A", "groupB:1", "groupB")
	want("A", "")
	want("nobody", "all:1", "all")

	say(t, s, "A", "B", "x")
	say(t, s, "B", "A", "x")
	say(t, s, "C", "A", "x")
	note := say(t, s, "D", "D", "x")
	for range 2 {
		want("A", "B:2 C:1 all:1", "all")
		want("B", "A:2")
		want("C", "A:1")
		want("D", "D:1")
	}
	s.Written(note) // what has been written is there all the same
	s.Written(say(t, s, "B", "A", "x"))
	want("A", "B:3 C:1")
	want("B", "A:3")
	want("D", "D:1")
}

func testEpoch(t *testing.T, s chat.Store) {
	epoch := s.Epoch()
	say(t, s, "A", "all", "x")
	if epoch == "" || len(epoch) > 64 || s.Epoch() != epoch {
		t.Errorf("the epoch is %q, then %q", epoch, s.Epoch())
	}
}
