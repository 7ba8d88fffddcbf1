package store

import (
	"slices"
	"time"
	"unsafe"

	"wschat/hub/chat"
)

// excerpt is a range of messages of a conversation, lo to hi, with the pieces that hold
// them. It can be read without the lock.
type excerpt struct {
	conversation string
	pieces       []piece
	lo, hi       uint64
	presents     []*chat.Present // of each, what it reads by; nil: there are none
}

// messages makes the messages. If to is not empty, only those to that user since a point
// in time, in ns since 1970.
func (e *excerpt) messages(to string, since int64) (messages []*chat.Message) {
	if e.hi < e.lo {
		return nil
	}
	var room []chat.Message // for the next ones, so that an answer takes few allocations
	each(e.pieces, e.lo, e.hi, func(seq uint64, b []byte) {
		k := parseKept(b)
		if to != "" && (string(k.to) != to || k.time <= since) {
			return
		}
		if len(room) == 0 {
			room = make([]chat.Message, min(e.hi+1-seq, maxRoom))
			messages = slices.Grow(messages, len(room))
		}
		m := &room[0]
		room = room[1:]
		m.Conversation, m.Seq = e.conversation, seq
		m.From, m.To = textOf(k.from), e.conversation
		if k.flags&keptPrivate != 0 {
			m.To = textOf(k.to)
		}
		m.Binary = k.flags&keptBinary != 0
		m.File = textOf(k.file)
		m.Body, m.Time = k.body, time.Unix(0, k.time)
		if m.Kind, m.About = k.kind(), k.about; m.Kind == chat.Reaction {
			m.Was, m.Body = textOf(k.body), nil
		}
		if e.presents != nil {
			m.Show(e.presents[seq-e.lo])
		}
		messages = append(messages, m)
	})
	return messages
}

// maxRoom is how many messages are allocated at once.
const maxRoom = 64

// textOf returns b, a part of a piece, as a string. Like a body it is not copied: the
// bytes of a piece never change.
func textOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
