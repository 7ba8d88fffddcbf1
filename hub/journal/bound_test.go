package journal

import (
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
			return open(t, Config{Dir: t.TempDir(), Keep: keep, MaxConversations: conversations, MaxMemory: bytes, ForgetAfter: time.Hour})
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
