package loop

import (
	"slices"
	"time"
)

const (
	// fewMembers is the size up to which a list's members are written to only at the end
	// of the turn.
	fewMembers = 32

	// At most maxUnderWay items, of about maxUnderWayBytes, are on their way at a time.
	// That bounds a member's batch, and keeps it in the cache.
	maxUnderWay      = 64
	maxUnderWayBytes = 256 << 10

	// fewUnderWay is up to how many items their authors get them ahead of the
	// others. An author who waits for that before saying more is not held up then,
	// and members get more at a time; above it he has to wait for his turn, so that
	// authors cannot outrun the members.
	fewUnderWay = 8

	// fewChanges bounds the members who are ahead, or have gone, before a walk comes to
	// its end.
	fewChanges = 64

	// shortList is up to how many members of a loop a list may have that need not wait for the
	// end of another list's walk: each gets what is under way first.
	shortList = 16
)

// walk delivers to the members of one list, again and again around it. What is
// published meanwhile joins in where the walk is and leaves when it has gone
// around once, so that each member gets what is under way at that time in one
// write, in order, everything once. Who joins meanwhile is its last member, and gets what
// is published from then on. Nobody leaves: that waits for the end of the walk.
type walk struct {
	shard   *shard
	items   []underWay // in the order in which they were published
	first   uint64     // the number of items[0]; they are numbered in that order
	bytes   int64
	at      int // the member whose turn it is
	leaders []leader
	leaving []*Conn // are to be taken out of the list
	gone    []*Conn // are to be taken out of all their lists
}

// underWay is an item on its way.
type underWay struct {
	item   Item
	only   *Conn // the only member that gets it; nil: all do
	posted time.Time
	size   int64
	left   int // members who have yet to get their turn
}

// leader is a member who has got items before its turn.
type leader struct {
	at   int
	next uint64 // the number of the first item that it has not got
}

// active reports whether anything is under way.
func (w *walk) active() bool { return len(w.items) > 0 }

// isLarge reports whether the walk takes more than one turn of the loop.
func (w *walk) isLarge() bool { return w.active() && len(w.shard.members) > slice }

// hasRoom reports whether one more item can join.
func (w *walk) hasRoom() bool {
	return len(w.items) < maxUnderWay && w.bytes <= maxUnderWayBytes && len(w.gone) < fewChanges
}

// admit lets the commands join the walk that are next and can, and begins one if
// the next is a publish. It makes budget deliveries or a few more at most, and returns how
// many it made.
func (l *Loop) admit(budget int) (done int) {
	for l.next < len(l.batch) && done < budget {
		c := &l.batch[l.next]
		admitted, deliveries := l.admitNext(c)
		if !admitted {
			break
		}
		done += deliveries
		l.next++
	}
	return done
}

// admitNext reports whether a command, the next one, has joined or is carried out, and how
// many deliveries it took.
func (l *Loop) admitNext(c *command) (admitted bool, deliveries int) {
	w := &l.walk
	switch c.kind {
	case cmdPublish:
		s := &c.list.shards[l.index]
		switch n := len(s.members); {
		case !w.active(), w.shard == s && w.hasRoom():
			l.takeOn(c, s)
			return true, 0
		case w.shard != s && n <= shortList && w.canLead(n):
			l.deliverAside(c, s)
			return true, n
		}
	case cmdSend:
		switch {
		case !w.active():
			return false, 0
		case c.item == nil, !w.has(c.conn), w.hasAll(c.conn): // nothing has to come before it
			l.carryOut(c)
			return true, 1
		case w.hasRoom(): // it joins the walk, so that items published after it need not wait
			if c.answers {
				c.conn.answered()
			}
			w.add(underWay{c.item, c.conn, c.posted, c.size(), len(w.shard.members)})
			return true, 1
		}
	case cmdJoin:
		if w.active() && w.canLead(1) && !slices.Contains(w.leaving, c.conn) {
			members := len(w.shard.members)
			l.carryOut(c)
			if len(w.shard.members) > members {
				w.extend()
			}
			return true, 0
		}
	case cmdLeave:
		switch {
		case !w.active():
			return false, 0
		case w.shard != &c.list.shards[l.index], c.conn.placeIn(w.shard) == nil:
			l.carryOut(c)
			return true, 0
		case !slices.Contains(w.leaving, c.conn) && w.canLead(1) && len(w.leaving) < fewChanges:
			l.lead(c.conn)
			w.leaving = append(w.leaving, c.conn)
			l.mail.done(nil, c.size())
			return true, 1
		}
	case cmdInTurn:
		if w.active() && c.conn != nil && w.canLead(1) {
			l.lead(c.conn)
			l.carryOut(c)
			return true, 0
		}
	}
	return false, 0
}

// has reports whether a connection is a member that does not leave.
func (w *walk) has(c *Conn) bool {
	return c.placeIn(w.shard) != nil && !slices.Contains(w.leaving, c)
}

// canLead reports whether n members more may get what is under way before their turn.
func (w *walk) canLead(n int) bool { return len(w.leaders)+n <= fewChanges }

