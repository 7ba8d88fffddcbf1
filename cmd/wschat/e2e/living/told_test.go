//go:build e2e && linux

package living

import (
	"maps"
	"slices"
)

// welcome goes on where the connection before has ended.
func (p *person) welcome(e event) {
	p.newest, p.catching = make(map[string]uint64), make(map[string]bool)
	p.moments = make(map[string]int)
	p.logins++
	if e.Epoch != p.epoch {
		p.epoch = e.Epoch
		p.epochs++
		if p.epochs > 1 {
			p.forget()
			if len(e.Conversations) > 0 || len(e.Groups) > 0 || !p.house.forgets {
				p.fault("%s: a new epoch begins with %+v", p.name, e)
			}
		}
	}
	for _, group := range groups {
		if in := slices.Contains(e.Groups, group); in != p.groups[group] && !p.open.moves(group) {
			p.fault("%s is in %v, and was in %v", p.name, e.Groups, slices.Collect(maps.Keys(p.groups)))
		}
	}
	for of, last := range e.Conversations {
		if s := p.screenOf(of); last > s.whole {
			p.catchUp(of)
		} else if last < s.whole {
			p.fault("%s: the last of %s is %d, and %d was there", p.name, of, last, s.whole)
		}
	}
	p.give()
}

// moves reports whether r, without an answer, makes it open who is in a group.
func (r *request) moves(group string) bool { return r != nil && (r.Group == group || r.To == group) }

func (p *person) screenOf(of string) *screen {
	if p.screens[of] == nil {
		p.screens[of] = newScreen(1)
	}
	return p.screens[of]
}

// message takes one in that is told live.
func (p *person) message(e entry) {
	of := e.To
	if of == p.name {
		of = e.From
	}
	if of == "" {
		p.doubt()
		return
	}
	if newest := p.newest[of]; newest > 0 && e.Seq != newest+1 {
		p.fault("%s is told %v of %s after %d", p.name, e, of, newest)
	}
	p.newest[of] = e.Seq
	if p.told[of] == nil {
		p.told[of] = make(map[uint64]entry)
	}
	p.told[of][e.Seq] = e
	p.model.told(conversationOf(p.name, of), e)
	s := p.screenOf(of)
	if s.take(e); s.hole() {
		p.catchUp(of)
	}
}

// doubt asks for what the operator has deleted of what was sent to the user: the deletion does
// not say by whom that was.
func (p *person) doubt() {
	for _, of := range names {
		delete(p.newest, of) // which is one more, in one of them
		p.catchUp(of)
	}
}

// catchUp asks for what is missing.
func (p *person) catchUp(of string) {
	if !p.catching[of] {
		p.catching[of] = true
		p.moments[of] = p.model.goneNow()
		after := p.screenOf(of).whole
		p.send(request{Op: "history", ID: "catch " + of, Of: of, After: &after, Limit: 200})
	}
}

func (p *person) caughtUp(e event) {
	p.catching[e.Of] = false
	s := p.screenOf(e.Of)
	if len(e.Messages) > 0 && e.Messages[0].Seq > s.whole+1 { // what is between is dropped
		first := e.Messages[0].Seq
		p.model.begins(conversationOf(p.name, e.Of), first)
		waiting := s.waiting
		s = newScreen(first)
		s.waiting = waiting
		p.screens[e.Of] = s
	}
	for _, m := range e.Messages {
		p.model.told(conversationOf(p.name, e.Of), m)
		if p.model.wasGone(m.Text, p.moments[e.Of]) {
			p.fault("%s asks for the history of %s: the text of %v was gone before", p.name, e.Of, m)
		}
		s.take(m)
	}
	if e.More || s.hole() {
		p.catchUp(e.Of)
	}
}
