package journal

import (
	"container/list"
	"fmt"
	"slices"
	"strings"
	"time"
)

// state is what a journal says, in memory. Records are applied to it in order, at
// start and as they become safe. Not safe for concurrent use.
type state struct {
	limits
	conversations map[string]*conversation
	pairs         map[string][]*conversation // those of two users, by user
	waiting       map[string]map[*conversation]unwritten
	users         map[string]*user
	requests      requests
	newest        int64 // the time of the newest message

	// silent is of *conversation: those with more than one message, the longest
	// silent first.
	silent list.List
	memory int64 // what the messages take, in bytes

	// What is of use, in bytes on disk, roughly: for compaction.
	messageBytes, userBytes int64
}

// unwritten is which messages wait for one user in one conversation: those to the
// user from first to last. newest is the time of the last.
type unwritten struct {
	first, last uint64
	newest      int64
}

// user is somebody known.
type user struct {
	here   bool
	seen   int64
	groups []string
}

func (u *user) size(name string) int64 {
	n := headSize + 12 + len(name)
	for _, g := range u.groups {
		n += 1 + len(g)
	}
	return int64(n)
}

func newState(l limits) *state {
	return &state{
		limits:        l,
		conversations: make(map[string]*conversation),
		pairs:         make(map[string][]*conversation),
		waiting:       make(map[string]map[*conversation]unwritten),
		users:         make(map[string]*user),
	}
}

// apply does what a record says. It fails if the record cannot be one of this
// place. Once old messages have been left out by a compaction, a conversation may
// begin with any number.
func (s *state) apply(rec record, compacted bool) error {
	switch rec.kind {
	case kindMark, kindEnd:
		return nil
	case kindMessage:
		return s.applyMessage(rec.body, compacted)
	case kindWritten:
		w, err := parseWritten(rec.body)
		if err != nil {
			return err
		}
		if c := s.conversations[w.conversation]; c != nil {
			s.setWritten(w.user, c, w.seq)
		}
		return nil
	case kindUser:
		name, u, err := parseUser(rec.body)
		if err != nil {
			return err
		}
		s.setUser(name, u)
		return nil
	case kindRequest:
		r, err := parseRequest(rec.body)
		if err != nil {
			return err
		}
		s.requests.add(r)
		return nil
	case kindMember:
		m, err := parseMember(rec.body)
		if err != nil {
			return err
		}
		s.setMember(m)
		return nil
	}
	return fmt.Errorf("unknown kind %d", rec.kind)
}

func (s *state) applyMessage(body []byte, compacted bool) error {
	m, err := parseMessage(body)
	if err != nil {
		return err
	}
	c := s.conversations[string(m.conversation)]
	if c == nil {
		c = s.begin(string(m.conversation))
	}
	if m.seq != c.last+1 && !(compacted && c.last == 0) {
		return fmt.Errorf("message %d of %s behind %d", m.seq, c.name, c.last)
	}
	c.next = m.seq
	s.add(c, &m, body)
	if len(m.id) > 0 && s.requests.wants(m.time) {
		s.requests.add(m.request())
	}
	return nil
}

// begin makes a conversation without messages.
func (s *state) begin(name string) *conversation {
	c := &conversation{name: name}
	s.conversations[name] = c
	if a, b, ok := strings.Cut(name, ","); ok {
		s.pairs[a] = append(s.pairs[a], c)
		if b != a {
			s.pairs[b] = append(s.pairs[b], c)
		}
	}
	return c
}

// abandon takes a conversation out again that has got no message.
func (s *state) abandon(c *conversation) {
	delete(s.conversations, c.name)
	if a, b, ok := strings.Cut(c.name, ","); ok {
		for _, name := range []string{a, b} {
			s.pairs[name] = slices.DeleteFunc(s.pairs[name], func(o *conversation) bool { return o == c })
			if len(s.pairs[name]) == 0 {
				delete(s.pairs, name)
			}
		}
	}
}

// add keeps a message, the body of whose record is body.
func (s *state) add(c *conversation, m *message, body []byte) {
	s.count(c.add(m.seq, body, s.keep))
	s.spoke(c)
	s.shrink()
	s.newest = max(s.newest, m.time)
	if !m.private() || m.flags&flagSettled != 0 {
		return
	}
	inbox := s.waiting[string(m.to)]
	if inbox == nil {
		inbox = make(map[*conversation]unwritten, 1)
		s.waiting[string(m.to)] = inbox
	}
	u, ok := inbox[c]
	if !ok {
		u.first = m.seq
	}
	u.last, u.newest = m.seq, m.time
	inbox[c] = u
}

// setWritten notes that the messages to name in c, up to seq, wait no more, and
// reports whether that is news.
func (s *state) setWritten(name string, c *conversation, seq uint64) bool {
	inbox := s.waiting[name]
	u, ok := inbox[c]
	switch {
	case !ok || seq < u.first:
		return false
	case seq < u.last:
		u.first = seq + 1
		inbox[c] = u
	default:
		s.drop(name, c)
	}
	return true
}

func (s *state) drop(name string, c *conversation) {
	delete(s.waiting[name], c)
	if len(s.waiting[name]) == 0 {
		delete(s.waiting, name)
	}
}

// waits reports whether message seq of c waits for the user called name.
func (s *state) waits(name []byte, c *conversation, seq uint64) bool {
	u, ok := s.waiting[string(name)][c]
	return ok && u.first <= seq && seq <= u.last
}

// expire drops what waits since before t.
func (s *state) expire(t time.Time) {
	for name, inbox := range s.waiting {
		for c, u := range inbox {
			if time.Unix(0, u.newest).Before(t) {
				s.drop(name, c)
			}
		}
	}
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

// setMember makes a user a member of a group, or ends that. It makes the user
// known.
func (s *state) setMember(m member) {
	u := s.users[m.user]
	if u == nil {
		if !m.is {
			return
		}
		u = &user{seen: time.Now().UnixNano()}
		s.setUser(m.user, u)
	}
	s.userBytes -= u.size(m.user)
	i := slices.Index(u.groups, m.group)
	switch {
	case m.is && i < 0:
		u.groups = append(u.groups, m.group)
	case !m.is && i >= 0:
		u.groups = slices.Delete(u.groups, i, i+1)
	}
	s.userBytes += u.size(m.user)
}
