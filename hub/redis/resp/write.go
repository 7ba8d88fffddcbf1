package resp

// do queues a command; key is that of a script. The lock is held.
func (n *node) do(slot int, key string, done func(Reply, error), args []any) {
	var script *Script
	if given, ok := args[0].(*Script); ok {
		script = n.c.script(given)
	}
	from := len(n.fill.b)
	n.fill.b = appendCommand(n.fill.b, key, args)
	n.push(command{done: done, from: from, slot: slot, script: script, since: n.c.clock})
}

// push queues the command whose bytes end the buffer to be written.
func (n *node) push(cmd command) {
	cmd.buffer, cmd.to = n.fill, len(n.fill.b)
	n.fill.refs++
	n.waiting.push(cmd)
	n.used = n.c.clock
	n.c.enter(&cmd)
	if n.waiting.n == n.written+1 && !n.held {
		n.wakeWriter()
	}
}

func (n *node) wakeWriter() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// write writes what has come together, until the connection is gone.
func (n *node) write(l *link, gone chan struct{}) {
	for {
		out := n.take()
		if out == nil {
			select {
			case <-n.wake:
				continue
			case <-gone:
				return
			}
		}
		_, err := l.conn.Write(out.b)
		n.c.mu.Lock()
		n.drop(out)
		n.c.mu.Unlock()
		if err != nil {
			l.close() // the reader says what comes of it
			<-gone
			return
		}
	}
}

// take returns what is to be written now, or nil.
func (n *node) take() *buffer {
	c := n.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if n.held || n.written == n.waiting.n {
		return nil
	}
	c.counters.commands.Add(uint64(n.waiting.n - n.written))
	if n.written == 0 {
		n.heard = c.clock // the wait begins
	}
	n.written = n.waiting.n
	out := n.fill
	out.refs++
	n.fill = &buffer{}
	if last := len(n.spare) - 1; last >= 0 {
		n.fill, n.spare = n.spare[last], n.spare[:last]
	}
	return out
}

// drop ends one use of a buffer, and keeps it for later writes if it was the last
// one. The lock is held.
func (n *node) drop(b *buffer) {
	if b.refs--; b.refs == 0 && b != n.fill && cap(b.b) <= maxSpare && len(n.spare) < spares {
		b.b = b.b[:0]
		n.spare = append(n.spare, b)
	}
}
