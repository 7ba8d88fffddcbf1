package local

import (
	"slices"
	"time"

	"wschat/hub/chat"
)

// restore takes over the users and groups from before the start. The lock is held.
func (e *Engine) restore(k chat.Known) {
	slices.SortFunc(k.Users, func(a, b chat.KnownUser) int { return a.Seen.Compare(b.Seen) })
	for _, known := range k.Users {
		u := &user{name: known.Name}
		for _, group := range known.Groups[:min(len(known.Groups), chat.MaxGroups)] {
			e.join(u, group)
		}
		e.restoreMarks(u, known.Marks)
		e.users[u.name] = u
		e.left(u, "", known.Seen, known.Talks || len(known.Groups) > 0)
	}
	e.forgetRefused()
	e.bans = k.Bans
}

// forgetRefused forgets users and groups whose names an older version allowed: nobody can
// log in as such a user, or leave such a group. The lock is held.
func (e *Engine) forgetRefused() {
	for _, u := range e.users {
		if !chat.ValidUser(u.name) {
			e.forget(u)
			continue
		}
		for _, m := range slices.Clone(u.groups) {
			if g := m.group; !chat.ValidGroup(g.name) {
				e.leave(u, g)
				e.note(func(r chat.Registry) { r.SetMember(u.name, g.name, false, func(error) {}) })
			}
		}
	}
}

// note notes a call of the registry, which unlock makes. The lock is held.
func (e *Engine) note(what func(chat.Registry)) {
	if e.registry != nil {
		e.notes = append(e.notes, what)
	}
}

// noteLate notes a call where nobody unlocks with unlock: it is made within noteDelay. The
// lock is held.
func (e *Engine) noteLate(what func(chat.Registry)) {
	e.note(what)
	select {
	case e.late <- struct{}{}:
	default:
	}
}

// noteDelay is how long notes wait that nobody hands over, so that many go together.
const noteDelay = 100 * time.Millisecond

// handLateNotes hands them over.
func (e *Engine) handLateNotes() {
	for {
		select {
		case <-e.late:
		case <-e.stop:
			return
		}
		select {
		case <-time.After(noteDelay):
		case <-e.stop: // Close hands them over
			return
		}
		e.mu.Lock()
		e.unlock()
	}
}

// unlock unlocks Engine.mu, and then hands the notes to the registry, in order; the first
// goroutine does so for the others, too. When it returns, the registry has all notes from
// before the call.
func (e *Engine) unlock() {
	noted := len(e.notes) > 0 || e.handing
	e.mu.Unlock()
	if !noted {
		return
	}
	e.noting.Lock()
	defer e.noting.Unlock()
	for _, what := range e.takeNotes() {
		what(e.registry)
	}
	e.mu.Lock()
	e.handing = false
	e.mu.Unlock()
}

func (e *Engine) takeNotes() []func(chat.Registry) {
	e.mu.Lock()
	defer e.mu.Unlock()
	notes := e.notes
	e.notes, e.handing = nil, true
	return notes
}
