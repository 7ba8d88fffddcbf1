// Package store keeps conversations in memory, and decides which messages are kept, by the
// rules of hub/chat. A Memory is the chat.Store of a server without -data. hub/journal puts
// a disk behind one: it adds each message once that is safe on disk.
//
//	conversation.go   the messages of a conversation, in pieces without pointers
//	kept.go           the bytes of one message
//	amend.go          what edits, deletions and reactions make of messages
//	topic.go          the topics of groups
//	bound.go          what is refused, and what is forgotten to make room
//	author.go         for whom bytes count, and who loses messages
//	beginner.go       for whom conversations count
//	pair.go           private conversations, and the users in them
//	number.go         the last numbers of forgotten conversations
//	waiting.go        the private messages that wait for their recipients
//	excerpt.go        answers made of the pieces
//	durable.go        the methods for hub/journal
package store

import (
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"time"

	"wschat/hub/chat"
	"wschat/hub/share"
)

// DefaultConversations is the default of Limits.MaxConversations. A conversation takes 0.7
// to 1.3 KB with its first message, without the text of that.
const DefaultConversations = 1 << 20

// maxScratch bounds the scratch that is kept for the next message, in bytes.
const maxScratch = 64 << 10

// Memory keeps messages in memory. A conversation is a list of pieces of up to 8 KiB,
// from which History makes messages. So a message costs its own size and some 30 bytes,
// and the garbage collector has nothing to walk; one that is amended costs a chat.Present more.
// Safe for concurrent use, except as durable.go says. No method blocks.
type Memory struct {
	Limits // not to be changed while the store is in use

	epoch     string
	seed      maphash.Seed
	inhabited func(conversation string) bool

	mu            sync.Mutex
	conversations map[string]*Conversation
	order         share.List[Conversation] // those that have had messages, the longest silent first
	asked         *Conversation            // where the search in it for one to forget goes on; nil: at its start
	users         map[string]*user         // who are in private conversations
	unread        share.List[unread]       // what waits for them, by the time of the newest
	authors       authors
	beginners     beginners
	numbers       numbers // of forgotten conversations
	newest        int64   // the time of the newest message, in ns since 1970
	bytes         int64   // memory that the messages take
	disk          int64   // bytes that they and the numbers take on disk, roughly
	stats         Stats
	scratch       []byte // for the message that is being added
}

var _ chat.Store = (*Memory)(nil)

// New returns an empty store that keeps the last keep messages of each conversation;
// 0: all of them. It has room for DefaultConversations.
func New(keep int) *Memory {
	return &Memory{
		Limits:        Limits{Keep: keep, MaxConversations: DefaultConversations},
		epoch:         rand.Text()[:10],
		seed:          maphash.MakeSeed(),
		conversations: make(map[string]*Conversation),
		users:         make(map[string]*user),
		authors:       authors{byKey: make(map[uint64]*author)},
		beginners:     beginners{byKey: make(map[uint64]*beginner), origins: make(map[uint64]*origin)},
		numbers:       numbers{last: make(map[uint64]uint64)},
	}
}

// Attend implements chat.Store.
func (s *Memory) Attend(inhabited func(conversation string) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inhabited = inhabited
}

