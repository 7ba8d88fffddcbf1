package redis

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"wschat/hub/chat"
)

// PROTOCOL 6: what waits is sent "once and in order". A clock of Redis that was set back
// must not put a message behind a later one of its conversation: it would be skipped,
// and taken for written.
func TestSortByTime(t *testing.T) {
	message := func(conversation string, seq uint64, second int64) *chat.Message {
		return &chat.Message{Conversation: conversation, Seq: seq, Time: time.Unix(second, 0)}
	}
	messages := []*chat.Message{
		message("A,B", 1, 10), message("A,B", 2, 30), message("A,B", 3, 5), message("A,B", 4, 40),
		message("B,C", 1, 20), message("B,C", 2, 20), message("B,C", 3, 35),
	}
	sortByTime(messages)
	var got []string
	for _, m := range messages {
		got = append(got, fmt.Sprint(m.Conversation, " ", m.Seq))
	}
	want := []string{"A,B 1", "B,C 1", "B,C 2", "A,B 2", "A,B 3", "B,C 3", "A,B 4"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
