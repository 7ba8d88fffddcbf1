//go:build e2e && linux

package nodes

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"wschat/hub/chat"
)

// told is what one user has been told, added up. It is the specification of what many
// nodes may tell: it does what a JSON client does with its events, and notes in wrong
// whatever does not add up.
//
//   - A connection gets each message of a conversation once, in order, without a hole,
//     from what its welcome named on, or from its own join on. What the welcome names may
//     come behind it, as it was under way.
//   - A number stands for one message in an epoch, for all clients and for good.
//   - A login is told of somebody who is offline, an exit of somebody who is online; the
//     same holds for joins and leaves. Nobody is told of his own login or exit.
//   - A new epoch takes nothing with it but numbers: it begins with a welcome.
type told struct {
	user    string
	numbers *numbers

	epoch  string
	epochs int                          // so many different ones
	texts  map[string]map[uint64]string // of this epoch, by conversation
	whole  map[string]uint64            // up to there nothing is missing
	last   map[string]uint64            // the largest number there is
	acked  map[string]map[uint64]string // of this epoch

	// Since the last welcome:
	live    map[string]uint64          // the last message that came as an event, or that the welcome counted
	spoken  map[string]bool            // one came as an event
	online  map[string]bool            // the user included
	asked   map[string]map[string]bool // the members that who named, of each group the user is in; nil: he has to ask
	members map[string]map[string]bool // what has been told since of who joined and left; it counts for more
	came    map[string]map[string]bool // who came online since: who names no members who are away

	who   map[string][]string // the last answers, by group; "": everybody
	moves map[string]string   // + and - for what was told of a user, "B", or of a member, "groupX B"
	wrong []string
}

// event is one of PROTOCOL 4.
type event struct {
	Event         string
	ID            string
	Code          string
	Epoch         string
	Seq           uint64
	From, To, Of  string
	Text          string
	User          string
	Group         string
	More          bool
	Messages      []event
	Conversations map[string]uint64
	Groups        []string
	Online        []string
	Users         []string
}

func newTold(user string, n *numbers) *told {
	return &told{user: user, numbers: n, who: make(map[string][]string), moves: make(map[string]string)}
}

// take adds an event, and returns what it was.
func (v *told) take(text string) event {
	var e event
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		v.fault("%v: %s", err, text)
	}
	switch e.Event {
	case "welcome":
		v.welcome(e)
	case "message":
		v.message(e)
	case "history":
		for _, m := range e.Messages {
			v.keep(m)
		}
	case "online", "offline":
		v.presence(e.User, e.Event == "online")
	case "joined", "left":
		v.member(e.Group, e.User, e.Event == "joined")
	case "members":
		v.who[e.Group] = e.Users
		if named, in := v.asked[e.Group]; in && named == nil {
			v.asked[e.Group], v.came[e.Group] = setOf(e.Users), make(map[string]bool)
		}
	}
	return e
}

func (v *told) fault(format string, args ...any) {
	v.wrong = append(v.wrong, fmt.Sprintf(format, args...))
}

func (v *told) welcome(e event) {
	if e.Epoch != v.epoch {
		v.epoch = e.Epoch
		v.epochs++
		v.texts, v.acked = make(map[string]map[uint64]string), make(map[string]map[uint64]string)
		v.whole, v.last = make(map[string]uint64), make(map[string]uint64)
	}
	v.live, v.spoken = make(map[string]uint64), make(map[string]bool)
	v.online = setOf(e.Online)
	v.asked, v.members = make(map[string]map[string]bool), make(map[string]map[string]bool)
	v.came = make(map[string]map[string]bool)
	for _, group := range e.Groups {
		v.live[group] = 0
		v.enter(group)
	}
	maps.Copy(v.live, e.Conversations)
	for of, seq := range e.Conversations {
		v.last[of] = max(v.last[of], seq)
	}
	if !v.online[v.user] {
		v.fault("is not online in his own welcome: %v", e.Online)
	}
}

// enter begins what is known of a group's members.
func (v *told) enter(group string) {
	v.asked[group] = nil
	v.members[group] = map[string]bool{v.user: true}
}

func (v *told) message(e event) {
	of := conversationOf(v.user, e)
	last, known := v.live[of]
	switch _, in := v.members[of]; {
	case chat.IsGroup(of) && !in:
		v.fault("is not in %s, and gets %d", of, e.Seq)
	case chat.IsGroup(of) && !known: // the first since he joined
	case e.Seq <= last && !v.spoken[of]: // it was under way when the welcome counted it
	case e.Seq <= last:
		v.fault("%s: %d comes after %d", of, e.Seq, last)
	case e.Seq > last+1:
		v.fault("%s: %d comes after %d: a hole", of, e.Seq, last)
	}
	v.live[of], v.spoken[of] = e.Seq, true
	v.keep(e)
}

