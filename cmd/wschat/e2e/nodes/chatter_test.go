//go:build e2e && linux

package nodes

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/handshake"
)

// chatter is a JSON client that does as the page does: it comes back when its
// connection ends, at the next node; it asks for what it has missed, and sends
// again what was not acknowledged. Its methods are safe for concurrent use.
type chatter struct {
	t     *testing.T
	user  string
	nodes *fleet

	ended sync.WaitGroup

	mu       sync.Mutex
	conn     *target.Client // nil while there is none
	quits    bool
	epoch    string
	epochs   int // so many different ones
	logins   int
	next     int // which node
	texts    map[string]map[uint64]string
	whole    map[string]uint64 // up to there nothing is missing
	live     map[string]uint64 // the last that came as an event on this connection
	asked    map[string]bool   // conversations whose history is on its way
	open     map[string]string // sends without ack, by id
	acked    map[string]uint64 // seq by text
	refused  int               // unavailable
	strange  []string
	sent     int
	answered time.Time // when the last ack or unavailable came
}

type event struct {
	Event         string
	ID            string
	Code          string
	Epoch         string
	Seq           uint64
	From, To, Of  string
	Text          string
	User          string
	More          bool
	Messages      []event
	Conversations map[string]uint64
}

// newChatter connects a user, first to the node with that index; it ends with the
// test. It joins groupX.
func newChatter(t *testing.T, user string, nodes []*target.Server, first int) *chatter {
	t.Helper()
	return newChatterOn(t, user, &fleet{nodes: nodes}, first)
}

// fleet is nodes that may be replaced. Safe for concurrent use.
type fleet struct {
	mu    sync.Mutex
	nodes []*target.Server
}

func (f *fleet) get(i int) *target.Server {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.nodes[i%len(f.nodes)]
}

func (f *fleet) replace(i int, by *target.Server) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.nodes[i] = by
}

// newChatterOn is newChatter for nodes that may be replaced.
func newChatterOn(t *testing.T, user string, nodes *fleet, first int) *chatter {
	t.Helper()
	c := &chatter{
		t: t, user: user, nodes: nodes, next: first,
		texts: make(map[string]map[uint64]string), whole: make(map[string]uint64),
		open: make(map[string]string), acked: make(map[string]uint64),
	}
	c.ended.Go(c.run)
	t.Cleanup(c.quit)
	c.until("to be in groupX", func() bool { return c.logins > 0 })
	return c
}

// quit ends it.
func (c *chatter) quit() {
	c.mu.Lock()
	c.quits = true
	if c.conn != nil {
		c.conn.Conn.Close()
	}
	c.mu.Unlock()
	c.ended.Wait()
}

// until waits until something holds, which is looked at with the lock held.
func (c *chatter) until(what string, ok func() bool) {
	c.t.Helper()
	if !target.Until(func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return ok()
	}) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.t.Fatalf("%s waited in vain %s; without ack: %d, whole: %v, strange: %v", c.user, what, len(c.open), c.whole, c.strange)
	}
}

// say sends a text, until it is acknowledged.
func (c *chatter) say(to, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent++
	id := fmt.Sprint(c.user, c.sent)
	request, _ := json.Marshal(map[string]string{"op": "send", "id": id, "to": to, "text": text})
	c.open[id] = string(request)
	c.send(string(request))
}

// send writes a request, if it can. The lock is held, here and below.
func (c *chatter) send(request string) {
	if c.conn != nil && c.conn.SendText(request) != nil {
		c.conn.Conn.Close() // run finds out
	}
}

func (c *chatter) run() {
	for {
		c.mu.Lock()
		if c.quits {
			c.mu.Unlock()
			return
		}
		node := c.nodes.get(c.next)
		c.next++
		c.mu.Unlock()
		conn, err := node.OpenWith("/socket?userId="+c.user, handshake.Dialer{Protocols: []string{"wschat.v1.json"}})
		if err != nil {
			time.Sleep(50 * time.Millisecond) // as a client does before it tries again
			continue
		}
		c.mu.Lock()
		c.conn, c.live, c.asked = conn, make(map[string]uint64), make(map[string]bool)
		quits := c.quits
		c.mu.Unlock()
		for !quits {
			text, err := conn.NextText()
			if err != nil {
				break
			}
			c.take(text)
		}
		c.mu.Lock()
		c.conn = nil
		c.mu.Unlock()
		conn.Conn.Close()
	}
}

