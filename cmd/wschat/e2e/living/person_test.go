//go:build e2e && linux

package living

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/handshake"
)

// person is a user at a JSON client that does as a good one: it comes back when its
// connection ends, asks for what it has missed, and sends again what was not answered.
type person struct {
	*world
	name   string
	random *rand.Rand                   // of what the user does, who does one thing at a time
	asked  int                          // requests
	said   int                          // texts
	felt   map[string]map[uint64]string // reactions, as they were acknowledged

	reading sync.WaitGroup

	mu       sync.Mutex
	node     int
	conn     *target.Client // nil before its welcome
	away     time.Duration  // how long the user is to stay away after it
	epoch    string
	epochs   int
	screens  map[string]*screen
	groups   map[string]bool             // that the user is in
	told     map[string]map[uint64]entry // live
	newest   map[string]uint64           // the last number that was told live on this connection
	catching map[string]bool             // a history that is on its way
	moments  map[string]int              // when it was asked for, see model.goneNow
	logins   int
	repeated int      // requests that were sent again
	open     *request // what has no answer yet
	answer   chan event
}

// request is one to the server.
type request struct {
	Op     string  `json:"op"`
	ID     string  `json:"id"`
	To     string  `json:"to,omitempty"`
	Text   string  `json:"text,omitempty"`
	Reply  uint64  `json:"reply,omitempty"`
	Edit   uint64  `json:"edit,omitempty"`
	Delete uint64  `json:"delete,omitempty"`
	React  uint64  `json:"react,omitempty"`
	Group  string  `json:"group,omitempty"`
	Of     string  `json:"of,omitempty"`
	Before *uint64 `json:"before,omitempty"`
	After  *uint64 `json:"after,omitempty"`
	Around *uint64 `json:"around,omitempty"`
	Limit  int     `json:"limit,omitempty"`

	again bool // it has been sent before, so it may have been done
}

// event is what a person looks at of one.
type event struct {
	entry
	Event         string            `json:"event"`
	ID            string            `json:"id"`
	Code          string            `json:"code"`
	Epoch         string            `json:"epoch"`
	Groups        []string          `json:"groups"`
	Conversations map[string]uint64 `json:"conversations"`
	Group         string            `json:"group"`
	User          string            `json:"user"`
	Of            string            `json:"of"`
	Messages      []entry           `json:"messages"`
	More          bool              `json:"more"`
}

func newPerson(w *world, name string, node int) *person {
	p := &person{world: w, name: name, random: w.randomOf(name), node: node}
	p.forget()
	p.reading.Go(p.run)
	return p
}

// forget is what an epoch begins with.
func (p *person) forget() {
	p.screens = make(map[string]*screen)
	p.groups = make(map[string]bool)
	p.told = make(map[string]map[uint64]entry)
	p.felt = make(map[string]map[uint64]string)
}

// run connects the user, again and again, to one node after the other.
func (p *person) run() {
	for p.running() {
		p.node++
		conn, err := p.house.get(p.node).OpenWith("/socket?userId="+p.name, handshake.Dialer{Protocols: []string{"wschat.v1.json"}})
		if err != nil {
			time.Sleep(20 * time.Millisecond) // as a client does before it tries again
			continue
		}
		stop := make(chan struct{})
		p.reading.Go(func() {
			select {
			case <-p.over.Done():
			case <-stop:
			}
			conn.Conn.Close()
		})
		for {
			conn.Conn.SetDeadline(time.Now().Add(patience))
			text, err := conn.NextText()
			if err != nil {
				break
			}
			p.take(conn, text)
		}
		close(stop)
		p.mu.Lock()
		p.conn = nil
		away := p.away
		p.away = 0
		p.mu.Unlock()
		time.Sleep(away) // meanwhile the others go on
	}
}

func (p *person) take(conn *target.Client, text string) {
	var e event
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		p.fault("%s: %q: %v", p.name, text, err)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case e.Event == "welcome":
		p.conn = conn
		p.welcome(e)
	case e.Event == "message":
		p.message(e.entry)
	case e.Event == "history" && strings.HasPrefix(e.ID, "catch"):
		p.caughtUp(e)
	case e.Event == "joined" && e.User == p.name:
		p.catchUp(e.Group)
	case e.ID == "":
	case e.Event == "error" && strings.HasPrefix(e.ID, "catch"):
		p.catching[strings.TrimPrefix(e.ID, "catch ")] = false
		if e.Code != "not_member" && e.Code != "unavailable" {
			p.fault("%s: %s", p.name, text)
		}
	case p.open == nil || p.open.ID != e.ID:
		if e.Event != "ack" { // the answer to what was sent twice
			p.fault("%s: an answer to nothing: %s", p.name, text)
		}
	case e.Code == "unavailable":
		open := p.open
		time.AfterFunc(100*time.Millisecond, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.open == open {
				p.give()
			}
		})
	default:
		p.answered(e)
	}
}

// answered takes the answer to the open request. The lock is held, here and in told_test.go.
func (p *person) answered(e event) {
	r := p.open
	p.open = nil
	switch {
	case r.Op == "leave" && (e.Event == "ack" || r.again && e.Code == "not_member"):
		e.Event = "ack" // the first time it was done
		p.groups[r.Group] = false
		delete(p.newest, r.Group)
	case r.Op == "join" && e.Event == "ack":
		p.groups[r.Group] = true
		p.catchUp(r.Group)
	case isGroup(r.To) && e.Seq > 0:
		p.groups[r.To] = true
	}
	p.answer <- e
}

// give sends what has no answer yet. The lock is held.
func (p *person) give() {
	if p.open != nil && p.conn != nil {
		p.send(*p.open)
		if p.open.again {
			p.repeated++
		}
		p.open.again = true
	}
}

// send sends a request. The lock is held.
func (p *person) send(r request) {
	text, _ := json.Marshal(r)
	if p.conn.SendText(string(text)) != nil {
		p.conn.Conn.Close() // run finds out
	}
}

// ask sends a request until it is answered, and returns the answer; it must not be called
// with the lock held. false: the test is over.
func (p *person) ask(r request) (event, bool) {
	p.asked++
	r.ID = fmt.Sprintf("%s-%d", p.name, p.asked)
	answer := make(chan event, 1)
	p.mu.Lock()
	p.open, p.answer = &r, answer
	p.give()
	p.mu.Unlock()
	select {
	case e := <-answer:
		return e, true
	case <-time.After(patience):
		p.fault("%s gets no answer to %+v", p.name, r)
	case <-p.over.Done():
	}
	return event{}, false
}

// drop ends the connection soon, as a network that is lost in the middle of something, for
// some time.
func (p *person) drop(away time.Duration) {
	time.AfterFunc(time.Duration(p.random.IntN(5000))*time.Microsecond, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.away = away
		if p.conn != nil {
			p.conn.Reset()
		}
	})
}

// wait waits until the user has seen all of a conversation.
func (p *person) wait(of string, last uint64) bool {
	return p.until(fmt.Sprintf("%s to see %d of %s", p.name, last, of), func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.screenOf(of).whole >= last {
			return true
		}
		if p.conn != nil {
			p.catchUp(of)
		}
		return false
	})
}
