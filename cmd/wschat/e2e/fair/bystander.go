//go:build e2e || soak

package fair

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
)

const (
	elders  = 10  // who have made the history
	said    = 100 // messages of each in it
	waiting = 10  // messages of each that wait for carl

	// idKnown is below how long an id is known, PROTOCOL 6: 10 minutes.
	idKnown = 9 * time.Minute
)

// Bystanders are the honest users of a server: a pair who chat, a visitor who comes
// and goes, elders whose group keeps a history, and carl, for whom messages wait.
type Bystanders struct {
	t     testing.TB
	s     *target.Server
	pair  *Pair
	calm  *Pair
	began time.Time
	word  string // the id of a message
	first uint64 // its number

	mu      sync.Mutex
	history map[uint64]string // of groupElders

	end      chan struct{}
	visiting sync.WaitGroup
	arrivals []arrival // besides those of the pair
	faults   []string
}

// Arrive has bystanders make a history, and then chat until Check. The calm chat on a
// server that nobody attacks.
func Arrive(t testing.TB, s *target.Server, calm *Pair) *Bystanders {
	t.Helper()
	b := &Bystanders{t: t, s: s, calm: calm, word: "first", history: make(map[uint64]string), end: make(chan struct{})}
	if err := b.makeHistory(); err != nil {
		t.Fatal(err)
	}
	b.pair, b.began = NewPair(t, s), time.Now()
	var err error
	if b.first, err = b.pair.ann.sendWord(b.word); err != nil {
		t.Fatal(err)
	}
	b.visiting.Go(b.visit)
	t.Cleanup(b.stopVisits)
	return b
}

// makeHistory has carl come and go, and the elders write to their group and to him.
func (b *Bystanders) makeHistory() error {
	c, err := b.s.OpenWith("/socket?userId=elder0", speaksJSON)
	if err != nil {
		return err
	}
	defer c.Conn.Close()
	carl, err := b.s.Open("/socket?userId=carl")
	if err != nil {
		return err
	}
	if _, err := ask(carl, "carl,here", "here"); err != nil {
		return err
	}
	carl.Reset()
	if _, err := await(c, `"offline","user":"carl"`); err != nil {
		return err
	}
	var writing sync.WaitGroup
	errs := make([]error, elders)
	for i := range errs {
		writing.Go(func() { errs[i] = b.write(fmt.Sprint("elder", i)) })
	}
	writing.Wait()
	return errors.Join(errs...)
}

// write is what one of the elders does.
func (b *Bystanders) write(elder string) error {
	c, err := b.s.OpenWith("/socket?userId="+elder, speaksJSON)
	if err != nil {
		return err
	}
	defer c.Conn.Close()
	for i := range said + waiting {
		to, text := "groupElders", fmt.Sprintf("%s in the year %d", elder, i)
		if i >= said {
			to, text = "carl", letter(elder, i-said)
		}
		if err := c.SendText(fmt.Sprintf(`{"op":"send","id":%q,"to":%q,"text":%q}`, text, to, text)); err != nil {
			return err
		}
	}
	for range said + waiting {
		text, err := await(c, `"event":"ack"`)
		if err != nil {
			return err
		}
		var e event
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			return err
		}
		if strings.Contains(e.ID, "year") {
			b.mu.Lock()
			b.history[e.Seq] = e.ID
			b.mu.Unlock()
		}
	}
	return nil
}

// letter is a message to carl.
func letter(elder string, day int) string { return fmt.Sprintf("%s to carl, day %d", elder, day) }

// visit logs in now and then, as others do all the time.
func (b *Bystanders) visit() {
	ticker := time.NewTicker(Prompt)
	defer ticker.Stop()
	for {
		b.timed("the visitor's login", b.s, "dora", func(c *target.Client) error {
			_, err := ask(c, "dora,here", "here")
			return err
		})
		select {
		case <-ticker.C:
		case <-b.end:
			return
		}
	}
}

func (b *Bystanders) stopVisits() {
	select {
	case <-b.end:
	default:
		close(b.end)
	}
	b.visiting.Wait()
}

