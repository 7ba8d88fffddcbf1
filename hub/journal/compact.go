package journal

import (
	"maps"
	"os"
	"slices"
	"time"

	"wschat/hub/chat"
	"wschat/hub/store"
)

const (
	compactBuffer = 256 << 10 // bytes in one write
	compactSync   = 1 << 20   // bytes in one fsync: messages wait for it
	restShare     = 3         // times as long as it has worked, the compaction rests
	maxRest       = time.Second
)

// sealed is a segment that is not written any more.
type sealed struct {
	number, through uint64
	size            int64
}

// considerCompaction asks for a compaction if that is worth its cost. The committer calls it.
func (s *Store) considerCompaction() {
	total, needed := s.commit.active.size, s.memory.Disk()
	s.mu.Lock()
	for _, f := range s.sealed {
		total += f.size
	}
	needed += s.state.userBytes
	s.mu.Unlock()
	useless := total - needed
	if useless > total/2 && useless > s.config.compactAt {
		s.askCompaction()
	}
}

func (s *Store) askCompaction() {
	select {
	case s.compact <- struct{}{}:
	default:
	}
}

// compactable reports whether the sealed segments can be compacted: a segment says that it is
// compacted by standing for several.
func (s *Store) compactable() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sealed) > 1 || len(s.sealed) == 1 && s.sealed[0].number < s.sealed[0].through
}

// compactAll compacts when that is asked for, until the store is closed.
func (s *Store) compactAll() {
	for {
		select {
		case <-s.stop:
			return
		case <-s.compact:
			erases := s.erasure.begin()
			if err := s.compactSealed(); err != nil && err != ErrClosed {
				s.log.Error("journal cannot be compacted", "dir", s.dir, "err", err)
				if erases {
					s.erasure.retry()
				}
			}
		}
	}
}

// compaction is one that is under way.
type compaction struct {
	*Store
	header
	part     *os.File
	buf      []byte
	size     int64
	unsynced int
	worked   time.Time // since when, without a rest
	// cuts says what is kept of a conversation. That is fixed when it is first
	// seen: retention goes on meanwhile, and must not make holes.
	cuts     map[string]store.Cut
	topics   map[string]bool // of which groups there was one
	requests requests
}

// compactSealed copies the records of the sealed segments that are still needed into one.
func (s *Store) compactSealed() error {
	if !s.compactable() {
		return nil
	}
	s.mu.Lock()
	old := slices.Clone(s.sealed)
	s.mu.Unlock()
	c := &compaction{
		Store:  s,
		header: newHeader(s.epoch, old[0].number, old[len(old)-1].through),
		cuts:   make(map[string]store.Cut),
		topics: make(map[string]bool),

		requests: newRequests(time.Now().Add(-requestAge).UnixNano()),
	}
	begun := time.Now()
	c.worked = begun
	replaced, err := s.openSealed(old)
	if err != nil {
		return err
	}
	defer closeFiles(replaced)
	if c.part, err = s.createPart(c.header); err != nil {
		return err
	}
	c.size = int64(headerSize)
	s.config.atStep("created")
	if err := c.write(old); err != nil {
		s.discardPart(c.part)
		return err
	}
	s.config.atStep("written")
	defer c.part.Close()
	if err := s.install(c.part); err != nil {
		return err
	}
	s.mu.Lock()
	s.sealed = slices.Replace(s.sealed, 0, len(old), sealed{c.number, c.through, c.size})
	s.mu.Unlock()
	s.config.atStep("installed")
	if err := s.syncDir(s.dir); err != nil {
		return err // the others stay, in case the new one does not
	}
	before := old[0].size
	for _, f := range old[1:] {
		if err := s.disk.remove(segmentPath(s.dir, f.number)); err != nil {
			return err
		}
		before += f.size
		s.config.atStep("removed")
	}
	s.log.Info("journal compacted", "dir", s.dir, "from", before, "to", c.size, "took", time.Since(begun))
	if err := s.syncDir(s.dir); err != nil {
		return err
	}
	for i, f := range replaced {
		s.shrink(f, old[i].size)
	}
	return nil
}

// write writes and syncs the whole of the new segment.
func (c *compaction) write(old []sealed) error {
	for _, f := range old {
		if err := c.copySegment(f); err != nil {
			return err
		}
	}
	if floor := c.memory.Floor(); floor > 0 {
		c.buf = appendRecord(c.buf, kindForgotten, appendForgotten(nil, forgotten{"", floor}), c.salt)
	}
	for group, text := range c.memory.Topics(slices.Collect(maps.Keys(c.topics))) {
		c.buf = appendRecord(c.buf, kindTopic, appendTopic(nil, topic{group, text}), c.salt)
		if err := c.flush(compactBuffer); err != nil {
			return err
		}
	}
	if err := c.copyUsers(); err != nil {
		return err
	}
	for q := range c.requests.All() {
		c.buf = appendRecord(c.buf, kindRequest, appendRequest(nil, &q), c.salt)
		if err := c.flush(compactBuffer); err != nil {
			return err
		}
	}
	c.buf = appendMark(c.buf, kindEnd, c.size+int64(len(c.buf)), c.salt)
	if err := c.flush(0); err != nil {
		return err
	}
	return c.disk.sync(c.part)
}

