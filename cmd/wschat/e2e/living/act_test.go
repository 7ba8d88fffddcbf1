//go:build e2e && linux

package living

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// feelings are what people react with; "" takes it back.
var feelings = []string{"👍", "❤", "😀", "👍", ""}

// act does one thing at random. It returns false when the test is over.
func (p *person) act() bool {
	of := p.somewhere()
	switch n := p.random.IntN(100); {
	case n < 32:
		return p.say(of)
	case n < 42:
		return p.amend(of, request{Reply: p.pick(of, false), Text: p.text(of)})
	case n < 56:
		return p.amend(of, request{Edit: p.pick(of, true), Text: p.text(of)})
	case n < 63:
		return p.amend(of, request{Delete: p.pick(of, true)})
	case n < 85:
		return p.amend(of, request{React: p.pick(of, false), Text: feelings[p.random.IntN(len(feelings))]})
	case n < 90:
		return p.move()
	case n < 97:
		return p.overreach(of)
	default:
		p.drop([]time.Duration{0, 0, 300 * time.Millisecond}[p.random.IntN(3)])
		return p.act()
	}
}

// somewhere is a conversation, as the user calls it.
func (p *person) somewhere() string {
	switch n := p.random.IntN(20); {
	case n < 8:
		return "all"
	case n < 15:
		return groups[n%len(groups)]
	default:
		return names[p.random.IntN(len(names))]
	}
}

func isGroup(of string) bool { return strings.HasPrefix(of, "group") }

// text is one that nobody has said before.
func (p *person) text(of string) string {
	p.said++
	return fmt.Sprintf("%s %s.%d", conversationOf(p.name, of), p.name, p.said)
}

// pick is a message on the screen, mostly a late one, one's own if that is asked for; 0:
// there is none.
func (p *person) pick(of string, own bool) uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.screenOf(of)
	late := uint64(30)
	if p.random.IntN(10) == 0 {
		late = 100
	}
	var seqs []uint64
	for seq, m := range s.messages {
		if !m.Deleted && seq+late > s.whole && (!own || m.From == p.name) {
			seqs = append(seqs, seq)
		}
	}
	if len(seqs) == 0 {
		return 0
	}
	slices.Sort(seqs)
	if p.random.IntN(3) == 0 { // what may soon be dropped
		return seqs[0]
	}
	return seqs[p.random.IntN(len(seqs))]
}

func (p *person) isIn(of string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !isGroup(of) || p.groups[of]
}

// say sends a message, with which the user joins a group.
func (p *person) say(of string) bool {
	r := request{Op: "send", To: of, Text: p.text(of)}
	answer, ok := p.ask(r)
	if !ok {
		return false
	}
	if answer.Seq == 0 {
		return p.fault("%s: %+v is answered with %+v", p.name, r, answer)
	}
	p.model.acked(conversationOf(p.name, of), p.entryOf(r, answer.Seq))
	return true
}

func (p *person) entryOf(r request, seq uint64) entry {
	return entry{Seq: seq, From: p.name, To: r.To, Text: r.Text, Reply: r.Reply, Edit: r.Edit, Delete: r.Delete, React: r.React}
}

// amend sends what is about another message, and looks whether it is as it should be then.
func (p *person) amend(of string, r request) bool {
	r.Op, r.To = "send", of
	if max(r.Reply, r.Edit, r.Delete, r.React) == 0 || r.Reply > 0 && !p.isIn(of) {
		return p.say(of)
	}
	if p.felt[of] == nil {
		p.felt[of] = make(map[uint64]string)
	}
	answer, ok := p.ask(r)
	if !ok {
		return false
	}
	e := p.entryOf(r, answer.Seq)
	switch conversation := conversationOf(p.name, of); {
	case !p.isIn(of):
		if answer.Code != "not_member" {
			return p.fault("%s, who is not in %s: %v is answered with %+v", p.name, of, e, answer)
		}
	case answer.Event == "error":
		p.model.refused(conversation, e, answer.Code)
	case answer.Seq > 0:
		p.model.acked(conversation, e)
		if r.React > 0 {
			p.felt[of][r.React] = r.Text
		}
		return p.random.IntN(3) > 0 || p.look(of, e)
	case r.React == 0 || p.felt[of][r.React] != r.Text:
		return p.fault("%s felt %q: %v is acknowledged without a number", p.name, p.felt[of][r.React], e)
	}
	return true
}

