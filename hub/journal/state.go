package journal

import (
	"math"
	"slices"
	"time"

	"wschat/hub/chat"
	"wschat/hub/store"
)

// state is what a journal says, in memory. Records are applied to it in order, at
// start and as they become safe. But for memory it is guarded by Store.mu.
type state struct {
	memory    *store.Memory
	users     map[string]*user
	requests  requests
	userBytes int64 // what the users take on disk, roughly
	deletion  int64 // when the first message was deleted that may be on disk still; 0: none was
}

// user is somebody known.
type user struct {
	here   bool
	seen   int64
	groups []string
	marks  *marks // nil: there are none
}

func (u *user) size(name string) int64 {
	n := headSize + 12 + len(name)
	for _, g := range u.groups {
		n += 1 + len(g)
	}
	return int64(n) + u.marks.size(name)
}

func newState(memory *store.Memory) *state {
	return &state{memory: memory, users: make(map[string]*user), requests: newRequests(math.MaxInt64)}
}

// apply does what a record says. It fails if the record cannot stand here. Once a
// compaction has left out old messages, a conversation may begin with any number.
func (s *state) apply(rec record, compacted bool) error {
	var m message
	body, err := rec.parse(&m)
	if err != nil {
		return err
	}
	switch b := body.(type) {
	case *message:
		return s.applyMessage(b, rec, compacted)
	case written:
		s.memory.SetWritten(b.user, b.conversation, b.seq)
	case forgotten:
		s.memory.Forget(b.conversation, b.seq)
	case userState:
		if old := s.users[b.name]; old != nil && b.user != nil {
			b.marks = old.marks
		}
		s.setUser(b.name, b.user)
		if b.user != nil {
			s.memory.LeftAt(b.name, b.seen)
		}
	case request:
		s.requests.add(b)
	case member:
		s.setMember(b)
	case topic:
		s.memory.LoadTopic(b.group, b.text)
	case userMarks:
		if s.users[b.user] != nil {
			s.setMarks(s.withOwn(b))
		}
	}
	return nil
}

func (s *state) applyMessage(m *message, rec record, compacted bool) error {
	err := s.memory.Load(&store.Saved{
		Conversation: m.conversation, From: m.from, To: m.to, Seq: m.seq, Time: m.time,
		Kind: m.kind(), About: m.about, Was: m.was,
		Binary: m.flags&flagBinary != 0, Settled: m.flags&flagSettled != 0,
		Away: m.flags&flagAway != 0,
		File: m.file, Body: m.body, Disk: sizeOnDisk(rec.body),
	}, compacted)
	if m.kind() == chat.Deletion && s.deletion == 0 {
		s.deletion = m.time
	}
	if err != nil {
		return err
	}
	if len(m.id) > 0 && s.requests.wants(m.time) {
		s.requests.add(m.request())
	}
	s.readOwn(m)
	return nil
}

// setUser replaces what is known of a user; nil: it is not known any more.
func (s *state) setUser(name string, u *user) {
	if old := s.users[name]; old != nil {
		s.userBytes -= old.size(name)
	}
	if u == nil {
		delete(s.users, name)
		return
	}
	s.users[name] = u
	s.userBytes += u.size(name)
}

// edit changes what is known of a user. It makes the user known.
func (s *state) edit(name string, how func(*user)) {
	u := s.users[name]
	if u == nil {
		u = &user{seen: time.Now().UnixNano()}
		s.setUser(name, u)
	}
	s.userBytes -= u.size(name)
	how(u)
	s.userBytes += u.size(name)
}

// setMember makes a user a member of a group, or ends that.
func (s *state) setMember(m member) {
	if !m.is && s.users[m.user] == nil {
		return
	}
	s.edit(m.user, func(u *user) {
		i := slices.Index(u.groups, m.group)
		switch {
		case m.is && i < 0:
			u.groups = append(u.groups, m.group)
		case !m.is && i >= 0:
			u.groups = slices.Delete(u.groups, i, i+1)
		}
	})
}
