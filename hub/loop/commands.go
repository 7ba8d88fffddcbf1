package loop

// slice is how many deliveries a loop makes before it looks at its sockets
// again: a walk over ten thousand members takes milliseconds, and others
// should not wait that long to be heard.
const slice = 64

// work carries out commands until there are none left in the batch, or until a
// slice of deliveries is done.
func (l *Loop) work() {
	for budget := slice; budget > 0; budget-- {
		if budget -= l.admit(budget); budget <= 0 {
			return
		}
		if l.walk.active() {
			budget -= l.walkOn(budget)
			continue
		}
		if l.next == len(l.batch) {
			return
		}
		c := &l.batch[l.next]
		l.next++
		l.carryOut(c)
	}
}

// takeMail fetches the commands that have been posted.
func (l *Loop) takeMail() {
	switch {
	case l.walk.isLarge():
		l.express()
		l.settle() // now: what overtakes does not wait for the next slice either
	case l.next == len(l.batch):
		clear(l.batch)
		l.batch, l.next, l.sorted = l.mail.take(l.batch[:0]), 0, 0
	}
}

// express lets some commands overtake the deliveries to a list that take more than
// one turn: a private message does not wait for those to ten thousand others, nor
// for what waits for their end. Among themselves they keep their order.
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
		l.carryOut(c)
	}
	clear(l.batch[len(kept):])
	l.batch, l.sorted = kept, len(kept)
}

// carryOut does what a command says, publishes excepted.
func (l *Loop) carryOut(cmd *command) {
	size := cmd.size()
	switch cmd.kind {
	case cmdCall, cmdInTurn:
		cmd.call()
	case cmdSend, cmdExpress:
		if cmd.conn.inTurn > 0 && cmd.kind == cmdExpress {
			cmd.conn.inTurn--
		}
		if cmd.answers {
			cmd.conn.answered()
		}
		if cmd.conn.state == open && cmd.item != nil {
			cmd.conn.push(cmd.item, size >= largeMessage)
			l.touch(cmd.conn)
			l.stats.delivered(cmd.posted, 1)
		}
	case cmdJoin:
		cmd.list.shards[l.index].join(cmd.conn)
	case cmdLeave:
		cmd.list.shards[l.index].leave(cmd.conn)
	}
	l.mail.done(cmd.item, size)
}
