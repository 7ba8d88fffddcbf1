package journal

import (
	"cmp"
	"runtime"
	"time"

	"wschat/hub/chat"
)

const (
	// maxBuffer is how large a buffer is kept for the next batch, in bytes.
	maxBuffer = 1 << 20
	// maxGather is how often the committer lets others run between two batches.
	maxGather = 20
)

// committer belongs to the goroutine that writes; no other may touch it.
type committer struct {
	active segment
	batch  []pending
	buf    []byte
	forgot []forgotten // by the batch
	time   int64       // of the last message, in ns since 1970
	failed bool        // the last batch
	retry  time.Time   // when to try again without one
}

// commitAll stores what waits, until the store is closed.
func (s *Store) commitAll() {
	for !s.queue.done() {
		<-s.wake
		for s.commitBatch() {
			s.gather()
		}
	}
}

// gather lets the senders who have just had their answers send more, so that it comes
// into the next sync and not into the one after it. It goes on while more comes, for some
// microseconds at most.
func (s *Store) gather() {
	for n, tries := -1, 0; n < s.queue.length() && tries < maxGather; tries++ {
		n = s.queue.length()
		runtime.Gosched()
	}
}

// commitBatch stores one batch, and reports whether there were messages in it.
func (s *Store) commitBatch() bool {
	c := &s.commit
	c.batch = s.queue.take(c.batch[:0])
	if len(c.batch) == 0 && !s.noted() && !s.erasure.due.Load() && !(c.failed && time.Now().After(c.retry)) {
		return false
	}
	err := s.ready()
	if err == nil && c.failed {
		err = s.probe()
	}
	var taken notes
	if err == nil {
		c.buf = appendMark(c.buf[:0], kindMark, c.active.size, c.active.salt)
		c.buf, taken = s.appendNotes(c.buf, c.active.salt)
		c.time = max(c.time, time.Now().UnixNano())
		for i := range c.batch {
			s.appendPending(&c.batch[i])
		}
		err = s.put(c.buf)
	}
	s.tell(err)
	if err != nil {
		s.noteForgotten()
		s.restoreNotes(taken, err)
		s.reject(err)
	} else {
		s.marksSafe(taken)
		s.publish()
	}
	found := len(c.batch) > 0
	clear(c.batch)
	c.forgot = nil
	if cap(c.buf) > maxBuffer {
		c.buf = nil
	}
	return found
}

// appendPending appends a record to the batch, and numbers a message. What is refused, or
// changes nothing, is left out.
func (s *Store) appendPending(p *pending) {
	c := &s.commit
	switch {
	case p.m != nil:
		p.conversation, p.refused = s.memory.Open(p.m, c.forget)
		p.left = p.conversation == nil
	case p.topic != nil:
		p.conversation, p.refused = s.memory.OpenTopic(p.topic, c.forget)
		p.left = p.conversation == nil
	}
	if p.left {
		return
	}
	if p.m == nil {
		c.buf = appendRecord(c.buf, p.kind, p.body, c.active.salt)
		return
	}
	// No two have the same time, so that time gives the order of all messages.
	c.time++
	p.m.Seq, p.m.Time = p.conversation.Number(), time.Unix(0, c.time)
	start := len(c.buf)
	c.buf = beginRecord(c.buf, kindMessage)
	c.buf = appendMessage(c.buf, p.m)
	p.disk = len(c.buf) - start
	endRecord(c.buf[start:], c.active.salt)
}

// forget appends the record of a conversation that is forgotten to make room, where that
// happens: in the same batch there may be something of it before, and behind.
func (c *committer) forget(conversation string, last uint64) {
	f := forgotten{conversation, last}
	c.buf = appendRecord(c.buf, kindForgotten, appendForgotten(nil, f), c.active.salt)
	c.forgot = append(c.forgot, f)
}

// publish puts what is in the batch, and safe now, into force, one by one. Between two of
// them others may have the lock.
func (s *Store) publish() {
	for i := range s.commit.batch {
		p := &s.commit.batch[i]
		switch {
		case p.left:
			p.stored(p.refused)
		case p.m != nil:
			s.memory.Add(p.conversation, p.m, p.disk, p.stored)
			if p.m.Kind == chat.Deletion {
				s.erasure.owe(p.m.Time)
			}
		case p.topic != nil:
			s.memory.AddTopic(p.conversation, p.topic, p.stored)
		default:
			s.mu.Lock()
			p.apply(s.state)
			p.stored(nil)
			s.mu.Unlock()
		}
	}
}

// reject undoes what is in the batch.
func (s *Store) reject(err error) {
	for i := range s.commit.batch {
		p := &s.commit.batch[i]
		if p.conversation != nil {
			s.memory.Cancel(p.conversation, p.m)
		}
		if p.m != nil {
			p.m.Seq, p.m.Time, p.m.Was = 0, time.Time{}, ""
		}
		p.stored(err)
	}
}

// tell logs when the journal begins to fail, and when it works again. Meanwhile it tries
// again by itself: a load balancer that sees it fail may have turned the senders away.
func (s *Store) tell(err error) {
	failed := err != nil
	if failed {
		s.commit.retry = time.Now().Add(s.config.retryPause)
		s.later.Reset(s.config.retryPause + 1)
	}
	if failed == s.commit.failed {
		return
	}
	s.commit.failed = failed
	s.mu.Lock()
	s.err = err
	s.mu.Unlock()
	if failed {
		s.log.Error("journal cannot be written", "dir", s.dir, "err", err)
	} else {
		s.log.Info("journal is written again", "dir", s.dir)
	}
}

// end writes the remaining notes, and then a mark. The mark proves that everything before
// it is safe, so it must not be on disk earlier.
func (c *committer) end(s *Store) error {
	c.batch = nil
	s.releaseMarks(time.Now().Add(marksPause))
	err := s.ready()
	if err == nil && s.noted() {
		c.buf = appendMark(c.buf[:0], kindMark, c.active.size, c.active.salt)
		c.buf, _ = s.appendNotes(c.buf, c.active.salt)
		if err = s.put(c.buf); err == nil {
			s.marksSafe(nil)
		}
	}
	s.endMarks(cmp.Or(err, ErrClosed))
	if err == nil {
		err = s.put(appendMark(c.buf[:0], kindMark, c.active.size, c.active.salt))
	}
	return cmp.Or(err, c.active.f.Close())
}
