package loop

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"wschat/frame"
)

// isListed reports whether c is in any list.
func (c *Conn) isListed() bool { return c.places != [2]place{} || c.more != nil }

// Joins, leaves and publishes of one goroutine are carried out in their order.
func TestListOrder(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 2})
		a, b := newRecord(), newRecord() // on different loops
		ca, cb := s.dial(a), s.dial(b)
		connA, connB := a.conn(t), b.conn(t)
		all, other := s.NewList(), s.NewList()

		all.Publish(text("nobody is in it"))
		all.Join(connA)
		all.Publish(text("A alone"))
		all.Join(connB)
		all.Join(connB)
		other.Join(connB)
		all.Publish(text("both"))
		other.Publish(text("B in the other list"))
		all.Leave(connA)
		all.Leave(connA)
		other.Leave(connA)
		all.Publish(text("B alone"))
		all.Join(connA)
		all.Leave(connB)
		all.Publish(text("A again"))
		other.Publish(text("B is still here"))
		connA.Send(text("end"))
		connB.Send(text("end"))

		for _, want := range []string{"A alone", "both", "A again", "end"} {
			ca.wantText(want)
		}
		for _, want := range []string{"both", "B in the other list", "B alone", "B is still here", "end"} {
			cb.wantText(want)
		}
	})
}

// Loops.Add gives each loop its share.
func TestConnectionsAreSharedOut(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 3})
		s.next.Store(1<<32 - 5) // and goes on when the number wraps
		on := make(map[*Loop]int)
		for range 9 {
			r := newRecord()
			s.dial(r)
			on[r.conn(t).loop]++
		}
		if len(on) != 3 || on[s.loops[0]] < 2 || on[s.loops[1]] < 2 || on[s.loops[2]] < 2 {
			t.Errorf("connections by loop: %v", on)
		}
	})
}

// onlyFor is an Item that is meant for one Handler.
type onlyFor struct {
	text
	to Handler
}

func (x onlyFor) AppendFrame(dst []byte, to Handler) []byte {
	if to != x.to {
		return dst
	}
	return x.text.AppendFrame(dst, to)
}

func TestItemThatIsNotForEverybody(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1})
		a, b := newRecord(), newRecord()
		ca, cb := s.dial(a), s.dial(b)
		list := s.NewList()
		list.Join(a.conn(t))
		connB := b.conn(t)
		list.Join(connB)
		list.Publish(onlyFor{"for A", a})
		onLoop(connB, func() {
			if connB.out != nil {
				t.Error("nothing for B, but it has an outbox")
			}
		})
		list.Publish(text("for both"))
		ca.wantText("for A")
		ca.wantText("for both")
		cb.wantText("for both")
	})
}

// Members that close while a walk over their list is under way, between two
// slices of it or by it.
func TestMembersCloseDuringAWalk(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		n := 3 * slice // a multiple of 3
		if d.tls {
			n = slice/2 + 1 // the handshakes take long
		}
		s := d.serve(t, Config{Loops: 1})
		list := s.NewList()
		clients := make([]*client, n)
		records := make([]*record, n)
		conns := make([]*Conn, n)
		for i := range n {
			records[i] = newRecord()
			clients[i] = s.dial(records[i])
			conns[i] = records[i].conn(t)
			list.Join(conns[i])
		}
		release := s.loops[0].hold()
		list.Publish(text("first"))
		for i := 0; i < n; i += 3 {
			conns[i].Close(frame.GoingAway, "")
			clients[i+1].reset()
		}
		list.Publish(text("second"))
		release()
		for i := range n {
			switch i % 3 {
			case 0:
				clients[i].wantText("first")
				clients[i].wantClose(frame.GoingAway, "")
			case 1:
				if code := records[i].code(t); code != frame.AbnormalClosure {
					t.Errorf("reset: told %v", code)
				}
			case 2:
				clients[i].wantText("first")
				clients[i].wantText("second")
			}
		}
		s.loops[0].do(func() {}) // the commands that leave the list are posted
		s.loops[0].do(func() {
			members := list.shards[0].members
			if len(members) != n/3 {
				t.Errorf("%d members left, want %d", len(members), n/3)
			}
			for at, c := range members {
				if c.state != open || c.places[1].isTaken() || c.more != nil || int(c.places[0].at) != at {
					t.Errorf("member %d: %+v", at, c)
				}
			}
		})
	})
}

// A list without members has no number, and others get those that are free.
func TestListNumbersAreUsedAgain(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1})
		all, l := s.NewList(), s.loops[0]
		r := newRecord()
		c := s.dial(r)
		conn := r.conn(t)
		all.Join(conn)
		for i := range 10 {
			list := s.NewList()
			list.Join(conn)
			list.Publish(text(fmt.Sprint(i)))
			c.wantText(fmt.Sprint(i))
			list.Leave(conn)
			list.Publish(text("nobody is here"))
		}
		all.Publish(text("all"))
		c.wantText("all")
		l.do(func() {
			if len(l.shards) != 2 || conn.places[1].isTaken() || conn.more != nil {
				t.Errorf("%d numbers, places %v", len(l.shards), conn.places)
			}
		})
	})
}

