package journal

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"wschat/hub/chat"
	"wschat/hub/store/storetest"
)

func TestShares(t *testing.T) {
	for _, keep := range []int{0, 1000} {
		storetest.Shares(t, func(t *testing.T, conversations int, bytes int64) chat.Store {
			return open(t, Config{Dir: t.TempDir(), Keep: keep, MaxConversations: conversations, MaxMemory: bytes, ForgetAfter: time.Hour, disk: noSync{}})
		})
	}
}

// The bound on memory holds while a journal is opened, too, and what it keeps
// out of memory a compaction takes off the disk; numbers go on all the same.
func TestBoundsAtOpen(t *testing.T) {
	const groups, each = 10, 100
	dir := t.TempDir()
	s := open(t, Config{Dir: dir, segmentSize: 16 << 10, compactAt: never, disk: noSync{}})
	for i := range each {
		for g := range groups {
			say(t, s, fmt.Sprint("group", g), fmt.Sprint(strings.Repeat("x", 1000), i))
		}
	}
	closeStore(t, s)
	for range 2 {
		s = open(t, Config{Dir: dir, MaxMemory: 256 << 10, compactAt: never, disk: noSync{}})
		if s.Err() != nil {
			t.Error("there is no room")
		}
		var kept int
		for g := range groups {
			name := fmt.Sprint("group", g)
			messages, _, _ := s.History(name, chat.Query{Limit: each})
			kept += len(messages)
			if last := messages[len(messages)-1]; last.Seq != each || !strings.HasSuffix(string(last.Body), "99") {
				t.Errorf("%s ends with %d", name, last.Seq)
			}
		}
		if kept < 150 || kept > 256 {
			t.Errorf("%d messages are kept", kept)
		}
		if err := s.compactSealed(); err != nil {
			t.Fatal(err)
		}
		closeStore(t, s)
	}
	if size := diskUsage(t, dir); size > 400<<10 {
		t.Errorf("%d bytes on disk", size)
	}
	s = open(t, Config{Dir: dir})
	if m := say(t, s, "group0", "on"); m.Seq != each+1 {
		t.Errorf("goes on with %d", m.Seq)
	}
}

// What was dropped to make room stays dropped after a restart, be it by kill -9 or after a
// compaction, what others have said stays, and so does how much has been sent to whom.
func TestSharesAfterARestart(t *testing.T) {
	const groups, said = 60, 150
	away := func(from, to, body string) *chat.Message {
		return &chat.Message{Conversation: chat.PairOf(from, to), From: from, To: to, Away: true, Body: []byte(body)}
	}
	dir := t.TempDir()
	config := func(dir string) Config {
		return Config{Dir: dir, MaxMemory: 256 << 10, segmentSize: 64 << 10, compactAt: never, disk: noSync{}}
	}
	s := open(t, config(dir))
	for range said {
		must(t, try(s, &chat.Message{Conversation: "groupB", From: "B", To: "groupB", Body: []byte("said")}, ""))
	}
	s.Seen("C", time.Now())
	for range chat.MaxWaiting {
		must(t, try(s, away("B", "C", "x"), ""))
	}
	for g := range groups {
		say(t, s, fmt.Sprint("group", g), strings.Repeat("x", 20<<10))
	}
	check := func(s *Store) {
		t.Helper()
		kept := 0
		for g := range groups {
			messages, _, _ := s.History(fmt.Sprint("group", g), chat.Query{Limit: 9})
			kept += len(messages)
		}
		if kept < 2 || kept > 12 {
			t.Errorf("%d messages of the flood are kept", kept)
		}
		messages, _, _ := s.History("groupB", chat.Query{Limit: 2 * said})
		waiting, _ := s.Waiting("C", time.Time{})
		if len(messages) != said || len(waiting) != chat.MaxWaiting {
			t.Errorf("%d messages are kept, and %d wait", len(messages), len(waiting))
		}
		if err := try(s, away("B", "C", "x"), ""); !errors.Is(err, chat.ErrFull) {
			t.Errorf("got %v, want ErrFull", err)
		}
	}
	check(s)
	for range 2 {
		check(open(t, config(copyDir(t, dir))))
		must(t, s.compactSealed())
		check(s)
	}
	closeStore(t, s)
	s = open(t, config(dir))
	check(s)
	for g := range groups {
		if m := say(t, s, fmt.Sprint("group", g), "on"); m.Seq != 2 {
			t.Fatalf("group%d goes on with %d", g, m.Seq)
		}
	}
	if !s.Left("C") {
		t.Error("C is in no private conversation")
	}
	must(t, try(s, away("B", "C", "x"), ""))
}
