//go:build e2e || soak

package fair

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
	"wschat/handshake"
)

// tick is how often each of a pair says something.
const tick = 20 * time.Millisecond

// speaksJSON is what a JSON client offers.
var speaksJSON = handshake.Dialer{Protocols: []string{"wschat.v1.json"}}

// event is what JSON clients are sent.
type event struct {
	Event, ID, Code, From, To, Text, User string
	Seq                                   uint64
	More                                  bool
	Messages                              []event
}

// arrival is something that was waited for.
type arrival struct {
	what string
	at   time.Time
	took time.Duration
}

// Pair is two users who chat every tick, in turn in a group and privately.
type Pair struct {
	ann, bob *voice // ann speaks JSON, bob line
	quiet    chan struct{}
	talking  sync.WaitGroup
	hearing  sync.WaitGroup
}

// voice is one of a pair. Its messages are numbers: the even ones go to the group.
type voice struct {
	*target.Client
	name string
	json bool
	acks chan event // to what is no number
	said moments    // when each message was sent

	mu       sync.Mutex
	heard    [2]int // messages of the other, in the group and privately
	acked    int
	words    map[string]int // how often each was heard that is no number
	left     bool
	arrivals []arrival
	faults   []string
}

// moments is times in a row. Safe for concurrent use.
type moments struct {
	mu sync.Mutex
	at []time.Time
}

func (m *moments) add(at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at = append(m.at, at)
}

func (m *moments) get(n int) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at[n]
}

func (m *moments) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.at)
}

// NewPair has a pair log in and chat, until the test ends at the latest.
func NewPair(t testing.TB, s *target.Server) *Pair {
	t.Helper()
	p := &Pair{quiet: make(chan struct{})}
	p.ann = newVoice(t, s, "ann", speaksJSON)
	p.bob = newVoice(t, s, "bob", handshake.Dialer{})
	for _, v := range []*voice{p.ann, p.bob} {
		if _, err := ask(v.Client, v.request("groupPair", "here"), "here"); err != nil {
			t.Fatal(err)
		}
	}
	p.hearing.Go(func() { p.ann.hear(p.bob) })
	p.hearing.Go(func() { p.bob.hear(p.ann) })
	p.talking.Go(func() { p.ann.talk("bob", p.quiet) })
	p.talking.Go(func() { p.bob.talk("ann", p.quiet) })
	t.Cleanup(p.leave)
	return p
}

func newVoice(t testing.TB, s *target.Server, name string, d handshake.Dialer) *voice {
	t.Helper()
	c, err := s.OpenWith("/socket?userId="+name, d)
	if err != nil {
		t.Fatal(err)
	}
	c.Conn.SetDeadline(time.Time{})
	return &voice{Client: c, name: name, json: d.Protocols != nil, acks: make(chan event, 1), words: make(map[string]int)}
}

// request is a message as the voice sends it. The text is the id, too.
func (v *voice) request(to, text string) string {
	if !v.json {
		return to + "," + text
	}
	return fmt.Sprintf(`{"op":"send","id":%q,"to":%q,"text":%q}`, text, to, text)
}

// talk says something every tick, until quiet is closed.
func (v *voice) talk(other string, quiet <-chan struct{}) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for n := 0; ; n++ {
		select {
		case <-ticker.C:
		case <-quiet:
			return
		}
		v.said.add(time.Now())
		to := [2]string{"groupPair", other}[n%2]
		if v.SendText(v.request(to, strconv.Itoa(n))) != nil {
			return // hear tells why
		}
	}
}

// sendWord sends a word, which is its id as well, and returns its number.
func (v *voice) sendWord(word string) (uint64, error) {
	if err := v.SendText(v.request("bob", word)); err != nil {
		return 0, err
	}
	patience := time.After(target.Patience)
	for {
		select {
		case e := <-v.acks:
			if e.ID == word { // not of what was said before
				return e.Seq, nil
			}
		case <-patience:
			return 0, errors.New("no ack")
		}
	}
}

