package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"wschat/hub/chat"
)

// RunForgetting runs the tests of a store that may forget conversations in which nobody
// is any more (PROTOCOL 6). open returns an empty one
// that takes so many conversations, and forgets what has been silent for so long.
func RunForgetting(t *testing.T, open func(t *testing.T, conversations int, after time.Duration) chat.Store) {
	for name, test := range map[string]func(*testing.T, chat.Store){
		"longest silent first": testForgetsLongestSilent,
		"inhabited":            testKeepsInhabited,
		"private":              testForgetsPrivate,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t, 3, 1)) })
	}
	t.Run("search", func(t *testing.T) { testForgetsAmongMany(t, open(t, 300, 1)) })
	t.Run("numbers", func(t *testing.T) { testNumbersOfForgotten(t, open(t, 3, 1)) })
	t.Run("silent too short", func(t *testing.T) {
		s := open(t, 3, time.Hour)
		s.Attend(nobody)
		wantFull(t, s)
	})
	t.Run("never", func(t *testing.T) {
		s := open(t, 3, 0)
		s.Attend(nobody)
		wantFull(t, s)
	})
	t.Run("nobody to ask", func(t *testing.T) { wantFull(t, open(t, 3, 1)) })
}

func nobody(string) bool { return false }

// wantFull fills a store that may forget nothing.
func wantFull(t *testing.T, s chat.Store) {
	t.Helper()
	for i := range 3 {
		say(t, s, "A", fmt.Sprint("group", i), "x")
	}
	if err := try(s, long("groupD")); !errors.Is(err, chat.ErrFull) {
		t.Errorf("got %v, want ErrFull", err)
	}
	if got := remembered(t, s, "group0", "group1", "group2"); len(got) != 3 {
		t.Errorf("kept are %q", got)
	}
}

// remembered returns which of the conversations have messages.
func remembered(t *testing.T, s chat.Store, names ...string) (with []string) {
	t.Helper()
	last, _, err := s.Last("nobody", names)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		messages, more, err := s.History(name, chat.Query{Limit: 10})
		if err != nil || more {
			t.Error(name, more, err)
		}
		if (last[name] > 0) != (len(messages) > 0) {
			t.Errorf("%s ends with %d, and %d messages are kept", name, last[name], len(messages))
		}
		if len(messages) > 0 {
			with = append(with, name)
		}
	}
	return with
}

// A forgotten conversation has no messages, and goes on behind its last number.
func testForgetsLongestSilent(t *testing.T, s chat.Store) {
	s.Attend(nobody)
	all := []string{"groupA", "groupB", "groupC", "groupD"}
	for _, step := range []struct {
		to   string
		seq  uint64
		kept []string
	}{
		{"groupA", 1, all[:1]},
		{"groupB", 1, all[:2]},
		{"groupB", 2, all[:2]},
		{"groupC", 1, all[:3]},
		{"groupA", 2, all[:3]},
		{"groupD", 1, []string{"groupA", "groupC", "groupD"}}, // for B
		{"groupB", 3, []string{"groupA", "groupB", "groupD"}}, // for C
		{"groupB", 4, []string{"groupA", "groupB", "groupD"}},
		{"groupC", 2, []string{"groupB", "groupC", "groupD"}}, // for A
		{"groupA", 3, []string{"groupA", "groupB", "groupC"}}, // for D
		{"groupD", 2, []string{"groupA", "groupC", "groupD"}}, // for B, again
		{"groupB", 5, []string{"groupA", "groupB", "groupD"}},
	} {
		if m := say(t, s, "A", step.to, "x"); m.Seq != step.seq {
			t.Fatalf("%s goes on with %d, want %d", step.to, m.Seq, step.seq)
		}
		if got := remembered(t, s, all...); !slices.Equal(got, step.kept) {
			t.Fatalf("%s %d: kept are %q, want %q", step.to, step.seq, got, step.kept)
		}
	}
	if got, _ := history(t, s, "groupB", chat.Query{Direction: chat.After, Seq: 1, Limit: 10}); got != "A>groupB:5:x" {
		t.Errorf("of groupB there is %q", got)
	}
}

// Where somebody is, nothing is forgotten, however long it has been silent.
func testKeepsInhabited(t *testing.T, s chat.Store) {
	in := map[string]bool{"groupA": true}
	s.Attend(func(conversation string) bool { return in[conversation] })
	for _, to := range []string{"groupA", "groupB", "groupC", "groupD", "groupE"} {
		say(t, s, "A", to, "x")
	}
	in["groupD"], in["groupE"] = true, true
	if err := try(s, long("groupF")); !errors.Is(err, chat.ErrFull) {
		t.Errorf("got %v, want ErrFull", err)
	}
	if m := say(t, s, "A", "groupA", "x"); m.Seq != 2 || s.Err() != nil {
		t.Errorf("groupA goes on with %d; %v", m.Seq, s.Err())
	}
	if got := remembered(t, s, "groupA", "groupB", "groupC", "groupD", "groupE", "groupF"); !slices.Equal(got, []string{"groupA", "groupD", "groupE"}) {
		t.Errorf("kept are %q", got)
	}
}

func testForgetsPrivate(t *testing.T, s chat.Store) {
	s.Attend(nobody)
	unread := say(t, s, "A", "B", "x")
	for _, to := range []string{"C", "D", "E"} {
		say(t, s, "A", to, "x")
	}
	for user, want := range map[string]string{"A": "map[C:1 D:1 E:1]", "B": "map[]"} {
		if last, _, err := s.Last(user, nil); err != nil || fmt.Sprint(last) != want {
			t.Errorf("%s: %v, %v", user, last, err)
		}
	}
	wantWaiting(t, s, "B", "")
	s.Written(unread)
	say(t, s, "B", "A", "y")
	wantWaiting(t, s, "A", "B>A:2:y")
	wantWaiting(t, s, "C", "")
	if last, _, _ := s.Last("B", nil); last["A"] != 2 {
		t.Errorf("B: %v", last)
	}
}

// Who is asked for its members is bounded for each message; the search goes on with
// the next.
func testForgetsAmongMany(t *testing.T, s chat.Store) {
	const one = "group290"
	s.Attend(func(conversation string) bool { return conversation != one })
	for i := range 300 {
		say(t, s, "A", fmt.Sprint("group", i), "x")
	}
	for tries := 0; ; tries++ {
		err := try(s, long("groupNew"))
		if err == nil {
			break
		}
		if !errors.Is(err, chat.ErrFull) || tries > 100 {
			t.Fatalf("%v after %d tries", err, tries)
		}
	}
	if got := remembered(t, s, "group0", one, "group299", "groupNew"); !slices.Equal(got, []string{"group0", "group299", "groupNew"}) {
		t.Errorf("kept are %q", got)
	}
}

// However many are forgotten, others can be begun. The numbers of the first ones are
// remembered one by one; all others begin behind the largest of the rest.
func testNumbersOfForgotten(t *testing.T, s chat.Store) {
	s.Attend(nobody)
	last := make(map[string]uint64)
	for i := range 200 {
		group := fmt.Sprint("group", i%100)
		for n := range 3 {
			m := say(t, s, "A", group, "x")
			if m.Seq <= last[group] || n > 0 && m.Seq > last[group]+1 || i%100 < 12 && m.Seq > 6 {
				t.Fatalf("%s goes on with %d behind %d", group, m.Seq, last[group])
			}
			last[group] = m.Seq
		}
	}
}
