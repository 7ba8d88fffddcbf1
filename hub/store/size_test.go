package store_test

import (
	"fmt"
	"runtime"
	"testing"

	"wschat/frame/leaktest"
	"wschat/hub/chat"
	"wschat/hub/store"
)

// A message of 128 bytes takes at most 180 in memory, however many are kept of a
// conversation, while old ones make room for new ones, and whoever sends it.
func TestMemoryOfAMessage(t *testing.T) {
	for _, test := range []struct{ groups, said int }{{1, 5000}, {20, 1000}, {20, 1700}, {200, 100}} {
		s := store.New(1000)
		taken := leaktest.Heap(func() {
			for i := range test.groups * test.said {
				group := fmt.Sprint("group", i%test.groups)
				m := &chat.Message{Conversation: group, From: fmt.Sprint("user", i%200), To: group, ID: fmt.Sprint(i), Body: make([]byte, 128)}
				s.Append(m, func(err error) {
					if err != nil {
						t.Error(err)
					}
				})
			}
		})
		kept := 0
		for i := range test.groups {
			messages, _, _ := s.History(fmt.Sprint("group", i), chat.Query{Limit: 1 << 20})
			kept += len(messages)
		}
		each := float64(taken) / float64(kept)
		t.Logf("%d groups, %d messages kept: %.0f bytes each", test.groups, kept, each)
		if each > 180 {
			t.Errorf("%d groups, %d messages kept: %.0f bytes each", test.groups, kept, each)
		}
	}
}

// What a conversation takes with one message, and what is left of it when it is
// forgotten.
func TestMemoryOfAConversation(t *testing.T) {
	const conversations = 20_000
	s := store.New(1000)
	s.MaxConversations, s.ForgetAfter = conversations, 1
	s.Attend(func(string) bool { return false })
	fill := func(kind string) float64 {
		return float64(leaktest.Heap(func() {
			for i := range conversations {
				user, to := fmt.Sprint(kind, i), fmt.Sprint("A", i%20)
				s.Append(&chat.Message{Conversation: chat.PairOf(to, user), From: user, To: to, Body: make([]byte, 20)}, func(err error) {
					if err != nil {
						t.Fatal(err)
					}
				})
			}
		})) / conversations
	}
	first, more := fill("user"), fill("newuser")
	runtime.KeepAlive(s)
	t.Logf("%.0f bytes, and %.0f when it is forgotten", first, more)
	if first > 1200 || more > 60 {
		t.Errorf("%.0f bytes, and %.0f when it is forgotten", first, more)
	}
}