// look asks for the message that e has just changed: it must be so.
func (p *person) look(of string, e entry) bool {
	about := e.about()
	answer, ok := p.ask(request{Op: "history", Of: of, Around: &about, Limit: 20})
	if !ok {
		return false
	}
	if answer.Event != "history" {
		return p.fault("%s asks for the history of %s: %+v", p.name, of, answer)
	}
	for _, m := range answer.Messages {
		switch {
		case m.Seq == about && m.Deleted && (m.Text != "" || m.Reactions != nil), m.Seq == about && e.Delete > 0 && !m.Deleted,
			m.Edit == e.Delete && m.Edit > 0 && m.Text != "":
			return p.fault("%s has deleted %d of %s: %v", p.name, about, of, m)
		case m.Seq == about && e.Edit > 0 && !m.Deleted && (m.Text != e.Text || m.Edited == ""):
			return p.fault("%s has edited %d of %s to %q: %v", p.name, about, of, e.Text, m)
		case m.Seq == about && e.React > 0 && !m.Deleted && feltIn(m, p.name) != e.Text:
			return p.fault("%s has reacted to %d of %s with %q: %v", p.name, about, of, e.Text, m)
		}
	}
	return true
}

// feltIn is the reaction of a user to a message of a history.
func feltIn(m entry, user string) string {
	for _, t := range m.Reactions {
		if slices.Contains(t.Users, user) {
			return t.Text
		}
	}
	return ""
}

// move joins a group, or leaves it.
func (p *person) move() bool {
	group := groups[p.random.IntN(len(groups))]
	r := request{Op: "join", Group: group}
	if p.isIn(group) {
		r.Op = "leave"
	}
	return p.moved(r)
}

func (p *person) moved(r request) bool {
	answer, ok := p.ask(r)
	if !ok {
		return false
	}
	if answer.Event != "ack" {
		return p.fault("%s: %+v is answered with %+v", p.name, r, answer)
	}
	return true
}

// overreach asks for what cannot be done.
func (p *person) overreach(of string) bool {
	if !p.isIn(of) {
		return p.amend(of, request{React: 1, Text: "👍"})
	}
	text := p.text(of)
	switch p.random.IntN(7) {
	case 0: // mostly another's
		return p.amend(of, request{Edit: p.pick(of, false), Text: text})
	case 1:
		return p.amend(of, request{Edit: p.amendment(of), Text: text})
	case 2:
		return p.amend(of, request{React: 1 << 40, Text: "👍"})
	case 3:
		return p.refuse(request{To: of, Edit: p.pick(of, true)}) // without a text
	case 4:
		return p.refuse(request{To: of, Edit: p.pick(of, true), Reply: 1, Text: text})
	case 5:
		return p.refuse(request{To: of, React: p.pick(of, false), Text: strings.Repeat("!", 33)})
	default:
		return p.amend(of, request{React: p.gone(of), Text: "👍"})
	}
}

// refuse sends what is a bad request, as long as it names a message.
func (p *person) refuse(r request) bool {
	if r.Op = "send"; r.Edit+r.React == 0 {
		return p.say(r.To)
	}
	answer, ok := p.ask(r)
	if ok && answer.Code != "bad_request" {
		return p.fault("%s: %+v is answered with %+v", p.name, r, answer)
	}
	return ok
}

// amendment is one; 0: there is none.
func (p *person) amendment(of string) uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if all := p.screenOf(of).amending; len(all) > 0 {
		return all[len(all)-1]
	}
	return 0
}

// gone is a message that is deleted; 0: there is none.
func (p *person) gone(of string) (newest uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for seq, m := range p.screenOf(of).messages {
		if m.Deleted {
			newest = max(newest, seq)
		}
	}
	return newest
}
