package store

import (
	"strings"
	"time"

	"wschat/hub/chat"
)

// excerpt is the messages lo to hi of a conversation, which are in pieces. It can be
// read without the lock.
type excerpt struct {
	conversation string
	pieces       []piece
	lo, hi       uint64
}

// messages makes the messages, or if to is not empty, those to that user since a
// point in time, in ns since 1970.
func (e *excerpt) messages(to string, since int64) []*chat.Message {
	if e.hi < e.lo {
		return nil
	}
	a := answer{
		room:     make([]chat.Message, e.hi-e.lo+1),
		messages: make([]*chat.Message, 0, e.hi-e.lo+1),
	}
	a.one, a.other, _ = strings.Cut(e.conversation, ",")
	each(e.pieces, e.lo, e.hi, func(seq uint64, b []byte) {
		k := parseKept(b)
		if to == "" || string(k.to) == to && k.time > since {
			a.add(&k, e.conversation, seq)
		}
	})
	return a.messages
}

// answer is messages that are being made: with as few allocations as can be, since
// an event loop waits for them.
type answer struct {
	room       []chat.Message
	messages   []*chat.Message
	one, other string // names that are likely
}

// add makes the next message. Its body stays where it is.
func (a *answer) add(k *kept, conversation string, seq uint64) {
	m := &a.room[len(a.messages)]
	m.Conversation, m.Seq = conversation, seq
	m.From, m.To = a.name(k.from), conversation
	if k.flags&keptPrivate != 0 {
		m.To = a.name(k.to)
	}
	m.Binary = k.flags&keptBinary != 0
	m.Body, m.Time = k.body, time.Unix(0, k.time)
	a.messages = append(a.messages, m)
}

// name returns b as a string. In a conversation of two it is one of both names; in
// a group whoever has spoken often speaks again.
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
