package hub

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wschat/hub/chat"
	"wschat/hub/loop"
)

// PROTOCOL 6: a send whose id the same user has used is answered with the first
// ack again, and not delivered twice.
func TestRepeatedSend(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		s.away("C")
		all := s.programs("A", "A", "B")
		one, two, b := all[0], all[1], all[2]
		send := func(id, to, text string) string {
			return fmt.Sprintf(`{"op":"send","id":%q,"to":%q,"text":%q}`, id, to, text)
		}
		one.say(send("1", "B", "x"))
		one.wantsBoth(messageText(1, "A", "B", "x"), ackOf("1", 1))
		two.wants(messageText(1, "A", "B", "x"))
		b.wants(messageText(1, "A", "B", "x"))
		for _, p := range all[:2] { // from whichever connection, whatever else it says
			p.say(send("1", "B", "x"), send("1", "B", "other"), send("1", "all", "x"), send("1", "groupX", "x"))
			p.wants(ackOf("1", 1), ackOf("1", 1), ackOf("1", 1), ackOf("1", 1))
		}
		calm(all...)

		// With the same offline, also when its user is back.
		away := `{"event":"ack","id":"2","seq":1,"offline":true}`
		one.say(send("2", "C", "x"))
		one.wantsBoth(messageText(1, "A", "C", "x"), away)
		two.wants(messageText(1, "A", "C", "x"))
		c := s.client("C")
		c.want("用户(A=>C):x")
		two.say(send("2", "C", "x"))
		two.wants(away)
		quiet(c)

		// An id is each user's own.
		b.say(send("1", "all", "mine"))
		b.wantsBoth(messageText(1, "B", "all", "mine"), ackOf("1", 1))
		one.wants(messageText(1, "B", "all", "mine"))
		two.wants(messageText(1, "B", "all", "mine"))
		c.want("用户(B=>C):mine")

		// Errors do not use it up, nor do other requests.
		one.say(send("3", "Nobody", "x"))
		one.wants(errorOf("3", "not_online"))
		one.say(send("3", "", "x"), send("3", "B", ""),
			`{"op":"who","id":"3"}`, `{"op":"history","id":"3","of":"Nobody"}`, `{"op":"leave","id":"3","group":"groupX"}`, `{"op":"join","id":"3","group":"groupX"}`)
		one.wants(errorOf("3", "bad_target"), errorOf("3", "bad_request"),
			`{"event":"members","id":"3","users":["A","B","C"],"count":3}`, `{"event":"history","id":"3","of":"Nobody","messages":[],"more":false}`,
			errorOf("3", "not_member"))
		one.wantsBoth(`{"event":"ack","id":"3"}`, `{"event":"joined","group":"groupX","user":"A"}`)
		one.say(send("3", "groupX", "x"))
		one.wantsBoth(messageText(1, "A", "groupX", "x"), ackOf("3", 1))
		two.wants(`{"event":"joined","group":"groupX","user":"A"}`, messageText(1, "A", "groupX", "x"))
		one.say(`{"op":"join","id":"3","group":"groupX"}`) // nor does a used one count for others
		one.wants(`{"event":"ack","id":"3"}`)

		// To repeat a send is not to join again.
		one.say(`{"op":"leave","group":"groupX"}`, send("3", "groupX", "x"))
		one.wants(`{"event":"left","group":"groupX","user":"A"}`, ackOf("3", 1))
		two.wants(`{"event":"left","group":"groupX","user":"A"}`)

		// The empty id is none.
		for seq := 2; seq <= 3; seq++ {
			one.say(send("", "all", "x"))
			for _, p := range all {
				p.wants(messageText(seq, "A", "all", "x"))
			}
			c.want("用户(A=>C):x")
		}
		calm(all...)
		quiet(c)
	})
}

// PROTOCOL 6: remembered for 10 minutes.
func TestRepeatedTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAcks(DefaultIDs)
		told := 0
		count := func(got ack, err error) {
			if err != nil || got.seq != 1 || !got.away {
				t.Errorf("told %v, %v", got, err)
			}
			told++
		}
		if !a.begin("A", "7", count) {
			t.Fatal("the first is a repeated one")
		}
		time.Sleep(time.Hour) // under way for so long
		if a.begin("A", "7", count) {
			t.Fatal("forgotten while it was under way")
		}
		a.done("A", "7", ack{1, true})
		if told != 2 {
			t.Fatalf("%d were told", told)
		}
		time.Sleep(10 * time.Minute)
		if a.begin("A", "7", count) || told != 3 {
			t.Fatal("forgotten within 10 minutes")
		}
		time.Sleep(time.Second)
		if !a.begin("A", "7", func(ack, error) {}) {
			t.Fatal("remembered for longer than 10 minutes")
		}
		a.failed("A", "7", chat.ErrUnavailable)
		if len(a.underWay) != 0 || len(a.answered) != 0 || a.queue.Len() != 0 {
			t.Errorf("left: %v, %v, %v", a.underWay, a.answered, a.queue.Len())
		}
	})
}

