package hub

import (
	"sync"

	"wschat/frame"
	"wschat/hub/chat"
	"wschat/hub/loop"
)

// An answer may be made long before it is written: a search looks through much, and a client may
// read slowly. What is deleted meanwhile must not be in it.

// maxDeletions bounds the deletions that are remembered for answers. An answer that has waited
// for more ends its connection, whose client has read nothing for that long.
const maxDeletions = 4096

// message names a message.
type message struct {
	conversation string
	seq          uint64
}

// deletions are the last ones of which the engine has told. Safe for concurrent use.
type deletions struct {
	mu    sync.Mutex
	count uint64             // of all, so far
	last  []message          // by their numbers modulo maxDeletions
	of    map[message]uint64 // the number of each of them, from 1
}

// add notes that a message is deleted.
func (d *deletions) add(m message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.of == nil {
		d.of = make(map[message]uint64)
	}
	at := d.count % maxDeletions
	if d.count++; len(d.last) < maxDeletions {
		d.last = append(d.last, m)
	} else {
		if old := d.last[at]; d.of[old] == d.count-maxDeletions { // else it came again, after a new epoch
			delete(d.of, old)
		}
		d.last[at] = m
	}
	d.of[m] = d.count
}

// now returns the number that an answer is given before its messages are looked up.
func (d *deletions) now() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.count
}

// remembers reports whether all that was deleted since a number was given is known.
func (d *deletions) remembers(since uint64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.count-since <= maxDeletions
}

// has reports whether m, or what it edits or reacts to, was deleted since.
func (d *deletions) has(since uint64, m *chat.Message) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.of[message{m.Conversation, m.Seq}] > since || m.Kind.Amends() && d.of[message{m.Conversation, m.About}] > since
}

// telling is an item that tells messages, unless they are deleted before it is written.
type telling struct {
	loop.Item
	since    uint64 // see deletions.now
	messages []*chat.Message
	// without makes the item anew without the texts of those that gone reports; nil: there is
	// nothing left of it.
	without func(gone func(*chat.Message) bool) loop.Item
}

// AppendFrame implements loop.Item.
func (a *telling) AppendFrame(dst []byte, to loop.Handler) []byte {
	s := to.(*session)
	d := &s.hub.deletions
	if !d.remembers(a.since) {
		s.conn.Close(frame.TooSlow, "too slow a reader")
		return dst
	}
	gone := func(m *chat.Message) bool { return d.has(a.since, m) }
	for _, m := range a.messages {
		if !gone(m) {
			continue
		}
		if a.without == nil {
			return dst
		}
		return a.without(gone).AppendFrame(dst, to)
	}
	return a.Item.AppendFrame(dst, to)
}

// deletedAmong returns messages as they read once some of them are deleted.
func deletedAmong(messages []*chat.Message, gone func(*chat.Message) bool) []*chat.Message {
	now := make([]*chat.Message, len(messages))
	for i, m := range messages {
		if now[i] = m; gone(m) {
			deleted := *m
			deleted.Show(&chat.Present{Deleted: true})
			now[i] = &deleted
		}
	}
	return now
}
