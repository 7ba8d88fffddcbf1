package store

import (
	"slices"
	"strings"
	"time"

	"wschat/hub/chat"
)

// excerpt is a range of messages of a conversation, lo to hi, with the pieces that hold
// them. It can be read without the lock.
type excerpt struct {
	conversation string
	pieces       []piece
	lo, hi       uint64
}

// messages makes the messages. If to is not empty, only those to that user since a point
// in time, in ns since 1970.
func (e *excerpt) messages(to string, since int64) []*chat.Message {
	if e.hi < e.lo {
		return nil
	}
	a := answer{most: e.hi + 1 - e.lo}
	a.one, a.other, _ = strings.Cut(e.conversation, ",")
	each(e.pieces, e.lo, e.hi, func(seq uint64, b []byte) {
		k := parseKept(b)
		if to == "" || string(k.to) == to && k.time > since {
			a.add(&k, e.conversation, seq)
		}
	})
	return a.messages
}

// maxRoom is how many messages are allocated at once.
const maxRoom = 64

// answer collects the messages of an answer. It makes few allocations, since an event loop
// waits for it.
type answer struct {
	most       uint64 // bound on the messages
	room       []chat.Message
	messages   []*chat.Message
	one, other string // the last two names
}

// add makes the next message. Its body is not copied.
func (a *answer) add(k *kept, conversation string, seq uint64) {
	if len(a.room) == 0 {
		n := min(a.most, maxRoom)
		a.room = make([]chat.Message, n)
		a.messages = slices.Grow(a.messages, int(n))
	}
	m := &a.room[0]
	a.room = a.room[1:]
	m.Conversation, m.Seq = conversation, seq
	m.From, m.To = a.name(k.from), conversation
	if k.flags&keptPrivate != 0 {
		m.To = a.name(k.to)
	}
	m.Binary = k.flags&keptBinary != 0
	m.Body, m.Time = k.body, time.Unix(0, k.time)
	a.messages = append(a.messages, m)
}

// name returns b as a string. In a private conversation it is one of two names; in a
// group the last speakers often speak again.
func (a *answer) name(b []byte) string {
	switch string(b) {
	case a.one:
	case a.other:
		a.one, a.other = a.other, a.one
	default:
		a.one, a.other = string(b), a.one
	}
	return a.one
}
