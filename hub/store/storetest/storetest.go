// Package storetest has the tests that every chat.Store must pass, whatever it
// keeps messages in. A store's own tests call Run, and add what is special to it.
package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wschat/hub/chat"
)

// patience bounds what a test waits for; reaching it is a failure.
const patience = 20 * time.Second

// Run runs the tests. open returns an empty store for one of them, which keeps at
// least a thousand messages of each conversation, and ends it with t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) chat.Store) {
	for name, test := range map[string]func(*testing.T, chat.Store){
		"numbers":              testNumbers,
		"keeps what was said":  testContent,
		"history":              testHistory,
		"history is a copy":    testCopy,
		"last":                 testLast,
		"epoch":                testEpoch,
		"order":                testOrder,
		"waiting":              testWaiting,
		"waiting since":        testSince,
		"written":              testWritten,
		"written out of order": testWrittenOrder,
		"around":               testAround,
		"amendments":           testAmendmentsAreNumbered,
		"amendments refused":   testAmendmentsThatAreRefused,
		"deletions of others":  testDeletionsOfOthers,
		"reactions":            testReactions,
		"amendments at once":   testAmendmentsAtOnce,
		"present":              testPresent,
		"waiting present":      testWaitingPresent,
		"topics":               testTopics,
		"files":                testFiles,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// Expires runs the test of a store in which what waits too long is dropped when
// Expire says so, and not by itself.
func Expires(t *testing.T, open func(t *testing.T) chat.Store) {
	t.Run("expire", func(t *testing.T) { testExpire(t, open(t)) })
}

// say appends a text message and waits until it is stored. The conversation
// follows from whom it goes to.
func say(t *testing.T, s chat.Store, from, to, text string) *chat.Message {
	t.Helper()
	m := &chat.Message{Conversation: to, From: from, To: to, Body: []byte(text)}
	if to != chat.Everyone && !chat.ValidGroup(to) {
		m.Conversation = chat.PairOf(from, to)
	}
	appendAll(t, s, m)
	return m
}

func appendAll(t *testing.T, s chat.Store, messages ...*chat.Message) {
	t.Helper()
	stored := make(chan error, 2*len(messages))
	for _, m := range messages {
		s.Append(m, func(err error) { stored <- err })
	}
	for range messages {
		select {
		case err := <-stored:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(patience):
			t.Fatal("a message is never stored")
		}
	}
	if len(stored) > 0 {
		t.Error("a message is stored twice")
	}
}

// history returns what is kept, as text shows it.
func history(t *testing.T, s chat.Store, conversation string, q chat.Query) (string, bool) {
	t.Helper()
	messages, more, err := s.History(conversation, q)
	if err != nil {
		t.Fatal(err)
	}
	return show(messages), more
}

// show writes messages as "A>B:1:text", separated by spaces.
func show(messages []*chat.Message) string {
	var parts []string
	for _, m := range messages {
		parts = append(parts, fmt.Sprintf("%s>%s:%d:%s", m.From, m.To, m.Seq, m.Body))
	}
	return strings.Join(parts, " ")
}

// wantWaiting waits until it is as it should be: Written may take its time.
func wantWaiting(t *testing.T, s chat.Store, user, want string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		messages, err := s.Waiting(user, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		got := show(messages)
		if got == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("for %s wait %q, want %q", user, got, want)
		}
	}
}

// Each conversation has its own numbers, from 1, and times that do not go back.
func testNumbers(t *testing.T, s chat.Store) {
	begun := time.Now().Add(-time.Second) // a store may round
	var last time.Time
	for seq := uint64(1); seq <= 5; seq++ {
		for _, to := range []string{"all", "groupA", "groupB", "B", "C", "A"} {
			m := say(t, s, "A", to, "text")
			if m.Seq != seq {
				t.Fatalf("message %d to %s has number %d", seq, to, m.Seq)
			}
			if m.Time.Before(begun) || m.Time.Before(last) || m.Time.After(time.Now().Add(time.Second)) {
				t.Errorf("message %d to %s has the time %v, after %v", seq, to, m.Time, last)
			}
			last = m.Time
		}
	}
	// Both directions of a conversation count together.
	if m := say(t, s, "B", "A", "back"); m.Seq != 6 {
		t.Errorf("the answer has number %d", m.Seq)
	}
	if m := say(t, s, "C", "B", "other"); m.Seq != 1 {
		t.Errorf("the first message of a pair has number %d", m.Seq)
	}
}

func testContent(t *testing.T, s chat.Store) {
	said := []*chat.Message{
		{From: "A", To: "group前端", Body: []byte("你好, 😀\n")},
		{From: "张三", To: "group前端", Body: []byte("\x00\xff,\r\n\x00"), Binary: true},
		{From: "A", To: "group前端", Body: []byte(strings.Repeat("long ", 200_000))},
		{From: "A", To: "group前端", Body: []byte{0}},
	}
	for _, m := range said {
		m.Conversation = m.To
		appendAll(t, s, m)
	}
	got, more, err := s.History("group前端", chat.Query{Limit: 10})
	if err != nil || more || len(got) != len(said) {
		t.Fatalf("%d messages, %v, %v", len(got), more, err)
	}
	for i, want := range said {
		m := got[i]
		if m.Conversation != want.Conversation || m.Seq != want.Seq || m.From != want.From || m.To != want.To ||
			m.Binary != want.Binary || string(m.Body) != string(want.Body) || !m.Time.Equal(want.Time) {
			t.Errorf("message %d is %.300v, was %.300v", i, m, want)
		}
	}
}

