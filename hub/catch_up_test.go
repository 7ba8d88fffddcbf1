package hub

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/store"
)

// Messages that arrive while those from before are still being read come behind
// them, in the order of their conversations, and none comes twice. Held back are
// also those that arrive while the first that were held back are being read.
func TestLiveMessagesDuringCatchUp(t *testing.T) {
	const count = 16
	drivers(t, func(t *testing.T, driver loop.Config) {
		// The bound is for what is held back at one time.
		s := start(t, driver, setup{Presence: chat.ToNone, Queue: 3 << 20})
		s.away("B")
		senders := []*client{s.client("A"), s.client("C")}
		want := backlog(senders, 0, count)
		for _, c := range senders {
			for range count {
				c.want(offline("B"))
			}
		}
		b := s.small("B")
		for round := range 2 {
			first := b.next() // a part is under way, and B does not read on
			for from, texts := range backlog(senders, (round+1)*count, count) {
				want[from] = append(want[from], texts...)
			}
			quiet(senders...)
			if !isHolding(b) {
				t.Fatal("the sockets have taken everything: this tests nothing")
			}
			b.pending = append(b.pending, first)
			for range 2 * count {
				b.wantNextOf(want)
			}
		}
		for range 2 * count {
			b.wantNextOf(want)
		}
		senders[0].say("B,afterwards")
		b.want("用户(A=>B):afterwards")
		quiet(append(senders, b)...)
		if isHolding(b) {
			t.Error("the catch-up has not ended")
		}
		b.conn.Close()
		s.gone("B")
		quiet(s.client("B"))
	})
}

// wantNextOf reads a message that must be the next one from its sender.
func (c *client) wantNextOf(want map[string][]string) {
	c.t.Helper()
	m := c.next()
	from, _, _ := strings.Cut(strings.TrimPrefix(string(m.Payload), "用户("), "=>")
	if len(want[from]) == 0 || string(m.Payload) != want[from][0] {
		c.t.Fatalf("%s got %.50q, want %.50q", c.name, m.Payload, want[from])
	}
	want[from] = want[from][1:]
}

// lateStore does something just before it is asked what waits, and may fail to say.
type lateStore struct {
	*store.Memory
	beforeWaiting atomic.Pointer[func()]
	fails         atomic.Bool
}

func (s *lateStore) Waiting(user string, since time.Time) ([]*chat.Message, error) {
	if do := s.beforeWaiting.Load(); do != nil {
		(*do)()
	}
	if s.fails.Load() {
		return nil, chat.ErrUnavailable
	}
	return s.Memory.Waiting(user, since)
}

// A message that arrives between the login and the look at what waits is both
// live and waiting. It is sent once.
func TestMessageDuringLogin(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		store := &lateStore{Memory: store.New(0)}
		s := start(t, driver, setup{Presence: chat.ToNone, Store: store})
		s.away("B")
		a := s.client("A")
		a.say("B,1")
		a.want(offline("B"))
		meanwhile := func() { s.send(a, "B", "2") }
		store.beforeWaiting.Store(&meanwhile)
		b := s.client("B")
		b.want("用户(A=>B):1", "用户(A=>B):2")
		a.say("B,3")
		b.want("用户(A=>B):3")
		quiet(a, b)
	})
}

// An edit that arrives between the login and the look at what waits is in what is sent, and is not
// sent again.
func TestEditDuringLogin(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		store := &lateStore{Memory: store.New(0)}
		s := start(t, driver, setup{Presence: chat.ToNone, Store: store})
		s.away("B")
		a := s.client("A")
		for _, text := range []string{"1", "2"} {
			a.say("B," + text)
			a.want(offline("B"))
		}
		meanwhile := func() {
			store.beforeWaiting.Store(nil)
			edited := make(chan error, 1)
			m := &chat.Message{Conversation: "A,B", From: "A", To: "B", Kind: chat.Edit, About: 1, Body: []byte("edited")}
			s.Hub.engine.Publish(m, nil, func(_ bool, err error) { edited <- err })
			if err := <-edited; err != nil {
				t.Error(err)
			}
		}
		store.beforeWaiting.Store(&meanwhile)
		b := s.client("B")
		b.want("用户(A=>B):edited", "用户(A=>B):2")
		a.say("B,3")
		b.want("用户(A=>B):3")
		quiet(a, b)
		b.conn.Close()
		s.gone("B")
		quiet(s.client("B"))
	})
}

// Two connections of a user that log in both get what comes live, behind what
// waited.
func TestCatchUpOfTwoConnections(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		s.away("B")
		a := s.client("A")
		want := backlog([]*client{a}, 0, 17)["A"]
		a.sync()
		a.pending = nil // 17 times: not online
		one := s.small("B")
		one.want(want[0])
		two := s.small("B")
		m := two.next() // it had logged in before the rest was written to the first
		a.say("B,live")
		quiet(a)
		live := "用户(A=>B):live"
		one.want(want[1:]...)
		one.want(live)
		i := slices.Index(want, string(m.Payload))
		two.want(want[i+1:]...)
		two.want(live)
		quiet(a, one, two)
		quiet(s.client("B"))
	})
}