// SendExpress overtakes a walk over very many members, but nothing of its own
// kind; other sends, joins, leaves and closings do not.
func TestExpress(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		n := 5 * slice
		if d.tls {
			n = slice + slice/2 // the handshakes take long
		}
		s := d.serve(t, Config{Loops: 1})
		list := s.NewList()
		clients := make([]*client, n)
		conns := make([]*Conn, n)
		for i := range n {
			r := newRecord()
			clients[i] = s.dial(r)
			conns[i] = r.conn(t)
			list.Join(conns[i])
		}
		release := s.loops[0].hold()
		last, leaver := n-1, n-2 // at the end of the walk
		list.Publish(text("one"))
		conns[last].SendExpress(text("for you"))
		conns[last].Send(text("in turn"))
		list.Publish(text("two"))
		conns[last].SendExpress(text("for you, too"))
		list.Leave(conns[leaver])
		list.Publish(text("three"))
		conns[last].Close(frame.NormalClosure, "")
		release()
		for i, c := range clients {
			want := []string{"one", "two", "three"}
			switch i {
			case last:
				want = []string{"for you", "for you, too", "one", "in turn", "two", "three"}
			case leaver:
				want = want[:2]
			}
			for _, w := range want {
				c.wantText(w)
			}
		}
		clients[last].wantClose(frame.NormalClosure, "")
		s.loops[0].do(func() {
			if left := s.loops[0].mail.backlog.Load(); left > 200 { // this call itself
				t.Errorf("%d bytes are still counted as waiting", left)
			}
		})
	})
}

// Everyone who stays gets everything once and in one order, while a quarter
// leaves: some by the list, some by closing, some by vanishing.
func TestThreeThousandMembers(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		members := 3000
		if d.tls {
			members = 100
		}
		const publishers, each = 4, 4
		s := d.serve(t, Config{Loops: 2})
		list := s.NewList()
		var order bytes.Buffer // what is published, guarded by mu
		var mu sync.Mutex
		publish := func(message string) {
			mu.Lock()
			defer mu.Unlock()
			fmt.Fprintln(&order, message)
			list.Publish(text(message))
		}
		got := make([]bytes.Buffer, members)
		clients := make([]*client, members)
		conns := make([]*Conn, members)
		for i := range members {
			r := newRecord()
			clients[i] = s.dial(r)
			conns[i] = r.conn(t)
			list.Join(conns[i])
		}
		var readers, writers sync.WaitGroup
		for i, c := range clients {
			readers.Go(func() {
				for {
					m, err := c.Next()
					if err != nil || m.Opcode != frame.Text || string(m.Payload) == "end" {
						return
					}
					got[i].Write(append(m.Payload, '\n'))
				}
			})
		}
		for p := range publishers {
			writers.Go(func() {
				for i := range each {
					publish(fmt.Sprintf("publisher %d message %d", p, i))
				}
			})
		}
		for i := 0; i < members; i += 4 {
			switch i / 4 % 3 {
			case 0:
				list.Leave(conns[i])
				conns[i].Send(text("end"))
			case 1:
				conns[i].Close(frame.GoingAway, "")
			case 2:
				clients[i].reset()
			}
		}
		writers.Wait()
		list.Publish(text("end"))
		readers.Wait()
		want := order.Bytes()
		for i := range got {
			if i%4 == 0 && !bytes.HasPrefix(want, got[i].Bytes()) {
				t.Fatalf("member %d, who left, got %s", i, &got[i])
			}
			if i%4 != 0 && !bytes.Equal(want, got[i].Bytes()) {
				t.Fatalf("member %d got %s\nwant %s", i, &got[i], want)
			}
		}
	})
}

// Lists, connections and loops are used by many goroutines at once.
func TestConcurrentUse(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		const users = 16
		s := d.serve(t, Config{Loops: 2})
		lists := []*List{s.NewList(), s.NewList(), s.NewList()}
		var wg sync.WaitGroup
		for u := range users {
			r := newRecord()
			c := s.dial(r)
			conn := r.conn(t)
			wg.Go(func() {
				for i := range 50 {
					lists[(u+i)%3].Join(conn)
					lists[i%3].Publish(text("published"))
					conn.Send(text("sent"))
					lists[i%2].Leave(conn)
					s.Len()
				}
				conn.Close(frame.NormalClosure, "")
			})
			wg.Go(func() {
				sent := 0
				for {
					m, err := c.Next()
					if err != nil {
						t.Errorf("after %d: %v", sent, err)
						return
					}
					if string(m.Payload) == "sent" {
						sent++
					}
					if m.Opcode == frame.Close {
						break
					}
				}
				if sent != 50 {
					t.Errorf("got %d of 50", sent)
				}
				c.conn.Close()
			})
		}
		wg.Wait()
	})
}

// A connection may be in any number of lists, and leaves those that are left when it ends.
func TestManyLists(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		s := d.serve(t, Config{Loops: 1})
		r := newRecord()
		c := s.dial(r)
		conn := r.conn(t)
		lists := make([]*List, 6)
		for i := range lists {
			lists[i] = s.NewList()
			lists[i].Join(conn)
		}
		for _, i := range []int{0, 3} {
			lists[i].Leave(conn)
		}
		lists[3].Join(conn)
		for i, list := range lists {
			list.Publish(text(fmt.Sprint(i)))
		}
		for _, i := range []string{"1", "2", "3", "4", "5"} {
			c.wantText(i)
		}
		c.reset()
		r.code(t)
		eventually(t, "it has left all lists", func() (left bool) {
			s.loops[0].do(func() { left = !conn.isListed() && len(s.loops[0].unlisted) == len(s.loops[0].shards) })
			return left
		})
	})
}