func (c *chatter) take(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var e event
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		c.strange = append(c.strange, text)
		return
	}
	switch e.Event {
	case "welcome":
		c.welcome(e)
	case "message":
		if of := c.conversation(e); e.Seq <= c.live[of] {
			c.strange = append(c.strange, "again or out of order: "+text)
		} else {
			c.live[of] = e.Seq
		}
		c.keep(e)
	case "history":
		for _, m := range e.Messages {
			c.keep(m)
		}
		c.asked[e.Of] = false
		if newest := slices.Max(append(slices.Collect(maps.Keys(c.texts[e.Of])), 0)); newest > c.whole[e.Of] {
			c.ask(e.Of)
		}
	case "ack":
		c.answered = time.Now()
		if request, ok := c.open[e.ID]; ok && e.Seq > 0 {
			var sent struct{ To, Text string }
			json.Unmarshal([]byte(request), &sent)
			c.acked[sent.To+" "+sent.Text] = e.Seq
			delete(c.open, e.ID)
		}
	case "error":
		c.answered = time.Now()
		if e.Code != "unavailable" {
			c.strange = append(c.strange, text)
			return
		}
		c.refused++
		if request, ok := c.open[e.ID]; ok {
			time.AfterFunc(100*time.Millisecond, func() {
				c.mu.Lock()
				defer c.mu.Unlock()
				if c.open[e.ID] != "" && !c.quits {
					c.send(request)
				}
			})
		}
	}
}

func (c *chatter) welcome(e event) {
	c.logins++
	if e.Epoch != c.epoch {
		c.epoch = e.Epoch
		c.epochs++
		c.live, c.asked = make(map[string]uint64), make(map[string]bool)
		clear(c.texts)
		clear(c.whole)
	}
	c.send(`{"op":"join","group":"groupX"}`)
	for of, seq := range e.Conversations {
		if seq > c.whole[of] {
			c.ask(of)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.open)) {
		c.send(c.open[id])
	}
}

func (c *chatter) ask(of string) {
	if c.asked[of] {
		return
	}
	c.asked[of] = true
	c.send(fmt.Sprintf(`{"op":"history","of":%q,"after":%d,"limit":200}`, of, c.whole[of]))
}

func (c *chatter) conversation(m event) string {
	if m.To == c.user {
		return m.From
	}
	return m.To
}

func (c *chatter) keep(m event) {
	of := c.conversation(m)
	if c.texts[of] == nil {
		c.texts[of] = make(map[uint64]string)
	}
	if text, ok := c.texts[of][m.Seq]; ok && text != m.Text {
		c.strange = append(c.strange, fmt.Sprintf("%s %d is %q and %q", of, m.Seq, text, m.Text))
	}
	c.texts[of][m.Seq] = m.Text
	before := c.whole[of]
	for c.texts[of][c.whole[of]+1] != "" {
		c.whole[of]++
	}
	if c.whole[of] == before && m.Seq > before+1 { // a hole
		c.ask(of)
	}
}

// check compares what the chatters have to show: each message that was acknowledged
// is there, under its number, once, and the same for all.
func check(t *testing.T, chatters []*chatter, conversations ...string) {
	t.Helper()
	for _, of := range conversations {
		var newest uint64
		for _, c := range chatters {
			c.mu.Lock()
			newest = max(newest, c.whole[of])
			c.mu.Unlock()
		}
		for _, c := range chatters {
			c.until(fmt.Sprintf("for %d messages of %s", newest, of), func() bool { return c.whole[of] >= newest })
			c.mu.Lock()
			if of != c.user && !maps.Equal(c.texts[of], chatters[0].texts[of]) {
				t.Errorf("%s and %s have seen another %s", c.user, chatters[0].user, of)
			}
			seen := make(map[string]uint64)
			for seq, text := range c.texts[of] {
				if at := seen[text]; at > 0 {
					t.Errorf("%s: %q is number %d and %d of %s", c.user, text, at, seq, of)
				}
				seen[text] = seq
			}
			c.mu.Unlock()
		}
	}
	for _, c := range chatters {
		c.mu.Lock()
		for name, seq := range c.acked {
			to, text, _ := strings.Cut(name, " ")
			if c.texts[to][seq] != text {
				t.Errorf("%s: %q was acknowledged as %d of %s, which is %q", c.user, text, seq, to, c.texts[to][seq])
			}
		}
		for _, text := range c.strange {
			t.Errorf("%s: %s", c.user, text)
		}
		c.mu.Unlock()
	}
}

// quiet waits until all that was sent is acknowledged.
func quiet(chatters []*chatter) {
	for _, c := range chatters {
		c.t.Helper()
		c.until("for acks", func() bool { return len(c.open) == 0 })
	}
}

// waiting is how many sends are without ack.
func (c *chatter) waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open)
}

// talk has each chatter send now and then, to groupX and to all, until stopped; the
// texts are all different. stop returns when nothing more is sent.
func talk(chatters []*chatter, pause time.Duration) (stop func()) {
	done := make(chan struct{})
	var talking sync.WaitGroup
	for _, c := range chatters {
		talking.Go(func() {
			ticker := time.NewTicker(pause)
			defer ticker.Stop()
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				case <-ticker.C:
				}
				to := "groupX"
				if i%4 == 0 {
					to = "all"
				}
				if c.waiting() < 20 { // a person, too, waits to see what was sent
					c.say(to, fmt.Sprintf("%s says %d", c.user, i))
				}
			}
		})
	}
	return func() {
		close(done)
		talking.Wait()
	}
}

// health is the status of /healthz.
func health(t *testing.T, s *target.Server) int {
	t.Helper()
	return get(t, s, "/healthz")
}

func get(t *testing.T, s *target.Server, path string) int {
	t.Helper()
	response, err := http.Get("http://" + s.Addr + path)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}
