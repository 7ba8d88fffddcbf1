package loop

import (
	"slices"
	"sync/atomic"
	"time"
)

// List is a set of connections that get the same messages: everyone, or the
// members of a group. Its methods are safe for concurrent use; whoever needs
// joins, leaves and publishes in one order makes that order by a lock around
// the calls. A connection that closes leaves all its lists by itself.
type List struct {
	loops  *Loops
	shards []shard // by loop; only that loop's goroutine looks inside
}

type shard struct {
	members []*Conn
	number  int32        // in Loop.shards, from 1; 0: there are no members
	size    atomic.Int32 // of members, for everybody
}

// place is where a connection stands in a shard, so that leaving takes no search
// through the members. Every connection has one for each of its lists: it holds
// numbers, as pointers would take twice as much.
type place struct {
	shard int32 // the shard's number; 0: the place is free
	at    int32 // the index in its members
}

func (p place) isTaken() bool { return p.shard != 0 }

// NewList returns an empty list.
func (ls *Loops) NewList() *List {
	return &List{loops: ls, shards: make([]shard, len(ls.loops))}
}

// Len returns how many are in the list, as far as its loops have come.
func (l *List) Len() (n int) {
	for i := range l.shards {
		n += int(l.shards[i].size.Load())
	}
	return n
}

// Join puts c into the list. Joining twice has no effect.
func (l *List) Join(c *Conn) { c.loop.mail.post(command{kind: cmdJoin, conn: c, list: l}) }

// Leave takes c out of the list, if it is in it.
func (l *List) Leave(c *Conn) { c.loop.mail.post(command{kind: cmdLeave, conn: c, list: l}) }

// Publish sends item to all who are in the list at this moment.
func (l *List) Publish(item Item) { l.PublishFrom(nil, item) }

// PublishFrom is Publish for what the client of a connection has said. If that is
// in the list it may get item ahead of the others, though in the same order.
func (l *List) PublishFrom(author *Conn, item Item) {
	now := time.Now()
	for _, lp := range l.loops.loops {
		lp.mail.post(command{kind: cmdPublish, conn: author, list: l, item: item, posted: now})
	}
}

func (s *shard) join(c *Conn) {
	if c.state != open || c.placeIn(s) != nil {
		return
	}
	if len(s.members) == 0 {
		c.loop.enlist(s)
	}
	taken := place{s.number, int32(len(s.members))}
	if free := c.placeWith(0); free != nil {
		*free = taken
	} else {
		if c.more == nil {
			c.more = new([]place)
		}
		*c.more = append(*c.more, taken)
	}
	s.members = append(s.members, c)
	s.size.Store(int32(len(s.members)))
}

func (s *shard) leave(c *Conn) {
	p := c.placeIn(s)
	if p == nil {
		return
	}
	at := p.at
	last := len(s.members) - 1
	moved := s.members[last]
	s.members[at], s.members[last] = moved, nil
	s.members = s.members[:last]
	s.size.Store(int32(last))
	moved.placeIn(s).at = at
	*p = place{}
	if last == 0 {
		s.members = nil
		c.loop.delist(s)
	}
	if c.more != nil && !slices.ContainsFunc(*c.more, place.isTaken) {
		c.more = nil
	}
}

// enlist gives a shard a number.
func (l *Loop) enlist(s *shard) {
	if n := len(l.unlisted); n > 0 {
		s.number, l.unlisted = l.unlisted[n-1], l.unlisted[:n-1]
		l.shards[s.number-1] = s
	} else {
		l.shards = append(l.shards, s)
		s.number = int32(len(l.shards))
	}
}

// delist takes it back.
func (l *Loop) delist(s *shard) {
	l.shards[s.number-1] = nil
	l.unlisted = append(l.unlisted, s.number)
	s.number = 0
}

// In reports whether c is in the list. Only from c's loop, as Item.AppendFrame is.
func (c *Conn) In(l *List) bool {
	s := &l.shards[c.loop.index]
	if w := &c.loop.walk; w.shard == s {
		return w.has(c)
	}
	return c.placeIn(s) != nil
}

// placeIn returns c's place in s; nil: it has none.
func (c *Conn) placeIn(s *shard) *place {
	if s.number == 0 {
		return nil
	}
	return c.placeWith(s.number)
}

// placeWith returns the place with a shard's number, or a free one for 0; nil: there is none.
func (c *Conn) placeWith(number int32) *place {
	for i := range c.places {
		if c.places[i].shard == number {
			return &c.places[i]
		}
	}
	if c.more != nil {
		for i := range *c.more {
			if p := &(*c.more)[i]; p.shard == number {
				return p
			}
		}
	}
	return nil
}

// leaveLists takes c out of all lists.
func (c *Conn) leaveLists() {
	places := c.places[:]
	if c.more != nil {
		places = append(places, *c.more...)
	}
	for _, p := range places {
		if p.isTaken() {
			c.loop.shards[p.shard-1].leave(c)
		}
	}
}
