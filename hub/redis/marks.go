package redis

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// marks are what a node knows of those of a user who is here, guarded by Store.mu. They are
// read when the user enters, and after a gap; the user's channel tells what changes.
type marks struct {
	of     map[string]chat.Marks      // by conversation; nil: they have not been read yet
	reads  int                        // under way
	fresh  map[string]chat.MarkChange // what the channel has told meanwhile
	asked  map[uint64]any             // origins of changes of which it has not told yet, by number
	asking int                        // changes for which Redis is asked how far a conversation goes
	owed   map[string]bool            // conversations in which the user has said something, and read that; Redis is told of them later
	since  time.Time                  // when that was the first one
}

// oweTime is how long Redis is not told of what its author has read, so that it costs no command
// for each message.
const oweTime = time.Second

// Mark implements chat.Engine.
func (s *Store) Mark(name, conversation string, c chat.MarkChange, origin any, done func(error)) {
	if !s.able() {
		done(chat.ErrUnavailable)
		return
	}
	last := uint64(0)
	if at := s.conversation(conversation); at != nil {
		_, last = at.told()
	}
	u := s.asks(name, c.Read > last)
	if u == nil {
		s.mark(name, conversation, c, origin, done)
		return
	}
	key := conversationKey(conversation)
	failed := func(err error) {
		s.answered(u)
		done(err)
	}
	s.send(key, failed, func(r resp.Reply) {
		n, _ := r.Int() // none: nothing was said
		c.Read = min(c.Read, max(last, uint64(n)))
		s.mark(name, conversation, c, origin, done)
		s.answered(u)
	}, "HGET", key+":h", "n")
}

// asks returns the user if Redis is to be asked how far a conversation goes before a mark is set:
// also if it need not be, while it is asked for another one, which must not be overtaken.
func (s *Store) asks(name string, needed bool) *user {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[name]
	if u == nil || !needed && u.marks.asking == 0 {
		return nil
	}
	u.marks.asking++
	return u
}

func (s *Store) answered(u *user) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u.marks.asking--
}

// mark has Redis change the marks. The channel tells the nodes, this one too.
func (s *Store) mark(name, conversation string, c chat.MarkChange, origin any, done func(error)) {
	number, epoch := s.noteOrigin(name, origin)
	if number == 0 { // the user has left meanwhile, and may be forgotten
		done(chat.ErrUnavailable)
		return
	}
	failed := func(err error) {
		s.takeOrigin(name, number)
		done(err)
	}
	s.send(userKey(name), failed, func(r resp.Reply) {
		if changed, _ := r.Int(); changed == 0 {
			s.takeOrigin(name, number)
		}
		done(nil)
	}, markScript, s.id, number, epoch, chat.MaxMarks, s.clock.deadline(), conversation, c.Read, int(c.Set), int(c.Clear))
}

// noteOrigin notes which connection has asked for a change. It returns a number for it, 0 if
// the user is not here, and the epoch.
func (s *Store) noteOrigin(name string, origin any) (number uint64, epoch string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[name]
	if u == nil {
		return 0, ""
	}
	s.marked++
	if origin != nil {
		if u.marks.asked == nil {
			u.marks.asked = make(map[uint64]any)
		}
		u.marks.asked[s.marked] = origin
	}
	return s.marked, s.epoch
}

// takeOrigin returns the connection that has asked for a change, once.
func (s *Store) takeOrigin(name string, number uint64) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.users[name].take(number)
}

// take is takeOrigin with the lock held. u may be nil.
func (u *user) take(number uint64) any {
	if u == nil {
		return nil
	}
	origin := u.marks.asked[number]
	delete(u.marks.asked, number)
	return origin
}

