package store_test

import (
	"fmt"
	"math"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"wschat/hub/chat"
	"wschat/hub/store"
	"wschat/hub/store/storetest"
)

func TestMemory(t *testing.T) {
	for _, keep := range []int{0, 1000, math.MaxInt} {
		t.Run(fmt.Sprint("keep ", keep), func(t *testing.T) {
			open := func(*testing.T) chat.Store { return store.New(keep) }
			storetest.Run(t, open)
			storetest.Expires(t, open)
		})
	}
}

func tell(s *store.Memory, from, to string, n int) {
	for range n {
		m := &chat.Message{Conversation: to, From: from, To: to, Body: []byte("x")}
		if chat.ValidUser(to) {
			m.Conversation = chat.PairOf(from, to)
		}
		s.Append(m, func(error) {})
	}
}

// PROTOCOL 6: at least the last keep messages, at most twice as many.
func TestMemoryRetention(t *testing.T) {
	for _, keep := range []int{1, 2, 7, 100} {
		s := store.New(keep)
		for last := 1; last <= 5*keep+1; last++ {
			tell(s, "A", "groupA", 1)
			kept, more, err := s.History("groupA", chat.Query{Limit: 10 * keep})
			if err != nil || more {
				t.Fatal(more, err)
			}
			if len(kept) < min(last, keep) || len(kept) > 2*keep {
				t.Fatalf("of %d messages %d are kept, want %d to %d", last, len(kept), keep, 2*keep)
			}
			for i, m := range kept {
				if m.Seq != uint64(last-len(kept)+1+i) {
					t.Fatalf("message %d of %d is number %d", i, len(kept), m.Seq)
				}
			}
		}
	}
}

// What is asked for may be gone, wholly or in part.
func TestMemoryHistoryOfForgottenMessages(t *testing.T) {
	s := store.New(5)
	tell(s, "A", "groupA", 10) // 6 to 10 are kept
	for _, test := range []struct {
		q           chat.Query
		first, last uint64
		more        bool
	}{
		{chat.Query{Limit: 50}, 6, 10, false},
		{chat.Query{Direction: chat.Before, Seq: 8, Limit: 50}, 6, 7, false},
		{chat.Query{Direction: chat.Before, Seq: 8, Limit: 1}, 7, 7, true},
		{chat.Query{Direction: chat.Before, Seq: 6, Limit: 50}, 0, 0, false},
		{chat.Query{Direction: chat.Before, Seq: 2, Limit: 50}, 0, 0, false},
		{chat.Query{Direction: chat.After, Seq: 1, Limit: 50}, 6, 10, false},
		{chat.Query{Direction: chat.After, Seq: 1, Limit: 2}, 6, 7, true},
		{chat.Query{Direction: chat.After, Seq: 5, Limit: 2}, 6, 7, true},
		{chat.Query{Direction: chat.After, Seq: 6, Limit: 2}, 7, 8, true},
	} {
		got, more, err := s.History("groupA", test.q)
		if err != nil || more != test.more || (len(got) == 0) != (test.first == 0) {
			t.Fatalf("%+v: %d messages, %v, %v", test.q, len(got), more, err)
		}
		if len(got) > 0 && (got[0].Seq != test.first || got[len(got)-1].Seq != test.last) {
			t.Errorf("%+v: %d to %d", test.q, got[0].Seq, got[len(got)-1].Seq)
		}
	}
}

// What waits is bounded by what is kept, and a late Written harms nothing.
func TestMemoryWaitingIsBounded(t *testing.T) {
	s := store.New(5)
	first := &chat.Message{Conversation: "A,B", From: "A", To: "B", Body: []byte("x")}
	s.Append(first, func(error) {})
	tell(s, "A", "B", 20)
	s.Written(first)
	waiting, err := s.Waiting("B", time.Time{})
	if err != nil || len(waiting) < 5 || len(waiting) > 10 || waiting[len(waiting)-1].Seq != 21 {
		t.Fatalf("%d messages wait, %v", len(waiting), err)
	}
}

// Old messages can be freed.
func TestMemoryFreesMessages(t *testing.T) {
	s := store.New(2)
	const count = 20
	freed := make(chan struct{}, count)
	for range count {
		m := &chat.Message{Conversation: "all", From: "A", To: "all", Body: make([]byte, 1<<10)}
		runtime.AddCleanup(m, func(struct{}) { freed <- struct{}{} }, struct{}{})
		s.Append(m, func(error) {})
	}
	deadline := time.Now().Add(20 * time.Second)
	for len(freed) < count-4 {
		if runtime.GC(); time.Now().After(deadline) {
			t.Fatalf("%d of %d messages are freed", len(freed), count)
		}
	}
	if kept, _, _ := s.History("all", chat.Query{Limit: count}); len(kept) > 4 {
		t.Errorf("%d messages are kept", len(kept))
	}
}

// Messages that have the same time keep their order.
func TestMemoryWaitingAtOneTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the clock stands still but for Sleep
		s := store.New(0)
		for range 10 {
			tell(s, "A", "C", 5)
			tell(s, "B", "C", 5)
			time.Sleep(time.Second)
		}
		waiting, err := s.Waiting("C", time.Time{})
		if err != nil || len(waiting) != 100 {
			t.Fatalf("%d messages wait, %v", len(waiting), err)
		}
		last := make(map[string]uint64)
		for _, m := range waiting {
			if m.Seq != last[m.From]+1 {
				t.Fatalf("%s: %d comes behind %d", m.From, m.Seq, last[m.From])
			}
			last[m.From] = m.Seq
		}
	})
}

func TestMemoryShares(t *testing.T) {
	for _, keep := range []int{0, 1000} {
		storetest.Shares(t, func(_ *testing.T, conversations int, bytes int64) chat.Store {
			s := store.New(keep)
			s.MaxConversations, s.MaxBytes, s.ForgetAfter = conversations, bytes, time.Hour
			return s
		})
	}
}

func TestMemoryForgets(t *testing.T) {
	storetest.RunForgetting(t, func(_ *testing.T, conversations int, after time.Duration) chat.Store {
		s := store.New(0)
		s.MaxConversations, s.ForgetAfter = conversations, after
		return s
	})
}

func BenchmarkMemoryAppend(b *testing.B) {
	s := store.New(1000)
	body := make([]byte, 128)
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			s.Append(&chat.Message{Conversation: "groupA", From: "A", To: "groupA", Body: body}, func(error) {})
		}
	})
}
