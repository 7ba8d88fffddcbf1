package storetest

import (
	"testing"
	"time"

	"wschat/hub/chat"
)

// Private messages wait for whom they are sent to, in the order of their coming.
func testWaiting(t *testing.T, s chat.Store) {
	wantWaiting(t, s, "B", "")
	say(t, s, "A", "B", "1")
	say(t, s, "C", "B", "2")
	say(t, s, "B", "A", "3") // for A
	say(t, s, "A", "B", "4")
	say(t, s, "A", "C", "5") // for C
	say(t, s, "C", "B", "6")
	say(t, s, "A", "all", "7") // for nobody
	say(t, s, "A", "groupB", "8")
	say(t, s, "D", "D", "9") // for oneself
	wantWaiting(t, s, "B", "A>B:1:1 C>B:1:2 A>B:3:4 C>B:2:6")
	wantWaiting(t, s, "A", "B>A:2:3")
	wantWaiting(t, s, "C", "A>C:1:5")
	wantWaiting(t, s, "D", "D>D:1:9")
	wantWaiting(t, s, "all", "")
	wantWaiting(t, s, "groupB", "")
	wantWaiting(t, s, "B", "A>B:1:1 C>B:1:2 A>B:3:4 C>B:2:6") // asking changes nothing
}

func testSince(t *testing.T, s chat.Store) {
	var said []*chat.Message
	for _, text := range []string{"1", "2", "3", "4"} {
		said = append(said, say(t, s, "A", "B", text))
	}
	for _, since := range []time.Time{said[0].Time.Add(-time.Second), said[0].Time, said[2].Time, said[3].Time, time.Now().Add(time.Hour)} {
		var want []*chat.Message
		for _, m := range said {
			if m.Time.After(since) { // a store may give several messages one time
				want = append(want, m)
			}
		}
		got, err := s.Waiting("B", since)
		if err != nil || show(got) != show(want) {
			t.Errorf("since %v wait %q, %v, want %q", since, show(got), err, show(want))
		}
	}
}

func testWritten(t *testing.T, s chat.Store) {
	one, two := say(t, s, "A", "B", "1"), say(t, s, "A", "B", "2")
	say(t, s, "B", "A", "3")
	say(t, s, "A", "B", "4")
	five := say(t, s, "C", "B", "5")
	s.Written(one)
	wantWaiting(t, s, "B", "A>B:2:2 A>B:4:4 C>B:1:5")
	s.Written(two)
	s.Written(two)
	wantWaiting(t, s, "B", "A>B:4:4 C>B:1:5")
	s.Written(five)
	wantWaiting(t, s, "B", "A>B:4:4")
	wantWaiting(t, s, "A", "B>A:3:3") // the other direction is another matter
	six := say(t, s, "C", "B", "6")
	wantWaiting(t, s, "B", "A>B:4:4 C>B:2:6")
	s.Written(six)
	wantWaiting(t, s, "B", "A>B:4:4")
	if got, _ := history(t, s, "B,C", chat.Query{Limit: 10}); got != "C>B:1:5 C>B:2:6" {
		t.Errorf("the history is %q", got)
	}
}

// Each connection writes in order, but several may be at different places.
func testWrittenOrder(t *testing.T, s chat.Store) {
	var said []*chat.Message
	for _, text := range []string{"1", "2", "3"} {
		said = append(said, say(t, s, "A", "B", text))
	}
	s.Written(said[1])
	s.Written(said[0]) // by a slower connection
	wantWaiting(t, s, "B", "A>B:3:3")
	s.Written(said[2])
	s.Written(said[1])
	wantWaiting(t, s, "B", "")
	s.Written(&chat.Message{Conversation: "X,Y", From: "X", To: "Y", Seq: 1}) // of nobody known
	say(t, s, "A", "B", "4")
	wantWaiting(t, s, "B", "A>B:4:4")
}

// What waits too long is dropped from what waits, not from the history.
func testExpire(t *testing.T, s chat.Store) {
	early := time.Now()
	one := say(t, s, "A", "B", "1")
	say(t, s, "B", "A", "2")
	s.Expire(early)
	wantWaiting(t, s, "B", "A>B:1:1")
	s.Expire(time.Now().Add(time.Hour))
	wantWaiting(t, s, "B", "")
	wantWaiting(t, s, "A", "")
	if got, _ := history(t, s, "A,B", chat.Query{Limit: 10}); got != "A>B:1:1 B>A:2:2" {
		t.Errorf("the history is %q", got)
	}
	s.Written(one) // was still on its way
	say(t, s, "A", "B", "3")
	wantWaiting(t, s, "B", "A>B:3:3")
}