func testHistory(t *testing.T, s chat.Store) {
	const newest = ^uint64(0)
	all := make([]string, 11)
	for i := 1; i <= 10; i++ {
		say(t, s, "A", "groupA", "x")
		say(t, s, "A", "groupB", "other")
		all[i] = fmt.Sprintf("A>groupA:%d:x", i)
	}
	for _, test := range []struct {
		q        chat.Query
		from, to int // what is returned; 0, 0: nothing
		more     bool
	}{
		{chat.Query{Limit: 1}, 10, 10, true},
		{chat.Query{Limit: 9}, 2, 10, true},
		{chat.Query{Limit: 10}, 1, 10, false},
		{chat.Query{Limit: 200}, 1, 10, false},
		{chat.Query{Direction: chat.Before, Seq: 1, Limit: 5}, 0, 0, false},
		{chat.Query{Direction: chat.Before, Seq: 2, Limit: 5}, 1, 1, false},
		{chat.Query{Direction: chat.Before, Seq: 6, Limit: 5}, 1, 5, false},
		{chat.Query{Direction: chat.Before, Seq: 7, Limit: 5}, 2, 6, true},
		{chat.Query{Direction: chat.Before, Seq: 10, Limit: 1}, 9, 9, true},
		{chat.Query{Direction: chat.Before, Seq: 11, Limit: 1}, 10, 10, true},
		{chat.Query{Direction: chat.Before, Seq: newest, Limit: 3}, 8, 10, true},
		{chat.Query{Direction: chat.After, Seq: 1, Limit: 3}, 2, 4, true},
		{chat.Query{Direction: chat.After, Seq: 1, Limit: 9}, 2, 10, false},
		{chat.Query{Direction: chat.After, Seq: 5, Limit: 5}, 6, 10, false},
		{chat.Query{Direction: chat.After, Seq: 5, Limit: 4}, 6, 9, true},
		{chat.Query{Direction: chat.After, Seq: 9, Limit: 5}, 10, 10, false},
		{chat.Query{Direction: chat.After, Seq: 10, Limit: 5}, 0, 0, false},
		{chat.Query{Direction: chat.After, Seq: 11, Limit: 5}, 0, 0, false},
		{chat.Query{Direction: chat.After, Seq: newest, Limit: 5}, 0, 0, false},
	} {
		want := ""
		if test.from > 0 {
			want = strings.Join(all[test.from:test.to+1], " ")
		}
		if got, more := history(t, s, "groupA", test.q); got != want || more != test.more {
			t.Errorf("%+v: got %q, %v, want %q, %v", test.q, got, more, want, test.more)
		}
	}
	for _, q := range []chat.Query{{Limit: 5}, {Direction: chat.Before, Seq: 3, Limit: 5}, {Direction: chat.After, Seq: 3, Limit: 5}} {
		if got, more := history(t, s, "groupC", q); got != "" || more {
			t.Errorf("%+v of nothing: got %q, %v", q, got, more)
		}
	}
}

// What History and Waiting return is the caller's.
func testCopy(t *testing.T, s chat.Store) {
	say(t, s, "A", "B", "1")
	say(t, s, "A", "B", "2")
	for range 2 {
		for _, q := range []chat.Query{{Limit: 2}, {Direction: chat.Before, Seq: 9, Limit: 2}} {
			messages, _, err := s.History("A,B", q)
			if err != nil || show(messages) != "A>B:1:1 A>B:2:2" {
				t.Fatalf("%q, %v", show(messages), err)
			}
			clear(messages)
			_ = append(messages, nil)
		}
		waiting, err := s.Waiting("B", time.Time{})
		if err != nil || show(waiting) != "A>B:1:1 A>B:2:2" {
			t.Fatalf("%q, %v", show(waiting), err)
		}
		clear(waiting)
	}
}

// Whoever appends at the same time: stored is called in the order of the numbers,
// without holes, and what it is called for can be seen.
func testOrder(t *testing.T, s chat.Store) {
	const writers, each = 8, 50
	conversations := []string{"all", "groupA"}
	stored := make(chan *chat.Message, 2*writers*each)
	for range writers {
		go func() {
			for i := range each {
				to := conversations[i%2]
				m := &chat.Message{Conversation: to, From: "A", To: to, Body: []byte("x")}
				s.Append(m, func(err error) {
					if err != nil {
						t.Error(err)
					}
					stored <- m
				})
			}
		}()
	}
	last := make(map[string]uint64)
	for range writers * each {
		select {
		case m := <-stored:
			if m.Seq != last[m.Conversation]+1 {
				t.Fatalf("%s: %d comes behind %d", m.Conversation, m.Seq, last[m.Conversation])
			}
			last[m.Conversation] = m.Seq
			if m.Seq%10 == 0 {
				got, _, err := s.History(m.Conversation, chat.Query{Direction: chat.Before, Seq: m.Seq + 1, Limit: 1})
				if err != nil || len(got) != 1 || got[0].Seq != m.Seq {
					t.Fatalf("%s: %d is stored, and not in the history: %q, %v", m.Conversation, m.Seq, show(got), err)
				}
			}
		case <-time.After(patience):
			t.Fatal("a message is never stored")
		}
	}
	for _, name := range conversations {
		messages, _, err := s.History(name, chat.Query{Limit: writers * each})
		if err != nil || len(messages) != writers*each/2 {
			t.Fatalf("%s: %d messages, %v", name, len(messages), err)
		}
		if !slices.IsSortedFunc(messages, func(a, b *chat.Message) int { return int(a.Seq) - int(b.Seq) }) {
			t.Errorf("%s: the history is not in order", name)
		}
	}
}
