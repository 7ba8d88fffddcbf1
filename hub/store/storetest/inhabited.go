package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"wschat/hub/chat"
)

// begin has somebody at an address say the first message of a group.
func begin(s chat.Store, address, from, group string) error {
	return try(s, &chat.Message{Conversation: group, From: from, Address: address, To: group, Body: []byte("x")})
}

// somebodyIn is an Attend: no conversation can be forgotten because nobody is in it.
func somebodyIn(string) bool { return true }

// Whoever has begun most conversations makes way for others, even if members stay in them.
// What has been silent longest goes first, but for "all"; numbers go on.
func testInhabited(t *testing.T, s chat.Store) {
	s.Attend(somebodyIn)
	say(t, s, "A", "all", "x")
	appendAll(t, s, missed("A", "C", "x"))
	for i := range 18 {
		say(t, s, "A", fmt.Sprint("group", i), "x")
	}
	say(t, s, "A", "group0", "x")
	for i := range 10 {
		if err := begin(s, "", "B", fmt.Sprint("groupB", i)); err != nil {
			t.Fatal(i, err)
		}
	}
	for _, from := range []string{"A", "B"} {
		if err := begin(s, "", from, "groupNew"); !errors.Is(err, chat.ErrFull) {
			t.Errorf("%s: got %v, want ErrFull", from, err)
		}
	}
	for conversation, want := range map[string]bool{"all": true, "A,C": true, "group0": true, "group1": false, "group10": false, "group11": true, "groupB0": true} {
		if first, _ := kept(t, s, conversation); first == 1 != want {
			t.Errorf("%s is kept: %v", conversation, !want)
		}
	}
	wantWaiting(t, s, "C", "A>C:1:x")
	if err := begin(s, "", "D", "group1"); err != nil {
		t.Error(err)
	}
	if first, _ := kept(t, s, "group1"); first != 2 {
		t.Errorf("it goes on with %d", first)
	}
}

// If messages wait in all that the greatest has begun, he loses them all the same: or
// else nobody else could ever begin any.
func testInhabitedWaiting(t *testing.T, s chat.Store) {
	s.Attend(somebodyIn)
	for i := range 20 {
		appendAll(t, s, missed("A", fmt.Sprint("C", i), "x"))
	}
	if err := begin(s, "", "B", "groupB"); err != nil {
		t.Error(err)
	}
	wantWaiting(t, s, "C0", "")
	wantWaiting(t, s, "C1", "A>C1:1:x")
}

// Many names of one address have no more than one name has: somebody from elsewhere can
// begin as many as all of them, and loses none to them.
func testBeginnersOfAnAddress(t *testing.T, s chat.Store) {
	s.Attend(somebodyIn)
	for i := range 30 {
		if err := begin(s, "far", fmt.Sprint("A", i), fmt.Sprint("groupA", i)); (err == nil) != (i < 20) {
			t.Fatalf("%d: %v", i, err)
		}
	}
	for i := range 11 {
		if err := begin(s, "near", "B", fmt.Sprint("groupB", i)); (err == nil) != (i < 10) {
			t.Errorf("%d: %v", i, err)
		}
	}
	for i := range 30 {
		if err := begin(s, "far", fmt.Sprint("C", i), fmt.Sprint("groupC", i)); !errors.Is(err, chat.ErrFull) {
			t.Errorf("%d: got %v, want ErrFull", i, err)
		}
	}
	for i := range 10 {
		if first, _ := kept(t, s, fmt.Sprint("groupB", i)); first != 1 {
			t.Errorf("groupB%d is forgotten", i)
		}
	}
}

// A conversation that begins with its topic counts for who sets that, and for his address.
func testBeginnersByTopic(t *testing.T, s chat.Store) {
	s.Attend(somebodyIn)
	set := func(address, user, group string) error {
		stored := make(chan error, 1)
		s.SetTopic(&chat.Topic{Group: group, Text: "topic", User: user, Address: address}, func(err error) { stored <- err })
		return <-stored
	}
	begun := map[string]int{"far A": 14, "near B": 6}
	for who, n := range begun {
		address, user, _ := strings.Cut(who, " ")
		for i := range n {
			if err := set(address, user, fmt.Sprint("group", user, i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := set("far", "A", "groupA14"); !errors.Is(err, chat.ErrFull) {
		t.Errorf("who has most: got %v, want ErrFull", err)
	}
	for i := range 2 {
		if err := begin(s, "near", "B", fmt.Sprint("groupM", i)); err != nil {
			t.Error(err)
		}
		if err := set("elsewhere", "C", fmt.Sprint("groupC", i)); err != nil {
			t.Error(err)
		}
	}
	var groups []string
	for _, of := range "ABC" {
		for i := range 14 {
			groups = append(groups, fmt.Sprintf("group%c%d", of, i))
		}
	}
	left := make(map[byte]int)
	for group := range s.Topics(groups) {
		left[group[len("group")]]++
	}
	if left['A'] != 10 || left['B'] != 6 || left['C'] != 2 {
		t.Errorf("topics are left: of A %d, of B %d, of C %d", left['A'], left['B'], left['C'])
	}
}
