package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"wschat/hub/chat"
)

// What a bounded store refuses: too much for one who is away, and one conversation too many.

// fill is as many messages to a user who is away as may wait.
func fill(from, to string) (all []*chat.Message) {
	for range chat.MaxWaiting {
		all = append(all, missed(from, to, "x"))
	}
	return all
}

// A user may send another who is away so many messages, and they are all there. Nobody else
// is refused.
func testMissed(t *testing.T, s chat.Store) {
	appendAll(t, s, fill("A", "C")...)
	refused := func(from, to string) {
		t.Helper()
		if err := try(s, missed(from, to, "x")); !errors.Is(err, chat.ErrFull) {
			t.Errorf("%s to %s: got %v, want ErrFull", from, to, err)
		}
	}
	for range 3 {
		refused("A", "C")
	}
	say(t, s, "A", "groupA", "x")
	appendAll(t, s, missed("A", "B", "x"), missed("B", "C", "x"), missed("C", "A", "x"))
	messages, err := s.Waiting("C", time.Time{})
	if err != nil || len(messages) != chat.MaxWaiting+1 || messages[0].Seq != 1 {
		t.Fatalf("%d messages wait, %v", len(messages), err)
	}
	for _, m := range messages {
		s.Written(m)
	}
	s.Left("C")
	appendAll(t, s, missed("A", "C", "x"))

	// One who reads by a program leaves nothing written behind.
	appendAll(t, s, fill("A", "D")...)
	refused("A", "D")
	say(t, s, "A", "D", "x") // is here
	s.Left("D")
	appendAll(t, s, fill("A", "D")...)
	refused("A", "D")
}

func testMissedBytes(t *testing.T, s chat.Store) {
	const part = chat.MaxWaitingBytes / 8
	for range 8 {
		appendAll(t, s, missed("A", "C", strings.Repeat("x", part)))
	}
	if err := try(s, missed("A", "C", "x")); !errors.Is(err, chat.ErrFull) {
		t.Errorf("got %v, want ErrFull", err)
	}
	if err := try(s, missed("A", "D", strings.Repeat("x", chat.MaxWaitingBytes+1))); !errors.Is(err, chat.ErrFull) {
		t.Errorf("got %v, want ErrFull", err)
	}
	if last, _, err := s.Last("D", nil); err != nil || len(last) > 0 {
		t.Errorf("%v, %v", last, err)
	}
	appendAll(t, s, missed("A", "D", strings.Repeat("x", chat.MaxWaitingBytes)), missed("B", "C", "x"))
}

// PROTOCOL 6: an author's waiting messages to a user are bounded. So an edit of what waits counts
// with what it adds, and what is deleted does not count any more.
func testMissedAmendments(t *testing.T, s chat.Store) {
	const part = chat.MaxWaitingBytes / 8
	amend := func(kind chat.Kind, seq uint64, text string) error {
		m := missed("A", "C", text)
		m.Kind, m.About = kind, seq
		return try(s, m)
	}
	works := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	full := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, chat.ErrFull) {
			t.Errorf("%s: got %v, want ErrFull", what, err)
		}
	}
	for range 7 { // messages 1 to 7
		appendAll(t, s, missed("A", "C", strings.Repeat("x", part)))
	}
	for i := range 20 { // 8 to 27
		works("an edit", amend(chat.Edit, 1, strings.Repeat("y", part+i)))
	}
	full("an edit that adds too much", amend(chat.Edit, 1, strings.Repeat("z", 3*part)))
	works("another", amend(chat.Edit, 1, strings.Repeat("z", 2*part))) // 28
	full("one more byte", try(s, missed("A", "C", "x")))
	works("a shorter text", amend(chat.Edit, 1, "z"))                                    // 29
	works("what it gives back", try(s, missed("A", "C", strings.Repeat("x", 2*part-1)))) // 30
	full("one more byte", try(s, missed("A", "C", "x")))
	for _, seq := range []uint64{1, 2, 30} { // 31 to 33
		works("a deletion", amend(chat.Deletion, seq, ""))
	}
	for range chat.MaxWaiting - 5 { // there are 5
		works("a short one", try(s, missed("A", "C", "x")))
	}
	full("one more", try(s, missed("A", "C", "x")))
	works("a deletion", amend(chat.Deletion, 50, ""))
	works("instead", try(s, missed("A", "C", "x")))
	full("one more", try(s, missed("A", "C", "x")))
	works("an edit of the last", amend(chat.Edit, uint64(33+chat.MaxWaiting-5+2), "y"))

	s.Left("C") // and has read all of that
	for i := range 10 {
		works("an edit of what is not missed", amend(chat.Edit, 1000, fmt.Sprint(i)))
	}
	for range chat.MaxWaiting - 1 {
		works("a message", try(s, missed("A", "C", "x")))
	}
	full("one more", try(s, missed("A", "C", "x")))
}

// However many are on their way at the same time, no more are kept.
func testMissedConcurrently(t *testing.T, s chat.Store) {
	results := make(chan error, 2*chat.MaxWaiting)
	for range cap(results) {
		s.Append(missed("A", "C", "x"), func(err error) { results <- err })
	}
	stored := 0
	for range cap(results) {
		switch err := <-results; {
		case err == nil:
			stored++
		case !errors.Is(err, chat.ErrFull):
			t.Error(err)
		}
	}
	if messages, err := s.Waiting("C", time.Time{}); stored != chat.MaxWaiting || err != nil || len(messages) != stored {
		t.Errorf("%d are stored, %d wait, %v", stored, len(messages), err)
	}
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
	if last, _, _ := s.Last("A", []string{"group3", "group4"}); len(last) > 0 {
		t.Errorf("begun: %v", last)
	}
	if err := s.Err(); err != nil {
		t.Errorf("the others can go on, and Err says %v", err)
	}
}

// One who has begun all conversations, and left them, is refused; others may begin as many
// as he has left.
func testBeginners(t *testing.T, s chat.Store) {
	s.Attend(func(conversation string) bool { return conversation == "group7" })
	for i := range 20 {
		say(t, s, "A", fmt.Sprint("group", i), "x")
	}
	refused := func(from string, n int) {
		t.Helper()
		group := fmt.Sprint("group", from, n)
		if err := try(s, &chat.Message{Conversation: group, From: from, To: group, Body: []byte("x")}); !errors.Is(err, chat.ErrFull) {
			t.Errorf("%s: got %v, want ErrFull", from, err)
		}
	}
	refused("A", 0)
	for i := range 10 {
		say(t, s, "B", fmt.Sprint("groupB", i), "x")
	}
	refused("A", 0)
	refused("B", 10) // has as many now
	say(t, s, "C", "groupC0", "x")
	for i := range 20 {
		_, last := kept(t, s, fmt.Sprint("group", i))
		if forgotten := last == 0; forgotten != (i < 12 && i != 7) && forgotten {
			t.Errorf("group%d is forgotten: %v", i, forgotten)
		}
	}
	for _, group := range []string{"group7", "groupC0"} {
		if first, _ := kept(t, s, group); first != 1 {
			t.Errorf("%s is forgotten", group)
		}
	}
	if m := say(t, s, "C", "group0", "x"); m.Seq != 2 {
		t.Errorf("it goes on with %d", m.Seq)
	}
}