// receiveMarked takes what markScript publishes.
func (s *Store) receiveMarked(name, text string) {
	var node, epoch, conversation string
	var number uint64
	var c chat.MarkChange
	if _, err := fmt.Sscan(text, &node, &number, &epoch, &c.Read, &c.Set, &c.Clear, &conversation); err != nil {
		s.log.Warn("redis brings nonsense", "user", name, "error", err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[name]
	if u == nil {
		return
	}
	if epoch != s.epoch {
		c.Read = 0
	}
	u.marks.change(conversation, c)
	if number == 0 {
		return
	}
	var origin any
	if node == s.id {
		origin = u.take(number)
	}
	s.node.Marked(name, conversation, c, origin)
}

// unmarked notes that there is no room for the marks of a conversation.
func (s *Store) unmarked(name, conversation string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.users[name]; u != nil {
		delete(u.marks.of, conversation)
	}
}

// change notes what the channel tells.
func (m *marks) change(conversation string, c chat.MarkChange) {
	if m.of != nil {
		m.set(conversation, c)
	}
	if m.reads > 0 {
		if m.fresh == nil {
			m.fresh = make(map[string]chat.MarkChange)
		}
		old := m.fresh[conversation]
		m.fresh[conversation] = chat.MarkChange{
			Read: max(old.Read, c.Read), Set: old.Set&^c.Clear | c.Set, Clear: old.Clear&^c.Set | c.Clear,
		}
	}
}

func (m *marks) set(conversation string, c chat.MarkChange) {
	next, _ := m.of[conversation].With(c, math.MaxUint64)
	if next == (chat.Marks{}) {
		delete(m.of, conversation)
	} else {
		m.of[conversation] = next
	}
}

// askMarks asks for all marks of a user here; known takes the answer. Store.mu is held.
func (s *Store) askMarks(u *user) (wait func(context.Context) (resp.Reply, error)) {
	u.marks.reads++
	return s.asking(userKey(u.name), []any{"HGETALL", userKey(u.name) + ":k"})
}

// known takes the marks of a user, or why there are none. The node is told of what has changed
// since it knew of them.
func (s *Store) known(u *user, r resp.Reply, err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := &u.marks
	m.reads--
	fresh := m.fresh
	if m.reads == 0 {
		m.fresh = nil
	}
	if err != nil {
		return err
	}
	list, err := r.Strings()
	if err != nil {
		return chat.ErrUnavailable
	}
	old := m.of
	m.of = make(map[string]chat.Marks, len(list)/2)
	for pair := range slices.Chunk(list, 2) {
		var marks chat.Marks
		var epoch string
		if _, err := fmt.Sscan(pair[1], &marks.Read, &marks.Flags, &epoch); err != nil {
			continue // of a later version
		}
		if epoch != s.epoch {
			marks.Read = 0
		}
		if marks != (chat.Marks{}) {
			m.of[pair[0]] = marks
		}
	}
	for conversation, c := range fresh {
		m.set(conversation, c)
	}
	for conversation := range m.owed {
		m.set(conversation, chat.MarkChange{Read: old[conversation].Read})
	}
	if old != nil && s.users[u.name] == u {
		m.asked = nil // the channel may have told of them unheard
		m.tellSince(old, func(conversation string, c chat.MarkChange) { s.node.Marked(u.name, conversation, c, nil) })
	}
	return nil
}

// tellSince tells how the marks differ from what they were.
func (m *marks) tellSince(old map[string]chat.Marks, tell func(conversation string, c chat.MarkChange)) {
	differ := func(conversation string) {
		was, is := old[conversation], m.of[conversation]
		c := chat.MarkChange{Set: is.Flags &^ was.Flags, Clear: was.Flags &^ is.Flags}
		if is.Read > was.Read {
			c.Read = is.Read
		}
		if !c.IsZero() {
			tell(conversation, c)
		}
	}
	for conversation := range m.of {
		differ(conversation)
	}
	for conversation := range old {
		if _, is := m.of[conversation]; !is {
			differ(conversation)
		}
	}
}

// marksOf returns the marks of a user here, for a Welcome. Store.mu is held.
func (u *user) marksOf(may func(group string) bool) map[string]chat.Marks {
	marks := make(map[string]chat.Marks, len(u.marks.of))
	for conversation, m := range u.marks.of {
		if !chat.IsGroup(conversation) || may(conversation) {
			marks[chat.OtherOf(conversation, u.name)] = m
		}
	}
	return marks
}
