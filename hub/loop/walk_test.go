package loop

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"wschat/frame"
)

// crowd is a loop with one list of many members.
type crowd struct {
	*server
	list    *List
	clients []*client
	conns   []*Conn
}

func newCrowd(t *testing.T, d driver, members int) *crowd {
	s := d.serve(t, Config{Loops: 1})
	c := &crowd{server: s, list: s.NewList()}
	for range members {
		r := newRecord()
		c.clients = append(c.clients, s.dial(r))
		conn := r.conn(t)
		c.conns = append(c.conns, conn)
		c.list.Join(conn)
	}
	return c
}

// many is more members than two turns of a loop reach.
func many(d driver) int {
	if d.tls { // the handshakes take long
		return 2*slice + 2
	}
	return 5 * slice
}

// Whatever joins a walk and when, everyone gets what is published while he is in
// the list, and what is sent to him, in the order in which it was posted.
func TestOrderOfAllThatJoinsAWalk(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		c := newCrowd(t, d, many(d))
		n := len(c.conns)
		want, got := make([][]string, n), make([][]string, n)
		in, inShort := make([]bool, n), make([]bool, n)
		for i := range in {
			if in[i] = i%3 > 0; !in[i] {
				c.list.Leave(c.conns[i])
			}
		}
		short := c.NewList()
		var readers sync.WaitGroup
		for i, client := range c.clients {
			readers.Go(func() {
				for {
					m, err := client.Next()
					if err != nil || string(m.Payload) == "end" {
						return
					}
					got[i] = append(got[i], string(m.Payload))
				}
			})
		}
		for k := range 600 {
			i := rand.IntN(n)
			message := fmt.Sprint(k)
			switch rand.IntN(26) {
			case 22, 23:
				i %= 2 * shortList // now and then there are too many
				if inShort[i] = !inShort[i]; inShort[i] {
					short.Join(c.conns[i])
				} else {
					short.Leave(c.conns[i])
				}
			case 24, 25:
				short.Publish(text(message))
				for i := range inShort {
					if inShort[i] {
						want[i] = append(want[i], message)
					}
				}
			case 0, 20, 21:
				c.list.Join(c.conns[i])
				in[i] = true
			case 1:
				c.list.Leave(c.conns[i])
				in[i] = false
			case 2, 3, 4, 5, 6, 7, 8:
				c.list.PublishFrom(c.conns[i%16], text(message))
				for i := range in {
					if in[i] {
						want[i] = append(want[i], message)
					}
				}
				i %= 16
				fallthrough // as an ack
			case 9:
				c.conns[i].Send(text(message + "!"))
				want[i] = append(want[i], message+"!")
			default:
				c.loops[0].do(func() {}) // the walk goes on by a slice or so
			}
		}
		for _, conn := range c.conns {
			conn.Send(text("end"))
		}
		readers.Wait()
		for i := range n {
			if !slices.Equal(got[i], want[i]) {
				k := 0
				for k < min(len(got[i]), len(want[i])) && got[i][k] == want[i][k] {
					k++
				}
				t.Fatalf("member %d got %.10q after %d messages, want %.10q", i, got[i][k:], k, want[i][k:])
			}
		}
		c.loops[0].do(func() {
			l := c.loops[0]
			if w := &l.walk; w.bytes != 0 || len(w.leaders) != 0 || w.shard != nil {
				t.Errorf("left of the walk: %+v", w)
			}
			if left := l.mail.backlog.Load(); left > 200 { // this call itself
				t.Errorf("%d bytes are still counted as waiting", left)
			}
		})
	})
}

// during is an Item that calls something when it is on its way to one Handler.
type during struct {
	text
	to   Handler
	call func()
}

func (x during) AppendFrame(dst []byte, to Handler) []byte {
	if to == x.to {
		x.call()
	}
	return x.text.AppendFrame(dst, to)
}

// An author gets what he says, and his ack, ahead of a large list, but only while
// few items are under way: he must not outrun the others.
func TestAuthorIsAhead(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		c := newCrowd(t, d, many(d))
		author := len(c.conns) - 1 // the last in turn
		inSecondTurn := c.conns[slice+slice/2]
		l := c.loops[0]
		reached, goOn := make(chan struct{}), make(chan struct{})
		release := l.hold()
		c.list.PublishFrom(c.conns[author], during{"0", inSecondTurn.handler, func() {
			if l := l.walk.leaders; len(l) != 1 || l[0].at != author || l[0].next != fewUnderWay {
				t.Errorf("ahead of the others: %+v", l)
			}
			close(reached)
			<-goOn
		}})
		c.conns[author].Send(text("ack of 0"))
		for i := 1; i < 2*fewUnderWay; i++ {
			c.list.PublishFrom(c.conns[author], text(fmt.Sprint(i)))
		}
		release()
		<-reached
		c.clients[author].wantText("0")
		c.clients[author].wantText("ack of 0")
		for i := 1; i < fewUnderWay; i++ {
			c.clients[author].wantText(fmt.Sprint(i))
		}
		close(goOn)
		for i := fewUnderWay; i < 2*fewUnderWay; i++ {
			c.clients[author].wantText(fmt.Sprint(i))
		}
		for i := range 2 * fewUnderWay {
			c.clients[0].wantText(fmt.Sprint(i))
		}
	})
}

