//go:build e2e && linux

package living

import (
	"fmt"
	"slices"
	"sync"
)

var everywhere = slices.Concat([]string{"all"}, groups, names)

// check brings all people together, waits until they have seen everything, and compares.
func (w *world) check() {
	if !w.running() {
		return
	}
	w.line.waitToJoin()
	for _, p := range w.people {
		for _, group := range groups {
			p.moved(request{Op: "join", Group: group})
		}
		for _, of := range slices.Concat([]string{"all", lineUser}, groups) {
			p.say(of)
		}
	}
	for _, p := range w.people {
		for _, of := range everywhere {
			entries, _ := w.model.acknowledged(conversationOf(p.name, of))
			p.wait(of, uint64(len(entries)))
		}
	}
	for _, wrong := range w.model.lawful() {
		w.t.Error(wrong)
	}
	if w.t.Failed() {
		w.end()
		return
	}
	var checking sync.WaitGroup
	for _, p := range w.people {
		checking.Go(func() {
			for _, of := range everywhere {
				entries, _ := w.model.acknowledged(conversationOf(p.name, of))
				p.check(of, entries)
			}
		})
	}
	checking.Wait()
	for _, of := range []string{"all", "groupA"} {
		entries, _ := w.model.acknowledged(of)
		w.line.checkLive(of, entries)
		w.line.checkHistory(of, of, entries)
	}
	for _, p := range w.people {
		of := conversationOf(p.name, lineUser)
		entries, _ := w.model.acknowledged(of)
		w.line.checkPrivate(of, entries)
		w.line.checkHistory(p.name, of, entries)
	}
	if w.t.Failed() {
		w.end()
	}
}

// summary is what has been there, so that one sees that there was something to be compared.
func (w *world) summary() string {
	var total, replies, edits, deletions, reactions, logins, repeated int
	for _, p := range w.people {
		p.mu.Lock()
		logins, repeated = logins+p.logins, repeated+p.repeated
		p.mu.Unlock()
	}
	w.model.mu.Lock()
	defer w.model.mu.Unlock()
	for _, entries := range w.model.entries {
		for _, e := range entries {
			total++
			for n, is := range map[*int]bool{&replies: e.Reply > 0, &edits: e.Edit > 0, &deletions: e.Delete > 0, &reactions: e.React > 0} {
				if is {
					*n++
				}
			}
		}
	}
	return fmt.Sprintf("%d entries: %d replies, %d edits, %d deletions, %d reactions; %d refused; %d logins, %d times something was sent again, %d times something was dropped already",
		total, replies, edits, deletions, reactions, len(w.model.refusals), logins, repeated, len(w.model.dropped))
}