// How many are remembered is bounded: whoever has most loses his oldest, and nobody
// else loses any. Those under way are not forgotten.
func TestAcksAreBounded(t *testing.T) {
	a := newAcks(10)
	none := func(ack, error) {}
	a.begin("A", "under way", none)
	for i := range 3 {
		a.begin("B", fmt.Sprint(i), none)
		a.done("B", fmt.Sprint(i), ack{seq: uint64(i)})
	}
	for i := range 100 {
		id := fmt.Sprint(i)
		if !a.begin("A", id, none) {
			t.Fatalf("%s is a repeated one", id)
		}
		a.done("A", id, ack{seq: uint64(i)})
		if len(a.answered) > 10 || a.queue.Len() != len(a.answered) {
			t.Fatalf("%d are remembered, %d in order", len(a.answered), a.queue.Len())
		}
	}
	seq := uint64(0)
	for i := range 3 {
		if a.begin("B", fmt.Sprint(i), func(got ack, _ error) { seq = got.seq }) || seq != uint64(i) {
			t.Errorf("%d of B is forgotten: %d", i, seq)
		}
	}
	for i := 93; i < 100; i++ {
		if a.begin("A", fmt.Sprint(i), func(got ack, _ error) { seq = got.seq }) || seq != uint64(i) {
			t.Errorf("%d is forgotten: %d", i, seq)
		}
	}
	if a.begin("A", "under way", none) {
		t.Error("one that is under way is forgotten")
	}
	if !a.begin("A", "92", none) {
		t.Error("more are remembered than there is room for")
	}
}

// Very many may be due when somebody speaks after a silence: some are forgotten at a time,
// and none of them is remembered.
func TestAcksExpireSomeAtATime(t *testing.T) {
	const many = 100 * maxExpired
	synctest.Test(t, func(t *testing.T) {
		a := newAcks(DefaultIDs)
		none := func(ack, error) {}
		for i := range many {
			a.done("A", fmt.Sprint(i), ack{seq: 1})
		}
		time.Sleep(ackTTL + 1)
		for last := many - 1; len(a.answered) > 0; last-- {
			before, id := a.queue.Len(), fmt.Sprint(last)
			if !a.begin("A", id, none) {
				t.Fatalf("%s is remembered for too long", id)
			}
			if n := before - a.queue.Len(); n > maxExpired {
				t.Fatalf("%d are forgotten for one send", n)
			}
			a.failed("A", id, chat.ErrUnavailable)
		}
		a.done("A", "again", ack{seq: 1})
		time.Sleep(ackTTL + 1)
		a.done("A", "again", ack{seq: 2})
		var got ack
		if a.begin("A", "again", func(with ack, _ error) { got = with }) || got.seq != 2 || a.queue.Len() != 1 {
			t.Errorf("answered with %v, %d are remembered", got, a.queue.Len())
		}
	})
}

func TestAcksRestore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAcks(DefaultIDs)
		now := time.Now()
		a.restore("A", "old", ack{seq: 1}, now.Add(-9*time.Minute))
		a.restore("A", "new", ack{seq: 2}, now)
		a.restore("A", "new", ack{seq: 3}, now) // the first counts
		time.Sleep(2 * time.Minute)
		var got ack
		if a.begin("A", "new", func(a ack, _ error) { got = a }) || got.seq != 2 {
			t.Errorf("answered with %v", got)
		}
		if !a.begin("A", "old", func(ack, error) {}) {
			t.Error("remembered for too long")
		}
	})
}

// Whoever repeats what at the same time, each send is done once, and everyone is
// told once.
func TestAcksConcurrent(t *testing.T) {
	const ids, each = 50, 20
	a := newAcks(ids)
	var mu sync.Mutex
	done, told := make(map[string]int), make(map[string]int)
	var busy sync.WaitGroup
	for range each {
		busy.Go(func() {
			for i := range ids {
				id := fmt.Sprint(i)
				tell := func(got ack, err error) {
					mu.Lock()
					defer mu.Unlock()
					if err != nil && !errors.Is(err, chat.ErrUnavailable) || err == nil && got.seq != uint64(i) {
						t.Errorf("%s is answered with %v, %v", id, got, err)
					}
					told[id]++
				}
				if a.begin("A", id, tell) {
					mu.Lock()
					done[id]++
					first := done[id] == 1
					mu.Unlock()
					if i%2 == 0 && first {
						a.failed("A", id, chat.ErrUnavailable)
					} else {
						a.done("A", id, ack{seq: uint64(i)})
					}
				}
			}
		})
	}
	busy.Wait()
	for i := range ids {
		id := fmt.Sprint(i)
		if want := 1 + (i+1)%2; done[id] > want || done[id] < 1 || told[id] != each {
			t.Errorf("%s was done %d times, want %d; %d of %d were told", id, done[id], want, told[id], each)
		}
	}
}
