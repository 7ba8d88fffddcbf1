//go:build e2e

// Package crash ends the built binary while it works, and looks at what is left.
// CRASH_ROUNDS says how often; make crash does it a hundred times.
//
// What is left after a crash, at any moment, in the drain as well (PROTOCOL 5, 6):
//
//   - A message that was acknowledged or that anybody has read is there, with its
//     number and its text. A conversation has no hole, nothing twice, and nothing that
//     nobody sent.
//   - A message without an answer may be there or not. Sent again with its id, it is
//     there once.
//   - Who was told that a join, or a send to a group, is done is a member until a
//     leave is sent; a leave likewise. Without an answer either may be the case.
//   - A message to somebody who is away, once acknowledged, is written to a line
//     connection of that user, in order. It is written again only if a crash came
//     before the note of that was safe, which it is with any later message that is
//     acknowledged; after a SIGTERM that was waited for nothing is written again.
//   - Who has been here is known.
//   - The next start succeeds.
package crash

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/handshake"
)

func TestMain(m *testing.M) { os.Exit(target.Main(m)) }

const (
	talkers = 12
	joiners = 4
	boxes   = 3
	drain   = 300 * time.Millisecond
)

// end is a way in which a life of the server ends.
type end struct {
	name  string
	crash bool // it need not have come to its end
	do    func(s *target.Server)
}

var ends = []end{
	{"kill -9", true, func(s *target.Server) { s.Kill() }},
	{"SIGTERM", false, func(s *target.Server) { s.Stop() }},
	{"kill -9 in the drain", true, func(s *target.Server) {
		s.Terminate()
		time.Sleep(rand.N(drain)) // not for anything: the moment is random
		s.Kill()
	}},
	{"two SIGTERM", true, func(s *target.Server) {
		s.Terminate()
		time.Sleep(rand.N(drain / 2)) // likewise
		s.Terminate()
		select {
		case <-s.Ended:
		case <-time.After(target.Patience):
		}
		s.Kill()
	}},
}

// The server ends at random moments, in all these ways, while people send, join,
// leave, and read what has waited for them.
func TestKill(t *testing.T) {
	rounds := 5
	if n, err := strconv.Atoi(os.Getenv("CRASH_ROUNDS")); err == nil {
		rounds = n
	}
	flags := []string{"-data", t.TempDir(), "-history", "0", "-rate", "0", "-presence", "none", "-queue", "0",
		"-drain", drain.String()}
	k := newKnown(t)
	c := newCrowd(k)
	for round := range rounds {
		s := target.Start(t, flags...)
		k.check(s)
		busy := c.enter(s)
		time.Sleep(time.Duration(50+rand.IntN(300)) * time.Millisecond) // not for anything: the moment is random
		e := ends[0]
		if round%2 == 1 {
			e = ends[1+round/2%(len(ends)-1)]
		}
		e.do(s)
		busy.Wait()
		k.ended(e)
		if t.Failed() {
			t.Fatalf("in round %d, which ended by %s", round, e.name)
		}
	}
	s := target.Start(t, flags...)
	k.check(s)
	c.enter(s)
	if !target.Until(c.everythingRead) {
		t.Error("not all that has waited was written")
	}
	s.Stop()
	t.Logf("%d rounds, %s", rounds, k)
}

// crowd is the people of a test; they outlive the server.
type crowd struct {
	talkers []*talker
	joiners []*joiner
	boxes   []*box
}

func newCrowd(k *known) *crowd {
	c := new(crowd)
	for i := range talkers {
		c.talkers = append(c.talkers, &talker{known: k, name: fmt.Sprint("user", i), to: []string{"all", "groupA"}[i%2]})
	}
	for i := range joiners {
		c.joiners = append(c.joiners, &joiner{known: k, name: fmt.Sprint("joiner", i), groups: make(map[string]membership)})
	}
	for i := range boxes {
		b := &box{known: k, name: fmt.Sprint("box", i), read: make(map[int]reading)}
		c.boxes = append(c.boxes, b)
		c.talkers = append(c.talkers, &talker{known: k, name: fmt.Sprint("post", i), to: b.name, box: b})
	}
	return c
}

// enter connects everybody, and has them do what they do until the server is gone.
func (c *crowd) enter(s *target.Server) *sync.WaitGroup {
	busy := new(sync.WaitGroup)
	for _, b := range c.boxes {
		b.visit(s, 0) // so that it is known to those who write to it
		busy.Go(func() { b.comeAndGo(s) })
	}
	for _, j := range c.joiners {
		conn := open(j.t, s, j.name)
		busy.Go(func() { j.joinAndLeave(conn) })
	}
	for _, talker := range c.talkers {
		conn := open(talker.t, s, talker.name)
		busy.Go(func() { talker.talk(conn) })
	}
	return busy
}

func (c *crowd) everythingRead() bool {
	for _, b := range c.boxes {
		if !b.isRead() {
			return false
		}
	}
	return true
}

func open(t *testing.T, s *target.Server, user string) *target.Client {
	t.Helper()
	c, err := s.OpenWith("/socket?userId="+user, handshake.Dialer{Protocols: []string{"wschat.v1.json"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Conn.Close() })
	return c
}

// event is what these tests look at of an event.
type event struct {
	Event    string
	ID       string
	Code     string
	To       string
	Seq      uint64
	Text     string
	Groups   []string
	More     bool
	Messages []event
}

// next returns the next event of one of these kinds.
func next(t *testing.T, c *target.Client, kinds ...string) event {
	t.Helper()
	for {
		line, err := c.NextText()
		if err != nil {
			t.Fatal(err)
		}
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(kinds, e.Event) {
			return e
		}
	}
}
