package loop

import "time"

const (
	// fewMembers are written to at the end of the turn only.
	fewMembers = 32

	// So many items, and about so many bytes of them, are on their way at most: they
	// bound a member's batch, and keep it in the cache.
	maxUnderWay      = 64
	maxUnderWayBytes = 256 << 10

	// fewUnderWay is up to how many items their authors get them ahead of the
	// others. An author who waits for that before saying more is not held up then,
	// and members get more at a time; above it he has to wait for his turn, so that
	// authors cannot outrun the members.
	fewUnderWay = 8
)

// walk delivers to the members of one list, again and again around it. What is
// published meanwhile joins in where the walk is and leaves when it has gone
// around once, so that each member gets what is under way at that time in one
// write, in order, everything once. The list does not change meanwhile: joins and
// leaves are commands, which wait for the end of the walk.
type walk struct {
	shard   *shard
	items   []underWay // in the order in which they were published
	first   uint64     // the number of items[0]; they are numbered in that order
	bytes   int64
	at      int // the member whose turn it is
	leaders []leader
}

// underWay is an item on its way.
type underWay struct {
	item   Item
	posted time.Time
	size   int64
	left   int // so many members have yet to get it
}

// leader is a member who has got items before its turn.
type leader struct {
	at   int
	next uint64 // the number of the first item that it has not got
}

func (w *walk) underWay() bool { return len(w.items) > 0 }

// isLarge reports whether the walk takes more than one turn of the loop.
func (w *walk) isLarge() bool { return w.underWay() && len(w.shard.members) > slice }

// takes reports whether a publish to s can join in.
func (w *walk) takes(s *shard) bool {
	return !w.underWay() || w.shard == s && len(w.items) < maxUnderWay && w.bytes <= maxUnderWayBytes
}

// admit lets the commands join the walk that are next and can.
func (l *Loop) admit() {
	w := &l.walk
	for l.next < len(l.batch) {
		c := &l.batch[l.next]
		switch {
		case c.kind == cmdPublish && w.takes(&c.list.shards[l.index]):
			l.join(c)
		case c.kind == cmdSend && w.hasAll(c.conn): // nothing has to come before it
			l.mail.backlog.Add(-c.size())
			l.carryOut(c)
		default:
			return
		}
		l.next++
	}
}

// join adds what a command publishes.
func (l *Loop) join(c *command) {
	w := &l.walk
	s, size := &c.list.shards[l.index], c.size()
	if len(s.members) == 0 {
		l.mail.backlog.Add(-size)
		return
	}
	if !w.underWay() {
		w.shard, w.at = s, 0
	}
	w.items = append(w.items, underWay{c.item, c.posted, size, len(s.members)})
	w.bytes += size
	if author := c.conn; author != nil && author.loop == l && w.isLarge() && len(w.items) <= fewUnderWay {
		l.lead(author)
	}
}

// lead gives a member what is under way before its turn.
func (l *Loop) lead(c *Conn) {
	w := &l.walk
	place := c.placeIn(w.shard)
	if place < 0 || c.state != open {
		return
	}
	at := int(c.places[place].at)
	a := w.find(at)
	if a == nil {
		w.leaders = append(w.leaders, leader{at, w.first + uint64(w.visited(at))})
		a = &w.leaders[len(w.leaders)-1]
	}
	for _, u := range w.items[a.next-w.first:] {
		c.push(u.item)
	}
	a.next = w.first + uint64(len(w.items))
	l.touch(c) // there may be more in this turn: an ack
}

// visited is how many of the items a member has got in its turn.
func (w *walk) visited(at int) int {
	members := len(w.shard.members)
	since := (w.at-1-at+members)%members + 1 // so many visits ago, this one included, was its turn
	n := 0
	for n < len(w.items) && members-w.items[n].left >= since {
		n++
	}
	return n
}

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
	l.leave()
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
	if c.state != open {
		return
	}
	for i := range items {
		c.push(items[i].item)
	}
	if len(w.shard.members) <= fewMembers && c.out != nil && c.out.size() > 0 { // there may be more in this turn
		l.touch(c)
		return
	}
	c.flush()
	if c.out != nil { // the rest has to wait for the socket
		l.touch(c)
	}
}

// leave lets go of the items that have gone around.
func (l *Loop) leave() {
	w := &l.walk
	n := 0
	for n < len(w.items) && w.items[n].left == 0 {
		u := &w.items[n]
		l.stats.delivered(u.posted, len(w.shard.members))
		l.mail.backlog.Add(-u.size)
		w.bytes -= u.size
		n++
	}
	w.first += uint64(n)
	rest := copy(w.items, w.items[n:])
	clear(w.items[rest:])
	w.items = w.items[:rest]
	if rest == 0 {
		w.shard, w.leaders = nil, w.leaders[:0]
	}
}
