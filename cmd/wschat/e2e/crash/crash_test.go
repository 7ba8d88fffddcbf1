//go:build e2e

// Package crash kills the built binary while it works, and looks at what is
// left. CRASH_ROUNDS says how often; make crash does it a hundred times.
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

const senders = 20

// event is what these tests look at of an event.
type event struct {
	Event    string
	ID       string
	Code     string
	Seq      uint64
	Text     string
	More     bool
	Messages []event
}

// said is what clients know of the group's messages, by seq.
type said struct {
	mu    sync.Mutex
	acked map[uint64]string
	seen  map[uint64]string
}

// PROTOCOL 6: kill -9 loses nothing that anyone has seen.
func TestKill(t *testing.T) {
	rounds := 5
	if n, err := strconv.Atoi(os.Getenv("CRASH_ROUNDS")); err == nil {
		rounds = n
	}
	flags := []string{"-data", t.TempDir(), "-history", "0", "-rate", "0", "-presence", "none", "-queue", "0"}
	all := &said{acked: make(map[uint64]string), seen: make(map[uint64]string)}
	for round := range rounds {
		s := target.Start(t, flags...)
		var talking sync.WaitGroup
		for i := range senders {
			c := open(t, s, fmt.Sprint("user", i))
			talking.Go(func() { talk(c, fmt.Sprintf("%d.%d", round, i), all) })
		}
		time.Sleep(time.Duration(50+rand.IntN(300)) * time.Millisecond) // not for anything: the moment is random
		s.Kill()
		talking.Wait()

		s = target.Start(t, flags...)
		check(t, s, all)
		s.Stop()
	}
	t.Logf("%d rounds, %d messages acknowledged", rounds, len(all.acked))
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

// talk sends as fast as acks come, until the server is gone.
func talk(c *target.Client, name string, all *said) {
	for n := 0; ; n++ {
		text := fmt.Sprint(name, ".", n)
		request := fmt.Sprintf(`{"op":"send","id":%q,"to":"groupA","text":%q}`, text, text)
		if c.SendText(request) != nil {
			return
		}
		for acked := false; !acked; {
			line, err := c.NextText()
			if err != nil {
				return
			}
			var e event
			if json.Unmarshal([]byte(line), &e) != nil {
				return
			}
			all.mu.Lock()
			switch e.Event {
			case "ack":
				all.acked[e.Seq] = text
				acked = true
			case "message":
				all.seen[e.Seq] = e.Text
			}
			all.mu.Unlock()
		}
	}
}

// check reads the history: it has no hole and nothing twice, everything that was
// acknowledged or seen is in its place, and the wording is as it was.
func check(t *testing.T, s *target.Server, all *said) {
	t.Helper()
	c := open(t, s, "user0")
	there := make(map[uint64]string)
	texts := make(map[string]bool)
	for after, more := uint64(0), true; more; {
		if err := c.SendText(fmt.Sprintf(`{"op":"history","id":"h","of":"groupA","after":%d,"limit":200}`, after)); err != nil {
			t.Fatal(err)
		}
		e := next(t, c, "history")
		for _, m := range e.Messages {
			if m.Seq != after+1 {
				t.Fatalf("%d follows %d", m.Seq, after)
			}
			if texts[m.Text] {
				t.Errorf("%q is there twice", m.Text)
			}
			after, texts[m.Text], there[m.Seq] = m.Seq, true, m.Text
		}
		more = e.More
	}
	for what, known := range map[string]map[uint64]string{"acknowledged": all.acked, "seen": all.seen} {
		for seq, text := range known {
			if there[seq] != text {
				t.Errorf("%d is %q, was %s as %q", seq, there[seq], what, text)
			}
		}
	}
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
