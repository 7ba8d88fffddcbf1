package redis

import (
	"fmt"
	"slices"
	"testing"
)

// PROTOCOL 6: what waits is sent "once and in order". A clock of Redis that was set back
// must not put a message behind a later one of its conversation: it would be skipped,
// and taken for written.
func TestSortByTime(t *testing.T) {
	at := func(conversation string, seq uint64, second int64) waitingMessage {
		return waitingMessage{conversation: conversation, seq: seq, micros: second * 1e6}
	}
	waits := []waitingMessage{
		at("A,B", 1, 10), at("A,B", 2, 30), at("A,B", 3, 5), at("A,B", 4, 40),
		at("B,C", 1, 20), at("B,C", 2, 20), at("B,C", 3, 35),
	}
	sortByTime(waits)
	var got []string
	for _, w := range waits {
		got = append(got, fmt.Sprint(w.conversation, " ", w.seq))
	}
	want := []string{"A,B 1", "B,C 1", "B,C 2", "A,B 2", "A,B 3", "B,C 3", "A,B 4"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
