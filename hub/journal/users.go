package journal

import (
	"math"
	"slices"
	"time"

	"wschat/hub/chat"
)

// Load returns who was known when the journal was opened, and which sends had
// been acknowledged. It is asked once, before the first append; what it returns
// is the caller's.
func (s *Store) Load() chat.Known {
	k := s.load()
	for i := range k.Users {
		k.Users[i].Talks = s.memory.Talks(k.Users[i].Name)
	}
	return k
}

func (s *Store) load() chat.Known {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := chat.Known{Users: make([]chat.KnownUser, 0, len(s.state.users)), Bans: s.bans}
	for name, u := range s.state.users {
		k.Users = append(k.Users, chat.KnownUser{Name: name, Seen: time.Unix(0, u.seen), Groups: slices.Clone(u.groups), Marks: u.marks.all()})
	}
	instead := make(map[request]bool) // what was told of some
	for r := range s.state.requests.All() {
		if r.flags&flagInstead != 0 {
			instead[r.send()] = r.toldAway()
		}
	}
	for r := range s.state.requests.All() {
		away, ok := instead[r.send()]
		if !ok {
			away = r.toldAway()
		}
		k.Requests = append(k.Requests, chat.KnownRequest{User: r.user, ID: r.id, Seq: r.seq, Away: away, Time: time.Unix(0, r.time)})
	}
	s.state.requests = newRequests(math.MaxInt64) // no more are wanted
	return k
}

// Seen notes when a user was last here; the zero time: is here now. It makes the
// user known. Like all notes (Forget, Written) it does not block. It is on disk with the
// next message that is appended, or after noteDelay; a crash before that undoes it. Safe
// for concurrent use.
func (s *Store) Seen(name string, t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.edit(name, func(u *user) {
		u.here, u.seen = t.IsZero(), time.Now().UnixNano()
		if !u.here {
			u.seen = t.UnixNano()
		}
	})
	s.note(note{kind: kindUser, user: name}, 0)
}

// SetMember implements chat.Registry. It makes the user known. stored is called as
// that of Append is, in one order with it. Safe for concurrent use.
func (s *Store) SetMember(name, group string, is bool, stored func(error)) {
	m := member{name, group, is}
	s.append(pending{kind: kindMember, body: appendMember(nil, m), apply: func(st *state) { st.setMember(m) }, stored: stored})
}

// Answered implements chat.Registry. stored is called as by SetMember.
func (s *Store) Answered(m *chat.Message, away bool, stored func(error)) {
	r := request{user: m.From, id: m.ID, conversation: m.Conversation, seq: m.Seq, time: m.Time.UnixNano(), flags: flagInstead}
	if away {
		r.flags |= flagToldAway
	}
	s.append(pending{kind: kindRequest, body: appendRequest(nil, &r), apply: func(st *state) { st.requests.add(r) }, stored: stored})
}

// Forget notes that a user is known no more, and a member of nothing. Safe for
// concurrent use; see Seen.
func (s *Store) Forget(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.state.users[name]
	if u == nil {
		return
	}
	s.state.setUser(name, nil)
	s.note(note{kind: kindUser, user: name}, 0)
	for _, m := range u.marks.all() { // in case that there is somebody by that name before the note is written
		s.note(note{kind: kindMarks, user: name, conversation: m.Conversation}, 0)
	}
}
