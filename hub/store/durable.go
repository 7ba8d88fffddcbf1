package store

// The methods for a store that makes messages safe before it shows them, which is
// hub/journal. Open, Number, Add and Cancel must all be called from one goroutine.

import (
	"fmt"
	"hash/maphash"
	"maps"
	"time"

	"wschat/hub/chat"
)

// Open returns the conversation of m, to which m is to be added; nil: m is refused, or, without
// an error, changes nothing. What m is about must have been added; of amendments, what was
// opened before counts. forgot is called for each conversation that is forgotten to make room,
// with the lock held.
func (s *Memory) Open(m *chat.Message, forgot func(name string, last uint64)) (*Conversation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.open(m, forgot)
	if c == nil || !m.Kind.Amends() {
		return c, err
	}
	if c.pending == nil {
		c.pending = &pending{amended: make(map[uint64]*chat.Present)}
	}
	before := c.becoming(m.About)
	if m.Kind == chat.Edit && m.Away {
		number, bytes := s.missing(m, c, before)
		c.pending.missed += number
		c.pending.missedBytes += max(bytes, 0)
	}
	c.pending.amended[m.About] = before.With(m)
	return c, err
}

// Number gives out the next number of c, to the message for which it was opened. Add must
// follow for each such message, or Cancel for all of them.
func (c *Conversation) Number() uint64 {
	c.given++
	return c.given
}

// Cancel takes back the numbers that have been given out since the last Add, to m and
// others. m is nil for a topic.
func (s *Memory) Cancel(c *Conversation, m *chat.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m != nil && m.Away && waits(m.Kind) && !m.Kind.Amends() {
		s.miss(m.To, c, 0, -1, -len(m.Body))
	}
	c.pending = nil
	if c.given = c.last; c.spoken == 0 && s.conversations[c.name] == c {
		s.unlist(c)
	}
}

// Add keeps a message that is safe now, and calls stored as chat.Store.Append does. disk
// is the size of the message on disk, in bytes.
func (s *Memory) Add(c *Conversation, m *chat.Message, disk int, stored func(error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keep(c, m, disk); c.given == c.last {
		c.pending = nil
	}
	stored(nil)
}

// OpenTopic returns the conversation of a group, whose topic is to be set; nil: that is
// refused, or, without an error, there is nothing to do. AddTopic must follow, or Cancel. forgot
// is as in Open.
func (s *Memory) OpenTopic(t *chat.Topic, forgot func(name string, last uint64)) (*Conversation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.openTopic(t, forgot)
}

// AddTopic sets a topic that is safe now, and calls stored as chat.Store.SetTopic does.
func (s *Memory) AddTopic(c *Conversation, t *chat.Topic, stored func(error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.Was = s.setTopic(c, t.Text)
	stored(nil)
}

// LoadTopic sets a topic from before the start. Its author is not known: a conversation that it
// begins counts for a user whom nobody is.
func (s *Memory) LoadTopic(group, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.conversations[group]
	if c == nil && text != "" {
		by, from := s.keysOf("", "")
		c = s.begin(group, by, from)
	}
	if c != nil {
		s.setTopic(c, text)
	}
}

// Saved is a message from before the start. Load copies the bytes that it keeps.
type Saved struct {
	Conversation, From []byte
	To                 []byte // empty: the conversation
	Seq                uint64
	Kind               chat.Kind
	About              uint64
	Was                []byte
	Time               int64 // ns since 1970
	Binary             bool
	Settled            bool // it does not wait for its recipient
	Away               bool // its recipient was away when it was sent
	File               []byte
	Body               []byte
	Disk               int // size on disk, in bytes
}

// Load keeps m, or fails if m is not the next of its conversation. The first one may
// have any number if a compaction has left older ones out.
func (s *Memory) Load(m *Saved, leftOut bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	author := maphash.Bytes(s.seed, m.From)
	c := s.conversations[string(m.Conversation)]
	if c == nil {
		by, from := s.keysOf("", string(m.From))
		c = s.begin(string(m.Conversation), by, from)
	}
	if m.Seq != c.last+1 && !(leftOut && c.count == 0) {
		return fmt.Errorf("message %d of %s behind %d", m.Seq, c.name, c.last)
	}
	private := len(m.To) > 0
	flags := keptFlags(m.Kind, m.Binary, private, len(m.File) > 0)
	s.scratch = appendKept(s.scratch[:0], flags, m.Time, m.About, m.From, m.To, m.File, keptBody(m.Kind, m.Body, m.Was))
	s.add(c, author, m.Seq, m.Time, m.Disk, m.amendment())
	if private && !m.Settled && waits(m.Kind) {
		if m.Away && !m.Kind.Amends() {
			s.miss(string(m.To), c, m.Time, 1, len(m.Body))
		}
		s.wait(string(m.To), c, m.Seq, m.Time)
	}
	return nil
}

// amendment returns m; nil: it is none.
func (m *Saved) amendment() *chat.Message {
	if !m.Kind.Amends() {
		return nil
	}
	return &chat.Message{
		From: string(m.From), To: string(m.To), Kind: m.Kind, About: m.About, Seq: m.Seq,
		Time: time.Unix(0, m.Time), Away: m.Away && !m.Settled, Body: m.Body,
	}
}

// Forget repeats what Open did before the start: it forgets a conversation whose last
// number was last. One that has gone on since stays. Without a name, last is the Floor.
func (s *Memory) Forget(name string, last uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name == "" {
		s.numbers.floor = max(s.numbers.floor, last)
		return
	}
	if c := s.conversations[name]; c != nil {
		if c.last > last {
			return
		}
		s.forget(c)
	}
	s.setNumber(name, last)
}

// Cut is what is kept of a conversation at some time.
type Cut struct {
	First     uint64                   // the oldest number, or, if nothing is kept, that of the next message
	Forgotten uint64                   // then the one before that, to be forgotten again after a restart; else 0
	Amended   map[uint64]*chat.Present // what has become of messages, by their numbers
}

// Cut returns what is kept of a conversation now.
func (s *Memory) Cut(name []byte) Cut {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.conversations[string(name)]
	if c == nil {
		return Cut{First: s.lastOf(string(name)) + 1, Forgotten: s.numbers.last[s.hash(string(name))]}
	}
	cut := Cut{First: c.first(), Amended: maps.Clone(c.amended)}
	if c.count == 0 {
		cut.Forgotten = c.last
	}
	return cut
}

// Floor returns the number behind which conversations begin of which none is known.
func (s *Memory) Floor() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.numbers.floor
}

// Waits reports whether message seq of a conversation waits for user.
func (s *Memory) Waits(user, conversation []byte, seq uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	side := s.sideOf(string(user), s.conversations[string(conversation)])
	return side != nil && side.unread != nil && side.unread.first <= seq && seq <= side.unread.last
}

// OwnBehind returns up to which message of a conversation all that are behind a seq are from user.
func (s *Memory) OwnBehind(user, conversation string, seq uint64) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.conversations[conversation]
	for c != nil {
		m, ok := c.target(seq + 1)
		if !ok || m.From != user {
			break
		}
		seq++
	}
	return seq
}

// Newest returns the time of the newest message, in ns since 1970; 0: there is none.
func (s *Memory) Newest() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newest
}

// Disk returns roughly the bytes on disk of everything that is kept.
func (s *Memory) Disk() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.disk
}