// What is published to a few does not wait for those who are many: neither the group nor
// its answers, joins and leaves.
func TestShortListsDoNotWaitForAWalk(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		c := newCrowd(t, d, many(d))
		few := c.NewList()
		ann, bob, carl := len(c.conns)-1, len(c.conns)-2, len(c.conns)-3 // the last in turn
		few.Join(c.conns[ann])
		few.Join(c.conns[carl])
		reached, goOn := make(chan struct{}), make(chan struct{})
		release := c.loops[0].hold()
		c.list.Publish(during{"to all", c.conns[slice+slice/2].handler, func() { // in the second turn
			close(reached)
			<-goOn
		}})
		c.list.Leave(c.conns[carl])
		few.PublishFrom(c.conns[ann], text("to few"))
		c.conns[ann].Send(text("ack"))
		few.Leave(c.conns[carl])
		few.Join(c.conns[bob])
		few.Publish(text("to a pair"))
		c.list.Publish(text("later"))
		release()
		<-reached
		for member, want := range map[int][]string{
			ann: {"to all", "to few", "ack", "to a pair"}, bob: {"to all", "to a pair"}, carl: {"to all", "to few"},
		} {
			for _, text := range want {
				c.clients[member].wantText(text)
			}
		}
		close(goOn)
		c.conns[carl].Send(text("the end"))
		c.clients[carl].wantText("the end")
		for member, client := range c.clients {
			if member < carl {
				client.wantText("to all")
			}
			if member != carl {
				client.wantText("later")
			}
		}
	})
}

// What is published while a walk is under way does not wait for its end.
func TestPublishJoinsAWalk(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		c := newCrowd(t, d, many(d))
		last := len(c.conns) - 1
		again := during{"second", c.conns[last].handler, func() {
			if w := &c.loops[0].walk; len(w.items) != 2 {
				t.Errorf("%d items are under way, want both in one write", len(w.items))
			}
		}}
		c.list.Publish(during{"first", c.conns[0].handler, func() { c.list.Publish(again) }})
		for _, client := range c.clients {
			client.wantText("first")
			client.wantText("second")
		}
	})
}

// A walk takes in no more than its bounds allow.
func TestWalkIsBounded(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		c := newCrowd(t, d, slice+1)
		const items, size = maxUnderWay + 16, maxUnderWayBytes/maxUnderWay + 4096
		longest := 0
		note := func() {
			w := &c.loops[0].walk
			longest = max(longest, len(w.items))
			if w.bytes > maxUnderWayBytes+2*size {
				t.Errorf("%d bytes are under way", w.bytes)
			}
		}
		release := c.loops[0].hold()
		for range items {
			c.list.Publish(during{text(make([]byte, size)), c.conns[0].handler, note})
		}
		for range items {
			c.list.Publish(during{"short", c.conns[0].handler, note})
		}
		release()
		var readers sync.WaitGroup
		for _, client := range c.clients {
			readers.Go(func() {
				for range 2 * items {
					if m, err := client.Next(); err != nil || m.Opcode != frame.Text {
						t.Errorf("got %v, %v", m.Opcode, err)
						return
					}
				}
			})
		}
		readers.Wait()
		c.loops[0].do(func() {
			if longest != maxUnderWay {
				t.Errorf("%d items were under way at most, want %d", longest, maxUnderWay)
			}
		})
	})
}

// What is sent to members, acks above all, does not keep what is published behind it
// from joining.
func TestAcksDoNotHoldUpAWalk(t *testing.T) {
	forEachDriver(t, func(t *testing.T, d driver) {
		c := newCrowd(t, d, many(d))
		const authors = 20
		release := c.loops[0].hold()
		c.list.Publish(during{"first", c.conns[authors].handler, func() {
			published := 0
			for _, u := range c.loops[0].walk.items {
				if u.only == nil {
					published++
				}
			}
			if published != 1+authors {
				t.Errorf("%d items for all are under way, want %d", published, 1+authors)
			}
		}})
		for i := range authors {
			c.list.PublishFrom(c.conns[i], text(fmt.Sprint(i)))
			c.conns[i].Send(text("ack"))
		}
		release()
		for member, client := range c.clients {
			client.wantText("first")
			for i := range authors {
				client.wantText(fmt.Sprint(i))
				if i == member {
					client.wantText("ack")
				}
			}
		}
	})
}
