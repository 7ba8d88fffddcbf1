package hub

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"wschat/hub/chat"
	"wschat/hub/loop"
	"wschat/hub/store"
	"wschat/hub/wire"
)

// PROTOCOL 6: deliveries to very many are paid for before the next message, so that a burst
// is one second's worth of work, too.
func TestBurstOfDeliveries(t *testing.T) {
	const members, sent = 3000, 30
	const atOnce = 5 // one takes 12 ms, as much as 24 messages
	synctest.Test(t, func(t *testing.T) {
		s := start(t, loop.Config{Loops: 1, Goroutines: true, Rate: 100}, setup{Presence: chat.ToNone, Store: store.New(0)})
		s.engine.Enter("B", false, false)
		s.engine.SetMember("B", "groupB", true, func() {}, func(error) {})
		for range members {
			go io.Copy(io.Discard, s.piped("B").conn)
		}
		for _, row := range []struct{ from, to, conversation string }{
			{"A1", "all", "all"}, {"A2", "groupB", "groupB"}, {"A3", "B", chat.PairOf("A3", "B")},
		} {
			near, far := net.Pipe()
			s.arrive(Access{User: row.from}, loop.Arrival{Conn: far, Metered: true}, near)
			go io.Copy(io.Discard, near)
			var said earlyFrames
			for range sent {
				said.text(row.to + ",x")
			}
			near.Write(said)
			handled := func() int {
				synctest.Wait()
				m, _, err := s.store.History(row.conversation, chat.Query{Limit: 2 * sent})
				if err != nil {
					t.Fatal(err)
				}
				return len(m)
			}
			if n := handled(); n < 1 || n > atOnce {
				t.Errorf("%d messages to %s were handled at once, want %d", n, row.to, atOnce)
			}
			time.Sleep(30 * time.Second)
			if n := handled(); n != sent {
				t.Errorf("%d messages to %s were handled, want %d", n, row.to, sent)
			}
		}
	})
}

// PROTOCOL 5.2: a mark is told to all other connections of its user, who pays for that.
func TestBurstOfMarks(t *testing.T) {
	const connections, sent = 3000, 30
	const atOnce = 5 // telling 3,000 connections takes 12 ms, as much as 24 messages
	synctest.Test(t, func(t *testing.T) {
		s := start(t, loop.Config{Loops: 1, Goroutines: true, Rate: 100}, setup{Presence: chat.ToNone})
		a := Access{User: "A", Protocol: wire.JSONProtocol}
		for range connections {
			near, far := net.Pipe()
			go io.Copy(io.Discard, s.enterAs(a, near, far).conn)
		}
		near, far := net.Pipe()
		s.arrive(a, loop.Arrival{Conn: far, Metered: true}, near)
		go io.Copy(io.Discard, near)
		var said earlyFrames
		for i := range sent {
			said.text(fmt.Sprintf(`{"op":"mark","of":"B%d","pin":true}`, i))
		}
		near.Write(said)
		handled := func() int {
			synctest.Wait()
			w, err := s.engine.Welcome("A", nil, func(string) bool { return true })
			if err != nil {
				t.Fatal(err)
			}
			return len(w.Marks)
		}
		if n := handled(); n < 1 || n > atOnce {
			t.Errorf("%d marks were set at once, want %d", n, atOnce)
		}
		time.Sleep(30 * time.Second)
		if n := handled(); n != sent {
			t.Errorf("%d marks were set, want %d", n, sent)
		}
	})
}

// PROTOCOL 5.2: "who with away" looks at all members of a group, and its client pays for them,
// however few are named.
func TestBurstOfWhoIsAway(t *testing.T) {
	const members, sent = 20_000, 60
	const atOnce = 15 // to look at 20,000 members takes 4 ms, as much as 8 messages
	synctest.Test(t, func(t *testing.T) {
		s := start(t, loop.Config{Loops: 1, Goroutines: true, Rate: 100}, setup{Presence: chat.ToNone, Store: store.New(0)})
		for i := range members {
			user := fmt.Sprint("U", i)
			s.engine.Enter(user, false, false)
			s.engine.SetMember(user, "groupA", true, func() {}, func(error) {})
			s.engine.Exit(user, "")
		}
		near, far := net.Pipe()
		s.arrive(Access{User: "A", Protocol: wire.JSONProtocol}, loop.Arrival{Conn: far, Metered: true}, near)
		var answers counter
		go io.Copy(&answers, near)
		var said earlyFrames
		for range sent {
			said.text(`{"op":"who","group":"groupA","away":true}`)
		}
		near.Write(said)
		synctest.Wait()
		if n := answers.Load(); n < 1 || n > atOnce {
			t.Errorf("%d questions were answered at once, want %d", n, atOnce)
		}
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if n := answers.Load(); n != sent {
			t.Errorf("%d questions were answered, want %d", n, sent)
		}
	})
}

// counter counts the answers to who in what is written to it.
type counter struct{ atomic.Int64 }

func (c *counter) Write(data []byte) (int, error) {
	c.Add(int64(bytes.Count(data, []byte(`"event":"members"`))))
	return len(data), nil
}
