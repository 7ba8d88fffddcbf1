//go:build e2e && linux

package nodes

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/handshake"
	"wschat/hub/chat"
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
	told     *told
	conn     *target.Client // nil while there is none
	quits    bool
	logins   int
	next     int                 // which node
	wants    map[string]bool     // the groups that the user wants to be in
	asked    map[string]bool     // conversations whose history is on its way
	open     map[string]*request // without answer, by id
	requests int
	sent     int
	acks     int       // of sends
	refused  int       // unavailable
	answered time.Time // when the last ack or unavailable came
}

// request is what has not been answered.
type request struct {
	Op    string `json:"op"`
	ID    string `json:"id"`
	To    string `json:"to,omitempty"`
	Text  string `json:"text,omitempty"`
	Group string `json:"group,omitempty"`
	Of    string `json:"of,omitempty"`
	After *int   `json:"after,omitempty"`
	Limit int    `json:"limit,omitempty"`
	again bool   // it has been sent before, so it may have been done already
}

// fleet is nodes that may be replaced, and what all clients have seen of their numbers.
// Safe for concurrent use.
type fleet struct {
	numbers *numbers
	mu      sync.Mutex
	nodes   []*target.Server
}

func newFleet(nodes ...*target.Server) *fleet { return &fleet{numbers: newNumbers(), nodes: nodes} }

// only is some of the nodes, for those who come back nowhere else.
func (f *fleet) only(which ...int) *fleet {
	some := &fleet{numbers: f.numbers}
	for _, i := range which {
		some.nodes = append(some.nodes, f.get(i))
	}
	return some
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

// newChatter connects a user, first to the node with that index, until the test ends,
// and waits until he is in groupX.
func newChatter(t *testing.T, user string, nodes *fleet, first int) *chatter {
	t.Helper()
	c := arrive(t, user, nodes, first, "groupX")
	c.until("to be in groupX", func() bool { return c.isIn("groupX") })
	return c
}

// arrive is that without waiting, for any groups.
func arrive(t *testing.T, user string, nodes *fleet, first int, groups ...string) *chatter {
	c := &chatter{
		t: t, user: user, nodes: nodes, next: first, told: newTold(user, nodes.numbers),
		wants: setOf(groups), asked: make(map[string]bool), open: make(map[string]*request),
	}
	c.ended.Go(c.run)
	t.Cleanup(c.quit)
	return c
}

// quit ends it, without a word.
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
		c.t.Fatalf("%s waited in vain %s; without answer: %d, whole: %v, wrong: %s",
			c.user, what, len(c.open), c.told.whole, some(c.told.wrong))
	}
}

// goOn waits until the user has read a message of a conversation, however long that takes, as
// long as there is progress.
func (c *chatter) goOn(of string, seq uint64) {
	c.t.Helper()
	for at := c.last(of); at <= seq; at = c.last(of) {
		c.until(fmt.Sprintf("for message %d of %s", seq+1, of), func() bool { return c.told.whole[of] != at })
	}
}

// say sends a text, until it is acknowledged.
func (c *chatter) say(to, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent++
	c.ask(request{Op: "send", To: to, Text: text})
}

// move joins or leaves a group, until it is done.
func (c *chatter) move(group string, join bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wants[group] = join
	if join {
		c.ask(request{Op: "join", Group: group})
	} else {
		delete(c.wants, group)
		c.ask(request{Op: "leave", Group: group})
	}
}

// askWho asks who is online, in a group unless that is "".
func (c *chatter) askWho(group string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.told.who, group)
	c.ask(request{Op: "who", Group: group})
}

// ask sends a request until it is answered. The lock is held, here and below.
func (c *chatter) ask(r request) {
	c.requests++
	r.ID = fmt.Sprintf("%s-%07d", c.user, c.requests)
	c.open[r.ID] = &r
	c.give(&r)
}

func (c *chatter) give(r *request) {
	text, _ := json.Marshal(r)
	r.again = c.send(string(text)) || r.again
}

// send writes a request, if it can.
func (c *chatter) send(request string) bool {
	if c.conn == nil {
		return false
	}
	if c.conn.SendText(request) != nil {
		c.conn.Conn.Close() // run finds out
	}
	return true
}

// isIn reports whether the user is in a group, and knows who else is.
func (c *chatter) isIn(group string) bool { return c.told.asked[group] != nil }

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
		conn.Conn.SetDeadline(time.Time{})
		c.mu.Lock()
		c.conn = conn
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
	switch e := c.told.take(text); e.Event {
	case "welcome":
		c.welcome(e)
	case "message":
		c.complete(conversationOf(c.user, e))
	case "history":
		delete(c.open, e.ID)
		c.asked[e.Of] = false
		if e.More {
			c.catchUp(e.Of)
		} else if len(e.Messages) > 0 {
			c.complete(e.Of)
		}
	case "joined":
		if e.User == c.user {
			c.ask(request{Op: "who", Group: e.Group})
			c.catchUp(e.Group)
		}
	case "members":
		delete(c.open, e.ID)
	case "ack":
		c.acknowledged(e)
	case "error":
		c.failed(e)
	}
}

func (c *chatter) acknowledged(e event) {
	c.answered = time.Now()
	r := c.open[e.ID]
	delete(c.open, e.ID)
	if r != nil && r.Op == "send" {
		c.acks++
		c.told.ack(r.To, r.Text, e.Seq)
	}
}

func (c *chatter) failed(e event) {
	c.answered = time.Now()
	r := c.open[e.ID]
	switch {
	case e.Code == "unavailable":
		c.refused++
		if r != nil {
			time.AfterFunc(100*time.Millisecond, func() {
				c.mu.Lock()
				defer c.mu.Unlock()
				if c.open[e.ID] != nil && !c.quits {
					c.give(r)
				}
			})
		}
	case e.Code == "not_member" && r != nil && r.Op == "leave" && r.again:
		delete(c.open, e.ID) // the answer before was lost
	default:
		c.told.fault("%+v to %+v", e, r)
	}
}

// welcome has the client go on: in the groups that the user wants to be in, with what
// it has missed, and with what was not answered.
func (c *chatter) welcome(e event) {
	c.logins++
	for _, id := range slices.Sorted(maps.Keys(c.open)) {
		c.give(c.open[id])
	}
	for group := range c.wants {
		if !slices.Contains(e.Groups, group) {
			c.ask(request{Op: "join", Group: group})
		}
	}
	for _, group := range e.Groups {
		c.ask(request{Op: "who", Group: group})
	}
	for of := range e.Conversations {
		c.complete(of)
	}
}

// complete asks for what is missing of a conversation, if anything is.
func (c *chatter) complete(of string) {
	if _, in := c.told.members[of]; c.told.missing(of) && (in || !chat.IsGroup(of)) {
		c.catchUp(of)
	}
}

func (c *chatter) catchUp(of string) {
	if !c.asked[of] {
		c.asked[of] = true
		after := int(c.told.whole[of])
		c.ask(request{Op: "history", Of: of, After: &after, Limit: 200})
	}
}

// waiting is how many requests are without answer.
func (c *chatter) waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open)
}

func (c *chatter) refusals() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refused
}

// last is up to which message of a conversation nothing is missing.
func (c *chatter) last(of string) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.told.whole[of]
}