// deliverAside delivers to a short list, whose members need not wait for the end of the walk:
// they get what is under way before their turn, and so everything in order.
func (l *Loop) deliverAside(c *command, s *shard) {
	size := c.size()
	for _, member := range s.members {
		l.lead(member)
		if member.state == open {
			member.push(c.item, size >= largeMessage)
			l.touch(member)
		}
	}
	if n := len(s.members); n > 0 {
		l.stats.delivered(c.posted, n)
	}
	l.mail.done(c.item, size)
}

// extend follows when somebody has joined the list, as its last member, who gets nothing of
// what is under way.
func (w *walk) extend() {
	last, passes := len(w.shard.members)-1, false
	for i := range w.items {
		if u := &w.items[i]; last-u.left <= w.at { // it has yet to come to the end of the list
			u.left++
			passes = true
		}
	}
	if passes {
		w.leaders = append(w.leaders, leader{last, w.first + uint64(len(w.items))})
	}
}

// takeOn adds what a command publishes.
func (l *Loop) takeOn(c *command, s *shard) {
	w := &l.walk
	if len(s.members) == 0 {
		l.mail.done(c.item, c.size())
		return
	}
	if !w.active() {
		w.shard, w.at = s, 0
	}
	w.add(underWay{c.item, nil, c.posted, c.size(), len(s.members)})
	if author := c.conn; author != nil && author.loop == l && w.isLarge() && len(w.items) <= fewUnderWay {
		l.lead(author)
	}
}

func (w *walk) add(u underWay) {
	w.items = append(w.items, u)
	w.bytes += u.size
}

// lead gives a member what is under way before its turn.
func (l *Loop) lead(c *Conn) {
	w := &l.walk
	if c.state != open || !w.has(c) {
		return
	}
	at := int(c.placeIn(w.shard).at)
	a := w.find(at)
	if a == nil {
		w.leaders = append(w.leaders, leader{at, w.first + uint64(w.visited(at))})
		a = &w.leaders[len(w.leaders)-1]
	}
	c.pushAll(w.items[a.next-w.first:])
	a.next = w.first + uint64(len(w.items))
	l.touch(c) // there may be more in this turn: an ack
}

// visited returns how many of the items a member has got in its turn.
func (w *walk) visited(at int) int {
	members := len(w.shard.members)
	since := (w.at-1-at+members)%members + 1 // visits since its turn, this one included
	n := 0
	for n < len(w.items) && members-w.items[n].left >= since {
		n++
	}
	return n
}

// find returns what a member is ahead by; nil if it is not. There are few.
func (w *walk) find(at int) *leader {
	for i := range w.leaders {
		if w.leaders[i].at == at {
			return &w.leaders[i]
		}
	}
	return nil
}

// hasAll reports whether a connection is a member that has got all that is under
// way.
func (w *walk) hasAll(c *Conn) bool {
	for _, a := range w.leaders {
		if w.shard.members[a.at] == c {
			return a.next == w.first+uint64(len(w.items))
		}
	}
	return false
}

// walkOn makes at most budget visits, and returns how many it did.
func (l *Loop) walkOn(budget int) int {
	w := &l.walk
	n := min(budget, w.items[0].left)
	for range n {
		l.visit(w.shard.members[w.at])
		if w.at++; w.at == len(w.shard.members) {
			w.at = 0
		}
	}
	for i := range w.items {
		w.items[i].left -= n
	}
	l.retire()
	return n
}

// visit delivers to the member whose turn it is.
func (l *Loop) visit(c *Conn) {
	w := &l.walk
	items := w.items
	if a := w.find(w.at); a != nil {
		items = items[a.next-w.first:]
		*a = w.leaders[len(w.leaders)-1]
		w.leaders = w.leaders[:len(w.leaders)-1]
	}
	if c.state != open || slices.Contains(w.leaving, c) {
		return
	}
	c.pushAll(items)
	if len(w.shard.members) <= fewMembers && c.out != nil && c.out.size() > 0 { // there may be more in this turn
		l.touch(c)
		return
	}
	c.flush()
	if c.out != nil { // the rest has to wait for the socket
		l.touch(c)
	}
}

// pushAll pushes those of the items that are for c.
func (c *Conn) pushAll(items []underWay) {
	for i := range items {
		if u := &items[i]; u.only == nil || u.only == c {
			c.push(u.item, u.size >= largeMessage)
		}
	}
}

// retire lets go of the items that have gone around.
func (l *Loop) retire() {
	w := &l.walk
	n := 0
	for n < len(w.items) && w.items[n].left == 0 {
		u := &w.items[n]
		recipients := 1
		if u.only == nil {
			recipients = len(w.shard.members)
		}
		l.stats.delivered(u.posted, recipients)
		l.mail.done(u.item, u.size)
		w.bytes -= u.size
		n++
	}
	w.first += uint64(n)
	rest := copy(w.items, w.items[n:])
	clear(w.items[rest:])
	w.items = w.items[:rest]
	if rest == 0 {
		for _, c := range w.leaving {
			w.shard.leave(c)
		}
		w.shard, w.leaders, w.leaving = nil, w.leaders[:0], nil
		for _, c := range w.gone {
			c.leaveLists()
		}
		w.gone = nil
	}
}
