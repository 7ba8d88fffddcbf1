package journal

import (
	"slices"
	"strings"
	"time"

	"wschat/hub"
)

// Load returns who was known when the journal was opened, and which sends had
// been acknowledged. It is asked once, before the first append; what it returns
// is the caller's.
func (s *Store) Load() hub.Known {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := hub.Known{Users: make([]hub.KnownUser, 0, len(s.state.users))}
	for name, u := range s.state.users {
		k.Users = append(k.Users, hub.KnownUser{Name: name, Seen: time.Unix(0, u.seen), Groups: slices.Clone(u.groups)})
	}
	for _, r := range s.state.requests.all() {
		to := r.conversation
		if strings.Contains(to, ",") {
			to = otherOf(to, r.user)
		}
		k.Requests = append(k.Requests, hub.KnownRequest{User: r.user, ID: r.id, To: to, Seq: r.seq, Time: time.Unix(0, r.time)})
	}
	s.state.requests = requests{}
	return k
}

// Seen notes when a user was last here; the zero time: is here now. It makes the
// user known. Like all notes (SetMember, Forget, Written) it does not block, and
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

// SetMember notes that a user is a member of a group, or not. It makes the user
// known. Safe for concurrent use; see Seen.
func (s *Store) SetMember(name, group string, member bool) {
	s.change(name, func(u *user) {
		i := slices.Index(u.groups, group)
		switch {
		case member && i < 0:
			u.groups = append(u.groups, group)
		case !member && i >= 0:
			u.groups = slices.Delete(u.groups, i, i+1)
		}
	})
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
