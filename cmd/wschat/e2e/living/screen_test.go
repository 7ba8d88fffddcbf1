//go:build e2e && linux

package living

import "slices"

// screen is a conversation as a client shows it: what was told, applied in its order.
type screen struct {
	first    uint64 // before this nothing was there any more when the client came
	whole    uint64 // up to this nothing is missing
	messages map[uint64]*shownMessage
	amending []uint64         // the entries that are amendments
	waiting  map[uint64]entry // what came behind a hole
}

// shownMessage is one of them.
type shownMessage struct {
	entry
	reactions []reaction
}

func newScreen(first uint64) *screen {
	return &screen{first: first, whole: first - 1, messages: make(map[uint64]*shownMessage), waiting: make(map[uint64]entry)}
}

// take takes an entry in, when all before it are there.
func (s *screen) take(e entry) {
	if e.Seq <= s.whole {
		return
	}
	s.waiting[e.Seq] = e
	for {
		next, ok := s.waiting[s.whole+1]
		if !ok {
			return
		}
		delete(s.waiting, next.Seq)
		s.whole++
		s.apply(next)
	}
}

// hole reports whether something came behind what is missing.
func (s *screen) hole() bool { return len(s.waiting) > 0 }

func (s *screen) apply(e entry) {
	if e.amends() == 0 {
		m := &shownMessage{entry: e}
		for _, t := range e.Reactions {
			for _, user := range t.Users {
				m.reactions = append(m.reactions, reaction{user, t.Text})
			}
		}
		s.messages[e.Seq] = m
		return
	}
	s.amending = append(s.amending, e.Seq)
	m := s.messages[e.amends()]
	switch {
	case m == nil || m.Deleted:
	case e.Edit > 0:
		m.Text, m.Edited = e.Text, e.Time
	case e.Delete > 0:
		m.Deleted, m.Text, m.Edited, m.reactions = true, "", "", nil
	case e.React > 0:
		m.reactions = slices.DeleteFunc(m.reactions, func(r reaction) bool { return r.User == e.From })
		if e.Text != "" {
			m.reactions = append(m.reactions, reaction{e.From, e.Text})
		}
	}
}

// shows is a message as a history would have it.
func (s *screen) shows(seq uint64) (e entry, ok bool) {
	m := s.messages[seq]
	if m == nil {
		return e, false
	}
	e = m.entry
	e.Reactions = message{Reactions: m.reactions}.tallies()
	return e, true
}