// hear reads until the connection ends.
func (v *voice) hear(other *voice) {
	for {
		m, err := v.NextMessage()
		if err == nil && m.Opcode == frame.Close {
			code, reason, _ := frame.ParseClose(m.Payload) // the decoder has checked it
			err = fmt.Errorf("closed with %v %q", code, reason)
		}
		v.mu.Lock()
		if err != nil {
			if !v.left {
				v.faults = append(v.faults, err.Error())
			}
			v.mu.Unlock()
			return
		}
		if len(m.Payload) < 1000 { // no attacker's
			v.take(string(m.Payload), other)
		}
		v.mu.Unlock()
	}
}

// take judges what has come. The lock is held.
func (v *voice) take(text string, other *voice) {
	if !v.json {
		if number, ok := strings.CutPrefix(text, "用户("+other.name+"=>"+v.name+"):"); ok {
			v.takeNumber(number, other)
		} else if strings.HasPrefix(text, "错误:") {
			v.faults = append(v.faults, "refused: "+text)
		}
		return
	}
	var e event
	switch err := json.Unmarshal([]byte(text), &e); {
	case err != nil:
		v.faults = append(v.faults, fmt.Sprintf("%v in %q", err, text))
	case e.Event == "message" && e.From == other.name:
		v.takeNumber(e.Text, other)
	case e.Event == "error":
		v.faults = append(v.faults, "refused: "+text)
	case e.Event == "ack":
		n, err := strconv.Atoi(e.ID)
		if err != nil {
			v.acks <- e
			return
		}
		v.acked++
		v.arrived("an ack", time.Since(v.said.get(n)))
	}
}

// takeNumber is take for a message of the other.
func (v *voice) takeNumber(text string, other *voice) {
	n, err := strconv.Atoi(text)
	if err != nil {
		v.words[text]++
		return
	}
	if place := n % 2; n/2 != v.heard[place] {
		v.faults = append(v.faults, fmt.Sprintf("heard %d of %s, want %d", n, other.name, 2*v.heard[place]+place))
	}
	v.heard[n%2] = n/2 + 1
	v.arrived("a message", time.Since(other.said.get(n)))
}

func (v *voice) arrived(what string, took time.Duration) {
	v.arrivals = append(v.arrivals, arrival{v.name + ": " + what, time.Now(), took})
}

// stop ends the talking, and waits until everything is heard. It returns what went wrong.
func (p *Pair) stop() (faults []string) {
	close(p.quiet)
	p.talking.Wait()
	heardAll := func(v, other *voice) bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		return len(v.faults) > 0 || v.heard[0]+v.heard[1] == other.said.count() && (!v.json || v.acked == v.said.count())
	}
	if !target.Until(func() bool { return heardAll(p.ann, p.bob) && heardAll(p.bob, p.ann) }) {
		faults = append(faults, "messages or acks are lost")
	}
	for _, v := range []*voice{p.ann, p.bob} {
		v.mu.Lock()
		for _, fault := range v.faults[:min(len(v.faults), 5)] {
			faults = append(faults, v.name+": "+fault)
		}
		v.mu.Unlock()
	}
	return faults
}

// arrivals is everything that anybody waited for.
func (p *Pair) arrivals() []arrival {
	p.ann.mu.Lock()
	defer p.ann.mu.Unlock()
	p.bob.mu.Lock()
	defer p.bob.mu.Unlock()
	return slices.Concat(p.ann.arrivals, p.bob.arrivals)
}

// leave ends the connections. Only once more does nothing.
func (p *Pair) leave() {
	for _, v := range []*voice{p.ann, p.bob} {
		v.mu.Lock()
		v.left = true
		v.mu.Unlock()
		v.Conn.Close()
	}
	p.talking.Wait()
	p.hearing.Wait()
}