// check compares what the user was told of a conversation, the screen that was made of it,
// and the history, with what was acknowledged.
func (p *person) check(of string, entries []entry) {
	times := p.model.timesOf(conversationOf(p.name, of)) // who was told of all knows all
	p.checkLive(of, entries, times)
	if forward, ok := p.forward(of); ok {
		p.checkPages(of+", forward", entries, forward, times)
	}
	if backward, ok := p.backward(of); ok {
		p.checkPages(of+", backward", entries, backward, times)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.compare("made of events", of, p.screenOf(of), entries, times)
}

// checkLive compares each entry that was told as it came.
func (p *person) checkLive(of string, entries []entry, times map[uint64]string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for seq, live := range p.told[of] {
		want := entries[seq-1]
		if want.React > 0 {
			want.Was = reads(entries[:seq-1], want.React).reactionOf(want.From)
		}
		if live.Time = ""; live.String() != want.String() && !(p.house.isShared() && wasLater(live, entries, times)) {
			p.t.Errorf("%s was told of %s\n\t%v, and sent was\n\t%v", p.name, of, live, want)
		}
	}
}

// wasLater reports whether an entry is as it read at some later time. One of several nodes that
// was not told by the channel, as it has only begun to follow a conversation, tells what it has
// asked for.
func wasLater(live entry, entries []entry, times map[uint64]string) bool {
	for n := live.Seq; n <= uint64(len(entries)); n++ {
		later := shown(entries[:n], live.Seq, times)
		later.Was = live.Was
		if later.Time = ""; later.String() == live.String() {
			return true
		}
	}
	return false
}

// checkPages compares a history, which goes to the end, entry by entry, and two screens that
// are made of it: one that knows nothing of amendments, and one that applies them.
func (p *person) checkPages(what string, entries, pages []entry, times map[uint64]string) {
	n := uint64(len(entries))
	if n == 0 || len(pages) == 0 {
		if int(n) != len(pages) {
			p.t.Errorf("%s, %s: %d of %d entries", p.name, what, len(pages), n)
		}
		return
	}
	first := n + 1 - uint64(len(pages))
	kept := uint64(len(pages))
	if h := p.model.history; h == 0 && kept != n || h > 0 && (kept < min(h, n) || kept > 2*h) {
		p.t.Errorf("%s, %s: %d of %d entries are kept", p.name, what, kept, n)
	}
	plain, whole := newScreen(first), newScreen(first)
	for i, got := range pages {
		want := shown(entries, first+uint64(i), times)
		want.Time = times[want.Seq]
		got.Was = "" // what it took the place of may be another's by now
		if got.String() != want.String() {
			p.t.Errorf("%s, %s:\n\t%v, want\n\t%v", p.name, what, got, want)
			return
		}
		whole.take(got)
		if got.amends() == 0 {
			plain.apply(got)
		}
	}
	p.compare("made of history", what, whole, entries, times)
	p.compare("made of the messages of history", what, plain, entries, times)
}

// compare compares a screen with what it should be.
func (p *person) compare(made, of string, s *screen, entries []entry, times map[uint64]string) {
	for seq := s.first; seq <= uint64(len(entries)); seq++ {
		got, ok := s.shows(seq)
		if entries[seq-1].amends() > 0 {
			if ok {
				p.t.Errorf("%s, %s, screen %s: %v is shown, which is %v", p.name, of, made, got, entries[seq-1])
			}
			continue
		}
		want := shown(entries, seq, times)
		if got.Time = ""; got.String() != want.String() {
			p.t.Errorf("%s, %s, screen %s:\n\t%v, want\n\t%v", p.name, of, made, got, want)
			return
		}
	}
}

// forward reads all that is kept of a conversation, the oldest first.
func (p *person) forward(of string) (pages []entry, ok bool) {
	for after, more := uint64(0), true; more; {
		answer, ok := p.ask(request{Op: "history", Of: of, After: &after, Limit: 1 + p.random.IntN(200)})
		if !ok {
			return nil, false
		}
		if len(answer.Messages) > 0 {
			after = answer.Messages[len(answer.Messages)-1].Seq
		}
		pages, more = append(pages, answer.Messages...), answer.More
	}
	return pages, p.areInOrder(of, pages)
}

// backward reads the same, the newest first.
func (p *person) backward(of string) (pages []entry, ok bool) {
	r := request{Op: "history", Of: of}
	for more := true; more; {
		r.Limit = 1 + p.random.IntN(200)
		answer, ok := p.ask(r)
		if !ok {
			return nil, false
		}
		if len(answer.Messages) > 0 {
			r.Before = &answer.Messages[0].Seq
		}
		pages, more = append(answer.Messages, pages...), answer.More
	}
	return pages, p.areInOrder(of, pages)
}

// areInOrder reports whether entries have numbers without holes.
func (p *person) areInOrder(of string, entries []entry) bool {
	for i, e := range entries {
		if e.Seq != entries[0].Seq+uint64(i) {
			return p.fault("%s, %s: %v is entry %d of a history that begins with %v", p.name, of, e, i, entries[0])
		}
	}
	return true
}
