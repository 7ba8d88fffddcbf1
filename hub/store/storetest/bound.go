package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"wschat/hub/chat"
)

// RunBounds runs the tests of a store that is bounded in memory. open returns an
// empty one that takes so many conversations and bytes of messages, 0: any number.
func RunBounds(t *testing.T, open func(t *testing.T, conversations int, bytes int64) chat.Store) {
	t.Run("conversations", func(t *testing.T) { testConversations(t, open(t, 3, 0)) })
	t.Run("silent longest", func(t *testing.T) { testSilentLongest(t, open(t, 0, 256<<10)) })
	t.Run("one alone", func(t *testing.T) { testOneAlone(t, open(t, 0, 256<<10)) })
	t.Run("no room", func(t *testing.T) { testNoRoom(t, open(t, 0, 256<<10)) })
}

// try appends a message and returns what comes of it.
func try(s chat.Store, m *chat.Message) error {
	stored := make(chan error, 1)
	s.Append(m, func(err error) { stored <- err })
	return <-stored
}

var kilobyte = strings.Repeat("x", 1<<10)

// long is a kilobyte to a group.
func long(group string) *chat.Message {
	return &chat.Message{Conversation: group, From: "A", To: group, Body: []byte(kilobyte)}
}

// kept returns the first and the last seq that is kept of a conversation, and
// fails if there are holes.
func kept(t *testing.T, s chat.Store, conversation string) (first, last uint64) {
	t.Helper()
	messages, _, err := s.History(conversation, chat.Query{Limit: 1 << 20})
	if err != nil || len(messages) == 0 {
		t.Fatalf("%s: nothing is kept, %v", conversation, err)
	}
	first, last = messages[0].Seq, messages[len(messages)-1].Seq
	if last-first+1 != uint64(len(messages)) {
		t.Errorf("%s: %d to %d are %d messages", conversation, first, last, len(messages))
	}
	return first, last
}

// What would begin one conversation too many is refused, in the midst of others
// that are not.
func testConversations(t *testing.T, s chat.Store) {
	results := make(chan error, 100)
	var stored, refused int
	for i := range cap(results) {
		s.Append(long(fmt.Sprint("group", i%5)), func(err error) { results <- err })
	}
	for range cap(results) {
		switch err := <-results; {
		case err == nil:
			stored++
		case errors.Is(err, chat.ErrFull):
			refused++
		default:
			t.Error(err)
		}
	}
	if stored != 60 || refused != 40 {
		t.Errorf("%d stored, %d refused, want 60 and 40", stored, refused)
	}
	for i := range 3 {
		if first, last := kept(t, s, fmt.Sprint("group", i)); first != 1 || last != 20 {
			t.Errorf("group%d: %d to %d", i, first, last)
		}
	}
	if last, _ := s.Last("A", []string{"group3", "group4"}); len(last) > 0 {
		t.Errorf("begun: %v", last)
	}
	if err := s.Err(); err != nil {
		t.Errorf("the others can go on, and Err says %v", err)
	}
}

// Beyond the bound on bytes the conversations that have been silent longest lose
// old messages first, and keep the newest; numbers go on.
func testSilentLongest(t *testing.T, s chat.Store) {
	for range 50 {
		say(t, s, "A", "groupOld", kilobyte)
		say(t, s, "A", "groupMid", kilobyte)
	}
	say(t, s, "A", "groupMid", "x")
	for range 180 {
		say(t, s, "A", "groupNew", kilobyte)
	}
	oldFirst, oldLast := kept(t, s, "groupOld")
	midFirst, midLast := kept(t, s, "groupMid")
	newFirst, newLast := kept(t, s, "groupNew")
	if oldFirst == 1 || oldLast != 50 || midFirst > oldFirst || midLast != 51 || newFirst != 1 || newLast != 180 {
		t.Errorf("old %d to %d, mid %d to %d, new %d to %d", oldFirst, oldLast, midFirst, midLast, newFirst, newLast)
	}
	if bytes := (oldLast - oldFirst + midLast - midFirst + newLast - newFirst + 3) << 10; bytes > 256<<10 {
		t.Errorf("%d bytes are kept", bytes)
	}
	if m := say(t, s, "A", "groupOld", "on"); m.Seq != 51 {
		t.Errorf("goes on with %d", m.Seq)
	}
}

// A conversation that talks alone loses its own old messages.
func testOneAlone(t *testing.T, s chat.Store) {
	for i := range uint64(1000) {
		say(t, s, "A", "groupA", kilobyte)
		if first, last := kept(t, s, "groupA"); last != i+1 || (last-first+1)<<10 > 256<<10 {
			t.Fatalf("%d to %d", first, last)
		}
	}
	if err := s.Err(); err != nil {
		t.Errorf("there is room, and Err says %v", err)
	}
	if first, last := kept(t, s, "groupA"); last-first < 50 {
		t.Errorf("only %d to %d are kept", first, last)
	}
}

// When only the newest of each conversation are left, and they are too much, what
// comes is refused; nothing of it is there.
func testNoRoom(t *testing.T, s chat.Store) {
	var stored int
	for i := range 400 {
		err := try(s, long(fmt.Sprint("group", i)))
		switch {
		case err == nil && stored == i:
			stored++
		case !errors.Is(err, chat.ErrFull):
			t.Fatalf("message %d: %v, %d stored", i, err, stored)
		}
	}
	if stored < 100 || stored > 256 {
		t.Errorf("%d are stored", stored)
	}
	if err := try(s, long("group0")); !errors.Is(err, chat.ErrFull) {
		t.Errorf("got %v, want ErrFull", err)
	}
	if first, last := kept(t, s, "group0"); first != 1 || last != 1 {
		t.Errorf("%d to %d are kept", first, last)
	}
	if err := s.Err(); !errors.Is(err, chat.ErrFull) {
		t.Errorf("everybody is refused, and Err says %v", err)
	}
}
