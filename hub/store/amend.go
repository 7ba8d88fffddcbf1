package store

import (
	"bytes"
	"encoding/binary"
	"strings"
	"time"

	"wschat/hub/chat"
)

// What amendments have made of a message is kept beside it, as a chat.Present. The texts of
// edits and reactions are nowhere else: their own records have none. A Present counts for the
// piece with its newest amendment, and goes with it; then there is nothing left that it is
// needed for.

// target returns message seq as far as chat.Present.Allows needs it, which is good until it is
// erased or dropped; false: it is not kept.
func (c *Conversation) target(seq uint64) (m chat.Message, ok bool) {
	p := c.pieceOf(seq)
	if p == nil {
		return m, false
	}
	each([]piece{*p}, seq, seq, func(_ uint64, b []byte) {
		k := parseKept(b)
		m = chat.Message{From: textOf(k.from), To: c.name, Kind: k.kind(), Binary: k.flags&keptBinary != 0}
		if k.flags&keptPrivate != 0 {
			m.To = textOf(k.to)
		}
		m.File, m.Body, m.Time = textOf(k.file), k.body, time.Unix(0, k.time)
	})
	return m, true
}

// admit says why m, which is about another message of c, cannot be stored, and whether it
// changes anything. It completes m. c may be nil.
func (s *Memory) admit(m *chat.Message, c *Conversation) (changes bool, err error) {
	if c == nil {
		return false, chat.ErrNotFound
	}
	target, ok := c.target(m.About)
	if !ok {
		return false, chat.ErrNotFound
	}
	p := c.becoming(m.About)
	if err := p.Allows(m, &target); err != nil {
		return false, err
	}
	if !p.Changes(m) {
		return false, nil
	}
	if m.From == "" {
		m.To = strings.Clone(target.To)
	}
	switch m.Kind {
	case chat.Deletion:
		m.File = strings.Clone(target.File)
	case chat.Reaction:
		m.Was = p.ReactionOf(m.From)
	}
	if s.MaxBytes > 0 && m.Kind.Amends() && int64(pieceHead+keptSize(m)+sizeOf(p)+growth(m)) > s.MaxBytes {
		s.stats.Refused.Bytes++
		return false, chat.ErrFull
	}
	return true, nil
}

// becoming returns what message seq becomes by all amendments that have been let in.
func (c *Conversation) becoming(seq uint64) *chat.Present {
	if c.pending != nil && c.pending.amended[seq] != nil {
		return c.pending.amended[seq]
	}
	return c.amended[seq]
}

// growth returns how many bytes of memory more than before a message's Present takes at most
// when m is added to it.
func growth(m *chat.Message) int { return (*chat.Present)(nil).With(m).Size() }

func sizeOf(p *chat.Present) int {
	if p == nil {
		return 0
	}
	return p.Size()
}

// amend applies an amendment, whose record has just been added, and returns how many bytes of
// memory more the piece with that takes now. m's Body is copied.
func (s *Memory) amend(c *Conversation, m *chat.Message) (more int) {
	own := *m
	own.Body = bytes.Clone(m.Body)
	old := c.amended[m.About]
	if m.Kind == chat.Deletion || m.Kind == chat.Edit && m.Away {
		number, size := s.missing(m, c, old)
		s.miss(m.To, c, m.Time.UnixNano(), number, size)
	}
	if old != nil {
		s.uncount(c, old)
	}
	p := old.With(&own)
	if c.amended == nil {
		c.amended = make(map[uint64]*chat.Present)
	}
	c.amended[m.About] = p
	at := &c.pieces[len(c.pieces)-1]
	at.presents += int64(p.Size())
	if m.Kind != chat.Edit { // the record of an edit has counted its text
		s.countDisk(at, len(p.Text))
	}
	if m.Kind == chat.Deletion {
		s.erase(c, m.About)
	}
	return p.Size()
}

// uncount takes back what p takes, where its newest amendment was.
func (s *Memory) uncount(c *Conversation, p *chat.Present) {
	at, size := c.pieceOf(p.Last), p.Size()
	at.presents -= int64(size)
	s.bytes -= int64(size)
	s.authors.add(at.of, -size)
	s.countDisk(at, -len(p.Text))
}

// countDisk counts bytes on disk for p.
func (s *Memory) countDisk(p *piece, bytes int) {
	p.disk += int32(bytes)
	s.disk += int64(bytes)
}

// erase takes the body of message seq, and what is said of its file, out of its piece. That gets
// other bytes: excerpts go on reading the old ones.
func (s *Memory) erase(c *Conversation, seq uint64) {
	p := c.pieceOf(seq)
	if p == nil {
		return
	}
	before, data := p.size(), make([]byte, 0, len(p.data))
	each([]piece{*p}, p.first, c.last, func(at uint64, b []byte) {
		if at == seq {
			whole := len(b)
			b = appendErased(nil, b)
			s.countDisk(p, len(b)-whole)
		}
		data = append(binary.AppendUvarint(data, uint64(len(b))), b...)
	})
	room := len(data)
	if p == &c.pieces[len(c.pieces)-1] { // more is to come
		room = max(room, min(cap(p.data), pieceSize))
	}
	p.data = append(make([]byte, 0, room), data...)
	s.bytes += int64(p.size() - before)
	s.authors.add(p.of, p.size()-before)
}

// forgetPresents drops what counts for p, the oldest piece.
func (c *Conversation) forgetPresents(p *piece) {
	if p.presents == 0 {
		return
	}
	each([]piece{*p}, p.first, c.last, func(seq uint64, b []byte) {
		about := parseKept(b).about
		if of := c.amended[about]; of != nil && of.Last == seq {
			delete(c.amended, about)
		}
	})
	if len(c.amended) == 0 {
		c.amended = nil
	}
}

// presents returns what the messages of e read by, in their order; nil: all read as they were
// sent.
func (c *Conversation) presents(e *excerpt) (presents []*chat.Present) {
	if c.amended == nil || e.hi < e.lo {
		return nil
	}
	presents = make([]*chat.Present, e.hi-e.lo+1)
	each(e.pieces, e.lo, e.hi, func(seq uint64, b []byte) {
		of := seq
		if k := parseKept(b); k.kind().Amends() {
			of = k.about
		}
		presents[seq-e.lo] = c.amended[of]
	})
	return presents
}