// Who does not read what waits, while ever more arrives, is too slow a reader.
// It loses nothing by it: the next login goes on where it ended.
func TestTooSlowToCatchUp(t *testing.T) {
	const queue = 1 << 20
	drivers(t, func(t *testing.T, driver loop.Config) {
		driver.Queue = queue
		s := start(t, driver, setup{Queue: queue})
		s.away("B")
		a := s.client("A")
		want := backlog([]*client{a}, 0, 17)["A"]
		a.sync()
		a.pending = nil // 17 times: not online
		b := s.small("B")
		a.want("用户(B)登录了")
		b.want(want[0])
		for i := 0; ; i++ {
			a.say(fmt.Sprintf("B,live %d %s", i, strings.Repeat("x", 64<<10)))
			want = append(want, fmt.Sprintf("用户(A=>B):live %d %s", i, strings.Repeat("x", 64<<10)))
			if a.sync(); len(a.pending) > 0 {
				break // B's exit is told, as soon as it is too slow
			}
			if i > 2*queue>>16 {
				t.Fatal("B is never too slow")
			}
		}
		got := 1
		for {
			m := b.next()
			if m.Opcode == frame.Close {
				b.pending = append(b.pending, m)
				break
			}
			if string(m.Payload) != want[got] {
				t.Fatalf("B got %.50q, want %.50q", m.Payload, want[got])
			}
			got++
		}
		b.wantClose(frame.TooSlow)
		// A is told of the exit, and of messages that were sent after it: that may
		// come first, as conversations have no order among them.
		for told := false; !told; {
			text := string(a.next().Payload)
			if told = text == "用户(B)退出了"; !told && text != offline("B") {
				t.Fatalf("A got %.50q", text)
			}
		}
		for a.sync(); len(a.pending) > 0; {
			a.want(offline("B"))
		}
		b.conn.Close()
		b = s.client("B")
		b.want(want[got:]...)
		a.want("用户(B)登录了")
		quiet(a, b)
	})
}

// Between the decision that a session is too slow and its end it gets nothing
// more, since it would see a hole.
func TestTooSlowGetsNothingMore(t *testing.T) {
	c := &session{hub: new(Hub), start: &startup{held: &heldBack{tooSlow: true}}}
	c.holdBack(new(chat.Message))
	if held := c.release(); held != nil || c.start == nil {
		t.Errorf("gets %v, held back %v", held, c.start)
	}
}

// When the numbers begin anew, who is still reading what waited logs in again: what was sent
// under the old ones says nothing about the new ones.
func TestRenumberDuringCatchUp(t *testing.T) {
	drivers(t, func(t *testing.T, driver loop.Config) {
		s := start(t, driver, silent)
		s.away("B")
		a := s.client("A")
		backlog([]*client{a}, 0, 17)
		a.sync()
		b := s.small("B")
		b.next()
		up := s.client("C")
		if err := (node{s.Hub}).Renumber(); err != nil {
			t.Fatal(err)
		}
		m := b.next()
		for m.Opcode != frame.Close {
			m = b.next()
		}
		if code, _, _ := frame.ParseClose(m.Payload); code != frame.InternalError {
			t.Errorf("closed with %v, want 1011", code)
		}
		up.say("C,here")
		up.want("用户(C=>C):here")
	})
}

// PROTOCOL 5.1: what is deleted while a line client is still being sent what waited is not sent
// any more, whether it waited or has come since.
func TestDeletedDuringCatchUp(t *testing.T) {
	message := func(kind chat.Kind, seq, about uint64) *chat.Message {
		return &chat.Message{Conversation: "A,B", From: "A", To: "B", Kind: kind, Seq: seq, About: about, Body: []byte("x")}
	}
	loops, err := loop.Start(loop.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer loops.Close()
	s := &session{hub: &Hub{config: Config{Loops: loops}, sessions: make(map[string]*session)}, name: "B", open: true, start: new(startup)}
	s.hub.sessions["B"] = s
	c := &catchUp{session: s, page: []*chat.Message{message(chat.Plain, 1, 0), message(chat.Plain, 2, 0), message(chat.Edit, 3, 2), message(chat.Plain, 4, 0)}}
	deliver := func(m *chat.Message) { node{s.hub}.Deliver(m, nil) }
	deliver(message(chat.Plain, 5, 0))
	deliver(message(chat.Plain, 6, 0))
	deliver(message(chat.Deletion, 7, 2))
	deliver(message(chat.Deletion, 8, 5))
	var got []uint64
	for c.page != nil {
		for item := c.take(); item != nil; item = c.take() {
			got = append(got, item.(*privateLine).Seq)
		}
		c.page = c.release()
	}
	if fmt.Sprint(got) != "[1 4 6]" || s.start != nil {
		t.Errorf("sent are %v; %+v", got, s.start)
	}
}
