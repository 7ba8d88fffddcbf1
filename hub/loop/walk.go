package loop

const (
	// slice is how many deliveries a loop makes before it looks at its sockets
	// again: a walk over ten thousand members takes milliseconds, and others
	// should not wait that long to be heard.
	slice = 64

	// fewMembers are written to at the end of the turn only.
	fewMembers = 32

	// A run of publishes to one list is delivered in one walk, each member's
	// messages in one write. The bounds keep a member's batch in the cache.
	maxRun      = 64
	maxRunBytes = 256 << 10
)

// work carries out commands until there are none left in the batch, or until a
// slice of deliveries is done.
func (l *Loop) work() {
	budget := slice
	for l.next < len(l.batch) && budget > 0 {
		c := &l.batch[l.next]
		if c.kind == cmdPublish {
			budget -= l.walk(budget)
			continue
		}
		l.count(1)
		l.carryOut(c)
		budget--
	}
}

// count counts n commands as carried out.
func (l *Loop) count(n int) {
	var size int64
	for i := range n {
		size += l.batch[l.next+i].size()
	}
	l.mail.backlog.Add(-size)
	l.next += n
}

// walk delivers the run of publishes to one list that begins at l.next to at
// most budget members, and returns to how many it did. It goes on where the
// slice before ended; lists change by commands only, which wait meanwhile.
func (l *Loop) walk(budget int) int {
	members := l.batch[l.next].list.shards[l.index].members
	if l.walked == 0 {
		if l.isLarge() {
			l.express()
		}
		l.inWalk = l.runLength()
	}
	items := l.batch[l.next : l.next+l.inWalk]
	end := min(len(members), l.walked+budget)
	few := len(members) <= fewMembers
	for _, c := range members[l.walked:end] {
		if c.state != open {
			continue
		}
		for i := range items {
			c.push(items[i].item)
		}
		if few && c.out != nil && c.out.size() > 0 { // there may be more in this turn: an ack, another group
			l.touch(c)
			continue
		}
		c.flush()
		if c.out != nil { // the rest has to wait for the socket
			l.touch(c)
		}
	}
	walked := end - l.walked
	l.walked = end
	if end == len(members) {
		l.walked = 0
		for i := range items {
			l.stats.delivered(items[i].posted, len(members))
		}
		l.count(l.inWalk)
	}
	return walked + 1
}

// runLength is how many publishes to one list there are from l.next on.
func (l *Loop) runLength() int {
	list := l.batch[l.next].list
	run, bytes := 0, 0
	for _, c := range l.batch[l.next:] {
		if c.kind != cmdPublish || c.list != list || run == maxRun || (run > 0 && bytes > maxRunBytes) {
			break
		}
		run++
		bytes += c.item.Size()
	}
	return run
}

// isLarge reports whether the list to which the next command publishes has more
// members than a slice.
func (l *Loop) isLarge() bool {
	return len(l.batch[l.next].list.shards[l.index].members) > slice
}

// express lets some commands overtake the deliveries to a list that take more than
// one turn: a private message does not wait for those to ten thousand others, nor
// does it part a run of them. Among themselves they keep their order.
func (l *Loop) express() {
	if l.next > len(l.batch)/2 { // what is done goes, as the batch may never come to its end
		rest := copy(l.batch, l.batch[l.next:])
		clear(l.batch[rest:])
		l.batch, l.sorted, l.next = l.batch[:rest], max(0, l.sorted-l.next), 0
	}
	l.batch = l.mail.takeMore(l.batch)
	from := max(l.sorted, l.next)
	kept := l.batch[:from]
	for i := from; i < len(l.batch); i++ {
		c := &l.batch[i]
		if !c.overtakes() {
			if c.kind == cmdExpress { // so must those behind it
				c.conn.inTurn++
			}
			kept = append(kept, *c)
			continue
		}
		l.mail.backlog.Add(-c.size())
		l.carryOut(c)
	}
	clear(l.batch[len(kept):])
	l.batch, l.sorted = kept, len(kept)
}
