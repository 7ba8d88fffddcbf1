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
		k.Users = append(k.Users, chat.KnownUser{Name: name, Seen: time.Unix(0, u.seen), Groups: slices.Clone(u.groups)})
	}
	requested := slices.Collect(s.state.requests.All())
	instead := make(map[request]bool) // what was told of some, by the request without time and flags
	for _, r := range requested {
		if r.flags&flagInstead != 0 {
			instead[request{user: r.user, id: r.id, conversation: r.conversation, seq: r.seq}] = r.flags&flagToldAway != 0
		}
	}
	for _, r := range requested {
		known := chat.KnownRequest{User: r.user, ID: r.id, Seq: r.seq, Away: r.flags&flagToldAway != 0, Time: time.Unix(0, r.time)}
		if len(instead) > 0 {
			if away, ok := instead[request{user: r.user, id: r.id, conversation: r.conversation, seq: r.seq}]; ok {
				known.Away = away
			}
		}
		k.Requests = append(k.Requests, known)
	}
	s.state.requests = newRequests(math.MaxInt64) // no more are wanted
	return k
}

// Seen notes when a user was last here; the zero time: is here now. It makes the
// user known. Like all notes (Forget, Written) it does not block, and
// is on disk no later than any message that is appended after it, and in
// noteDelay otherwise; a crash before that undoes it. Safe for concurrent use.
func (s *Store) Seen(name string, t time.Time) {
	s.change(name, func(u *user) {
		u.here, u.seen = t.IsZero(), time.Now().UnixNano()
		if !u.here {
			u.seen = t.UnixNano()
		}
	})
}

// SetMember implements chat.Registry. It makes the user known. stored is called as
// that of Append is, in one order with it. Safe for concurrent use.
func (s *Store) SetMember(name, group string, is bool, stored func(error)) {
	s.append(pending{kind: kindMember, body: appendMember(nil, member{name, group, is}), stored: stored})
}

// Answered implements chat.Registry, likewise.
func (s *Store) Answered(m *chat.Message, away bool, stored func(error)) {
	r := request{user: m.From, id: m.ID, conversation: m.Conversation, seq: m.Seq, time: m.Time.UnixNano(), flags: flagInstead}
	if away {
		r.flags |= flagToldAway
	}
	s.append(pending{kind: kindRequest, body: appendRequest(nil, &r), stored: stored})
}

// Forget notes that a user is known no more, and a member of nothing. Safe for
// concurrent use; see Seen.
func (s *Store) Forget(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.users[name] == nil {
		return
	}
	s.state.setUser(name, nil)
	s.note(func(n *notes) { n.users[name] = struct{}{} })
}

func (s *Store) change(name string, how func(*user)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.state.users[name]
	if u == nil {
		u = &user{seen: time.Now().UnixNano()}
		s.state.setUser(name, u)
	}
	s.state.userBytes -= u.size(name)
	how(u)
	s.state.userBytes += u.size(name)
	s.note(func(n *notes) { n.users[name] = struct{}{} })
}