func (c *compaction) copySegment(f sealed) error {
	r, err := openSegment(segmentPath(c.dir, f.number))
	if err != nil {
		return err
	}
	defer r.close()
	var failed error // of writing, as against reading
	_, _, err = readSegment(r, false, func(rec record) error {
		if err := c.copyRecord(rec); err != nil {
			return err
		}
		failed = c.flush(compactBuffer)
		return failed
	})
	if failed != nil {
		return failed
	}
	return err
}

// copyRecord appends a record if it is still needed. Records of users and of waiting
// messages are made from memory instead, which may be newer than they: the records of
// later segments then repeat the same.
func (c *compaction) copyRecord(rec record) error {
	var m message
	body, err := rec.parse(&m)
	if err != nil {
		return err
	}
	switch b := body.(type) {
	case *message:
		c.copyMessage(b, rec.body)
	case forgotten:
		c.cut([]byte(b.conversation))
	case topic:
		c.topics[b.group] = true
	case request:
		c.requests.add(b)
	}
	return nil
}

func (c *compaction) copyMessage(m *message, body []byte) {
	cut := c.cut(m.conversation)
	if m.seq < cut.First {
		if len(m.id) > 0 && c.requests.wants(m.time) {
			c.requests.add(m.request())
		}
		return
	}
	start := len(c.buf)
	c.buf = beginRecord(c.buf, kindMessage)
	flags := len(c.buf)
	if m.said > 0 && isGone(m, cut.Amended) {
		c.buf = append(c.buf, body[:len(body)-m.said]...)
		c.buf[flags] |= flagErased
	} else {
		c.buf = append(c.buf, body...)
	}
	if m.private() && !c.memory.Waits(m.to, m.conversation, m.seq) {
		c.buf[flags] |= flagSettled
	}
	endRecord(c.buf[start:], c.salt)
}

// isGone reports whether nobody can read the text of m any more: its message is deleted, or
// there is a later edit, or a later reaction of the same user.
func isGone(m *message, amended map[uint64]*chat.Present) bool {
	of := m.seq
	if m.kind().Amends() {
		of = m.about
	}
	p := amended[of]
	switch {
	case p == nil:
		return false
	case m.kind() == chat.Edit:
		return p.Deleted || p.Edited.UnixNano() != m.time
	case m.kind() == chat.Reaction:
		return p.ReactionOf(string(m.from)) != string(m.body)
	}
	return p.Deleted
}

// cut returns what is kept of a conversation. Of one of which nothing is kept it writes
// the last number: what was noted of it may not be on disk yet.
func (c *compaction) cut(conversation []byte) store.Cut {
	cut, ok := c.cuts[string(conversation)]
	if ok {
		return cut
	}
	cut = c.memory.Cut(conversation)
	c.cuts[string(conversation)] = cut
	if cut.Forgotten > 0 {
		c.buf = appendRecord(c.buf, kindForgotten, appendForgotten(nil, forgotten{string(conversation), cut.Forgotten}), c.salt)
	}
	return cut
}

// copyUsers appends the records of each user. The lock is released during writes: a user who
// changes meanwhile has a note, which is written later.
func (c *compaction) copyUsers() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, u := range c.state.users {
		c.buf = appendRecord(c.buf, kindUser, appendUser(nil, name, u), c.salt)
		for _, m := range u.marks.all() {
			c.buf = appendRecord(c.buf, kindMarks, appendMarks(nil, userMarks{name, m.Conversation, m.Marks}), c.salt)
		}
		if len(c.buf) < compactBuffer {
			continue
		}
		c.mu.Unlock()
		err := c.flush(compactBuffer)
		c.mu.Lock()
		if err != nil {
			return err
		}
	}
	return nil
}

// flush writes the buffer if it has least bytes or more. It fails with ErrClosed when the
// store is closed.
func (c *compaction) flush(least int) error {
	if len(c.buf) < least {
		return nil
	}
	select {
	case <-c.stop:
		return ErrClosed
	default:
	}
	err := c.disk.write(c.part, c.buf, c.size)
	c.size += int64(len(c.buf))
	c.unsynced += len(c.buf)
	c.buf = c.buf[:0]
	if err == nil && c.unsynced >= compactSync {
		c.unsynced = 0
		err = c.disk.sync(c.part)
	}
	if err != nil {
		return err
	}
	return c.rest()
}

// rest leaves the disk and the processors to messages.
func (c *compaction) rest() error {
	timer := time.NewTimer(min(restShare*time.Since(c.worked), maxRest))
	defer timer.Stop()
	select {
	case <-c.stop:
		return ErrClosed
	case <-timer.C:
	}
	c.worked = time.Now()
	return nil
}
