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
		n.wake.set()
	}
}

// take returns what is to be written now, or nil. What it returned before is written.
func (n *node) take() []byte {
	c := n.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if n.writing != nil {
		n.drop(n.writing)
		n.writing = nil
	}
	if n.held || n.written == n.waiting.n {
		return nil
	}
	c.counters.commands.Add(uint64(n.waiting.n - n.written))
	if n.written == 0 {
		n.heard = c.clock // the wait begins
	}
	n.written = n.waiting.n
	n.writing, n.fill = n.fill, &buffer{}
	n.writing.refs++
	if last := len(n.spare) - 1; last >= 0 {
		n.fill, n.spare = n.spare[last], n.spare[:last]
	}
	return n.writing.b
}

// drop ends one use of a buffer, and keeps it for later writes if it was the last
// one. The lock is held.
func (n *node) drop(b *buffer) {
	if b.refs--; b.refs == 0 && b != n.fill && cap(b.b) <= maxSpare && len(n.spare) < spares {
		b.b = b.b[:0]
		n.spare = append(n.spare, b)
	}
}
