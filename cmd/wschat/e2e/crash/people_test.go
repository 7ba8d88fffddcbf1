//go:build e2e

package crash

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"wschat/cmd/wschat/e2e/target"
)

// talker sends to one conversation, one message at a time. What has not been
// answered is sent again, with the same id, in the next life of the server.
type talker struct {
	*known
	name string
	to   string
	box  *box // whose user it writes to; nil: to a group or to all

	sent       int
	unanswered bool
}

// talk sends until the server is gone.
func (p *talker) talk(c *target.Client) {
	for {
		if !p.unanswered {
			p.sent++
		}
		p.unanswered = true
		text := fmt.Sprint(p.name, ".", p.sent)
		p.try(text)
		sent := time.Now()
		e, ok := ask(p.known, c, text, fmt.Sprintf(`{"op":"send","id":%q,"to":%q,"text":%q}`, text, p.to, text))
		if !ok {
			return
		}
		p.unanswered = false
		p.isAnswered(sent)
		if p.box != nil {
			p.box.isSent(p.sent)
		} else {
			p.note(p.acked, p.to, e.Seq, text)
		}
		time.Sleep(rand.N(5 * time.Millisecond)) // so that there is not too much to be checked
	}
}

// ask returns the ack of a request; false: the server is gone, or about to be.
func ask(k *known, c *target.Client, id, request string) (event, bool) {
	if c.SendText(request) != nil {
		return event{}, false
	}
	for {
		line, err := c.NextText()
		if err != nil {
			return event{}, false
		}
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			k.t.Errorf("%q: %v", line, err)
			return event{}, false
		}
		switch {
		case e.Event == "message":
			k.note(k.seen, e.To, e.Seq, e.Text)
		case e.ID != id:
		case e.Event == "ack":
			return e, true
		case e.Event == "error":
			if e.Code != "unavailable" {
				k.t.Errorf("%s is answered with %s", request, line)
			}
			return event{}, false
		}
	}
}

// membership is what somebody may be of a group.
type membership uint8

const (
	outside membership = 1 << iota
	inside
)

// joiner joins groups and leaves them, one request at a time.
type joiner struct {
	*known
	name   string
	groups map[string]membership
}

// joinAndLeave does that until the server is gone. The welcome shows what has
// become of what was asked for in its last life.
func (j *joiner) joinAndLeave(c *target.Client) {
	line, err := c.NextText()
	if err != nil {
		return
	}
	var welcome event
	if err := json.Unmarshal([]byte(line), &welcome); err != nil || welcome.Event != "welcome" {
		j.t.Errorf("%q is no welcome, %v", line, err)
	}
	j.compare(welcome.Groups)
	for n := 0; ; n++ {
		group := fmt.Sprint("group", rand.IntN(3))
		id := fmt.Sprint(n)
		request, after := fmt.Sprintf(`{"op":"leave","id":%q,"group":%q}`, id, group), outside
		if j.groups[group] == outside {
			request, after = fmt.Sprintf(`{"op":"join","id":%q,"group":%q}`, id, group), inside
			if n%2 == 0 {
				request = fmt.Sprintf(`{"op":"send","id":"%s.%d.%d","to":%q,"text":"x"}`, j.name, j.life(), n, group)
				id = fmt.Sprintf("%s.%d.%d", j.name, j.life(), n)
			}
		}
		j.groups[group] |= after
		if _, ok := ask(j.known, c, id, request); !ok {
			return
		}
		j.groups[group] = after
		j.changed()
	}
}

// compare checks the groups that a welcome names, and takes them over.
func (j *joiner) compare(groups []string) {
	now := map[string]membership{"group0": outside, "group1": outside, "group2": outside}
	for _, group := range groups {
		now[group] = inside
	}
	for group, is := range now {
		if may := j.groups[group]; may != 0 && may&is == 0 {
			j.t.Errorf("%s is a member of %v, and the last of %s that was acknowledged says otherwise", j.name, groups, group)
		}
	}
	j.groups = now
}

func (k *known) changed() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.changes++
}