// timed notes how long somebody waits for a login, as a line client, and what follows.
func (b *Bystanders) timed(what string, s *target.Server, user string, then func(*target.Client) error) {
	began := time.Now()
	c, err := s.Open("/socket?userId=" + user)
	if err == nil {
		err = then(c)
		defer c.Reset() // leaves nothing behind in the system's tables
	}
	if err != nil {
		b.faults = append(b.faults, fmt.Sprintf("%s: %v", what, err))
		return
	}
	b.arrivals = append(b.arrivals, arrival{what, time.Now(), time.Since(began)})
}

// Check ends the chatting, and judges everything.
func (b *Bystanders) Check() {
	b.t.Helper()
	b.stopVisits()
	b.faults = append(b.faults, b.pair.stop()...)
	if time.Since(b.began) > idKnown { // another one is as old as may be
		b.word = "second"
		var err error
		if b.first, err = b.pair.ann.sendWord(b.word); err != nil {
			b.fault("a message: %v", err)
		}
	}
	if again, err := b.pair.ann.sendWord(b.word); err != nil || again != b.first {
		b.fault("a message that is sent again is number %d, %v; want %d", again, err, b.first)
	}
	b.timed("carl's login", b.s, "carl", readLetters)
	b.timed("a nameless login", b.s, "", func(c *target.Client) error {
		_, err := await(c, "系统:你的用户编号是 ")
		return err
	})
	b.timed("a newcomer's group", b.s, "erin", func(c *target.Client) error {
		_, err := ask(c, "groupErin,here", "here")
		return err
	})
	b.checkHistory(b.s)
	b.pair.leave()
	if n := b.pair.bob.words[b.word]; n != 1 {
		b.fault("a message that was sent twice with one id was heard %d times", n)
	}
	b.judge(append(b.arrivals, b.pair.arrivals()...), b.calm.arrivals())
}

// CheckAgain judges what another server has that has taken over.
func (b *Bystanders) CheckAgain(s *target.Server) {
	b.t.Helper()
	b.faults = nil
	b.checkHistory(s)
	for _, user := range []string{"ann", "elder1", ""} {
		b.timed("a login, and a message to the group", s, user, func(c *target.Client) error {
			_, err := ask(c, "groupPair,once more", "once more")
			return err
		})
	}
	b.judge(nil, nil)
}

func (b *Bystanders) fault(format string, args ...any) {
	b.faults = append(b.faults, fmt.Sprintf(format, args...))
}

// readLetters reads what waits for carl.
func readLetters(carl *target.Client) error {
	days := make(map[string]int) // by elder
	for n := range elders * waiting {
		text, err := await(carl, "=>carl):")
		if err != nil {
			return fmt.Errorf("%d of %d messages that wait: %w", n, elders*waiting, err)
		}
		elder, _, _ := strings.Cut(strings.TrimPrefix(text, "用户("), "=>")
		if _, got, _ := strings.Cut(text, "):"); got != letter(elder, days[elder]) {
			return fmt.Errorf("got %q, want %q", text, letter(elder, days[elder]))
		}
		days[elder]++
	}
	return nil
}

// checkHistory compares what the server has with what it has acknowledged.
func (b *Bystanders) checkHistory(s *target.Server) {
	kept, err := readHistory(s)
	if err != nil {
		b.fault("the history: %v", err)
	} else if !maps.Equal(kept, b.history) {
		b.fault("of a history of %d, %d are kept", len(b.history), len(kept))
	}
}

func readHistory(s *target.Server) (map[uint64]string, error) {
	c, err := s.OpenWith("/socket?userId=elder0", speaksJSON)
	if err != nil {
		return nil, err
	}
	defer c.Reset()
	kept := make(map[uint64]string)
	for after, more := uint64(0), true; more; {
		text, err := ask(c, fmt.Sprintf(`{"op":"history","of":"groupElders","after":%d,"limit":200}`, after), `"event":"history"`)
		if err != nil {
			return nil, err
		}
		var e event
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			return nil, err
		}
		for _, m := range e.Messages {
			kept[m.Seq], after = m.Text, m.Seq
		}
		more = e.More && len(e.Messages) > 0
	}
	return kept, nil
}