// keep notes a message, live or not.
func (v *told) keep(m event) {
	of := conversationOf(v.user, m)
	if v.texts[of] == nil {
		v.texts[of] = make(map[uint64]string)
	}
	v.texts[of][m.Seq] = m.Text
	v.last[of] = max(v.last[of], m.Seq)
	for v.texts[of][v.whole[of]+1] != "" {
		v.whole[of]++
	}
	v.numbers.note(number{v.epoch, globalName(v.user, of), m.Seq}, m.Text, "a "+m.Event)
}

// ack notes that a message of the user's own is safe.
func (v *told) ack(of, text string, seq uint64) {
	if v.acked[of] == nil {
		v.acked[of] = make(map[uint64]string)
	}
	v.acked[of][seq] = text
	v.numbers.note(number{v.epoch, globalName(v.user, of), seq}, text, "an ack")
}

// missing reports whether something is missing of a conversation, as far as is known.
func (v *told) missing(of string) bool { return v.last[of] > v.whole[of] }

func (v *told) presence(user string, online bool) {
	switch {
	case user == v.user:
		v.fault("is told of himself: online %v", online)
	case v.online[user] == online:
		v.fault("is told again of %s: online %v", user, online)
	}
	v.move(user, online)
	for group, came := range v.came {
		if online && !v.asked[group][user] {
			came[user] = true
		}
	}
	if online {
		v.online[user] = true
	} else {
		delete(v.online, user)
	}
}

func (v *told) member(group, user string, member bool) {
	members, in := v.members[group]
	was, known := members[user]
	switch {
	case user == v.user && member == in, known && was == member:
		v.fault("is told again of %s in %s: member %v", user, group, member)
	case user == v.user && member:
		v.enter(group)
	case !in:
		v.fault("is not in %s, and is told of %s: member %v", group, user, member)
	case user == v.user:
		delete(v.asked, group)
		delete(v.members, group)
		delete(v.came, group)
		delete(v.live, group) // another join begins anew
	default:
		members[user] = member
	}
	v.move(group+" "+user, member)
}

func (v *told) move(key string, there bool) {
	if there {
		v.moves[key] += "+"
	} else {
		v.moves[key] += "-"
	}
}

// in returns who is online, or online in a group, as far as the user has been told.
func (v *told) in(group string) (names []string) {
	for name := range v.online {
		member, known := v.members[group][name]
		if group == "" || member || !known && v.asked[group][name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// cannotKnow reports whether a user may have been a member already when he came online.
func (v *told) cannotKnow(group, user string) bool {
	_, known := v.members[group][user]
	return v.came[group][user] && !known
}

// numbers is what each number has stood for, for all clients of a test. Safe for
// concurrent use.
type numbers struct {
	mu    sync.Mutex
	texts map[number]string
	seqs  map[number]map[string]uint64 // of a text, under a number without seq
	wrong []string
}

type number struct {
	epoch, of string
	seq       uint64
}

func newNumbers() *numbers {
	return &numbers{texts: make(map[number]string), seqs: make(map[number]map[string]uint64)}
}

// note takes what somebody has seen. The texts of a conversation are all different.
func (n *numbers) note(at number, text, what string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if old, ok := n.texts[at]; ok && old != text {
		n.wrong = append(n.wrong, fmt.Sprintf("%v is %q, and %q in %s", at, old, text, what))
	}
	n.texts[at] = text
	all := number{at.epoch, at.of, 0}
	if n.seqs[all] == nil {
		n.seqs[all] = make(map[string]uint64)
	}
	if seq := n.seqs[all][text]; seq > 0 && seq != at.seq {
		n.wrong = append(n.wrong, fmt.Sprintf("%q is %v and number %d", text, at, seq))
	}
	n.seqs[all][text] = at.seq
}

// conversationOf names a message's conversation as its user does: a private one by the
// other's name.
func conversationOf(user string, m event) string {
	if m.To == user {
		return m.From
	}
	return m.To
}

// globalName names it as nobody in particular.
func globalName(user, of string) string {
	if of == chat.Everyone || chat.IsGroup(of) {
		return of
	}
	return min(user, of) + "," + max(user, of)
}

func setOf(names []string) map[string]bool {
	set := make(map[string]bool)
	for _, name := range names {
		set[name] = true
	}
	return set
}