// Append implements chat.Store. It calls stored before it returns.
func (s *Memory) Append(m *chat.Message, stored func(error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.open(m, nil)
	if c == nil {
		stored(err)
		return
	}
	// No two messages have the same time, so that times order them all.
	m.Seq, m.Time = c.Number(), time.Unix(0, max(s.newest+1, time.Now().UnixNano()))
	s.keep(c, m, 0)
	stored(nil)
}

// open returns the conversation of m, which is to be its next message, and begins it if
// necessary; nil: m is refused, or, without an error, changes nothing. forgot is as in Open.
func (s *Memory) open(m *chat.Message, forgot func(name string, last uint64)) (*Conversation, error) {
	c := s.conversations[m.Conversation]
	if m.Kind != chat.Plain {
		if changes, err := s.admit(m, c); !changes {
			return nil, err
		}
	}
	if !s.fits(m, c) {
		return nil, chat.ErrFull
	}
	if c == nil {
		by, from := s.keysOf(m.Address, m.From)
		if !s.makeRoom(by, from, forgot) {
			return nil, chat.ErrFull
		}
		c = s.begin(m.Conversation, by, from)
	}
	if m.Away && waits(m.Kind) && !m.Kind.Amends() { // amend counts an edit
		s.miss(m.To, c, s.newest+1, 1, len(m.Body))
	}
	return c, nil
}

// begin makes a conversation without messages, which counts for whoever has these keys. If
// one of that name has been forgotten, the numbers go on.
func (s *Memory) begin(name string, by, from uint64) *Conversation {
	last := s.lastOf(name)
	c := &Conversation{name: strings.Clone(name), last: last, given: last}
	s.conversations[c.name] = c
	s.beginners.begin(c, by, from)
	s.makePair(c)
	return c
}

// unlist takes a conversation out of the maps.
func (s *Memory) unlist(c *Conversation) {
	if s.asked == c {
		s.asked = orderLinks(c).Newer()
	}
	s.disk -= c.topicDisk()
	s.order.Remove(c, orderLinks)
	delete(s.conversations, c.name)
	s.beginners.end(c)
	s.endPair(c)
}

// keep keeps a message that has its number and time; disk is its size on disk, in bytes.
func (s *Memory) keep(c *Conversation, m *chat.Message, disk int) {
	at, private := m.Time.UnixNano(), m.To != m.Conversation
	flags := keptFlags(m.Kind, m.Binary, private, m.OwnFile() != "")
	s.scratch = appendKept(s.scratch[:0], flags, at, m.About, m.From, m.To, m.File, keptBody(m.Kind, m.Body, m.Was))
	var amendment *chat.Message
	if m.Kind.Amends() {
		amendment = m
	}
	s.add(c, s.hash(m.From), m.Seq, at, disk, amendment)
	if private && waits(m.Kind) {
		s.wait(m.To, c, m.Seq, at)
	}
}

// add keeps the message of an author that is in the scratch. amendment is it, if it is one.
func (s *Memory) add(c *Conversation, author, seq uint64, at int64, disk int, amendment *chat.Message) {
	size, held := len(s.scratch)+binary.MaxVarintLen32, 0
	if amendment != nil {
		held = growth(amendment)
	}
	s.shrink(max(size, pieceSize) + held)
	more, begun := c.add(seq, s.scratch, disk, s.Keep)
	if amendment != nil {
		held = s.amend(c, amendment)
		size, more = size+held, more+held
	}
	s.charge(c, author, size, more, begun)
	s.disk += int64(disk)
	if s.Keep > 0 {
		for c.count-int(c.oldest().count) >= s.Keep {
			s.drop(c)
		}
	}
	if cap(s.scratch) > maxScratch {
		s.scratch = nil
	}
	c.given, c.spoken = max(c.given, seq), at
	s.order.Push(c, orderLinks)
	c.by.order.Push(c, begunLinks)
	c.spokeTo()
	s.newest = max(s.newest, at)
}

// History implements chat.Store. It never fails.
func (s *Memory) History(name string, q chat.Query) (messages []*chat.Message, more bool, err error) {
	s.mu.Lock()
	c := s.conversations[name]
	if c == nil {
		s.mu.Unlock()
		return nil, false, nil
	}
	lo, hi, more := c.span(q)
	e := c.excerpt(lo, hi)
	s.mu.Unlock()
	return e.messages("", 0), more, nil
}

// Last implements chat.Store. It never fails.
func (s *Memory) Last(user string, names []string) (last map[string]uint64, more bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, more := s.users[user].newestPairs()
	for _, name := range names {
		if c := s.conversations[name]; c != nil {
			found = append(found, c)
		}
	}
	if len(found) > chat.MaxConversations {
		slices.SortFunc(found, func(a, b *Conversation) int { return cmp.Compare(b.spoken, a.spoken) })
		found, more = found[:chat.MaxConversations], true
	}
	last = make(map[string]uint64, len(found))
	for _, c := range found {
		if c.count > 0 {
			last[chat.OtherOf(c.name, user)] = c.last
		}
	}
	return last, more, nil
}

// Err implements chat.Store.
func (s *Memory) Err() error {
	if s.MaxBytes > 0 && s.MaxBytes < smallest {
		return chat.ErrFull
	}
	return nil
}

// Epoch implements chat.Store. Each Memory has an epoch of its own.
func (s *Memory) Epoch() string { return s.epoch }
