package resp

import (
	"context"
	"fmt"
	"time"
)

// state is that of a node's connection for commands.
type state uint8

const (
	connecting state = iota // for the first time: commands wait
	up
	down // commands fail
)

// node is a master. Client.mu guards what changes.
type node struct {
	c          *Client
	addr       string
	wake       signal          // of the writer
	context    context.Context // until the node has left the cluster
	end        context.CancelFunc
	subscriber *subscriber

	state state
	link  *link         // when up
	heard time.Duration // Client.clock of the last reply, or when there was nothing to wait for
	used  time.Duration // of the last command
	slots int           // routes to it

	waiting queue         // commands
	written int           // how many of them, the first ones, are written
	fill    *buffer       // has the others
	writing *buffer       // is being written
	spare   []*buffer     // to be used again
	held    bool          // nothing is written until all that is is answered
	until   time.Duration // nor before that
	again   []command     // what was redirected meanwhile
}

// node returns the node at addr, which it starts if it is new. The lock is held.
func (c *Client) node(addr string) *node {
	n := c.nodes[addr]
	if n == nil {
		n = &node{c: c, addr: addr, wake: newSignal(), fill: &buffer{}, used: c.clock}
		n.context, n.end = context.WithCancel(c.context)
		n.subscriber = &subscriber{n: n, wake: newSignal()}
		c.nodes[addr] = n
		c.running.Go(n.run)
		c.running.Go(n.subscriber.run)
	}
	return n
}

// run keeps a connection for commands.
func (n *node) run() {
	greetings := [][]any{{"CLUSTER", "SLOTS"}}
	for _, script := range n.c.config.Scripts {
		greetings = append(greetings, []any{"SCRIPT", "LOAD", script.source})
	}
	n.keep(service{
		purpose: "commands", greetings: greetings,
		begin: n.begin, wake: n.wake, take: n.take, answer: n.answer, lost: n.lost,
	})
}

// begin writes what has waited for the connection.
func (n *node) begin(l *link, replies []Reply) {
	c := n.c
	c.mu.Lock()
	n.link, n.state = l, up
	n.heard, n.used = c.clock, c.clock
	c.learn(n, replies[0])
	n.release()
	c.unlock()
	c.wake.set()
}

// lost fails all commands, after the writer has ended.
func (n *node) lost(err error) {
	c := n.c
	c.mu.Lock()
	switch {
	case c.closed:
		err = ErrClosed
	case err != ErrTimeout:
		err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	n.state, n.link = down, nil
	cmds := n.takeAll()
	for i := range cmds {
		c.fail(&cmds[i], err)
	}
	n.written, n.writing, n.held = 0, nil, false
	n.giveAway()
	c.stale = true
	c.unlock()
	c.wake.set()
}

// takeAll returns the commands that wait, in their order, and they wait no more. The lock
// is held.
func (n *node) takeAll() []command {
	cmds := n.again
	for n.waiting.n > 0 {
		cmds = append(cmds, n.waiting.pop())
	}
	for i := range cmds {
		n.c.leave(&cmds[i])
	}
	n.again = nil
	n.fill, n.spare = &buffer{}, nil
	return cmds
}

// answer gives a reply to the command that has waited longest.
func (n *node) answer(reply Reply) error {
	c := n.c
	c.counters.replies.Add(1)
	c.mu.Lock()
	if n.written == 0 {
		c.unlock()
		return fmt.Errorf("%w: a reply to nothing", ErrProtocol)
	}
	cmd := n.waiting.pop()
	n.written--
	n.heard = c.clock
	again := reply.kind == failure && n.redirect(&cmd, reply.bytes)
	if !again {
		c.leave(&cmd)
		n.drop(cmd.buffer)
	}
	if n.held && n.written == 0 && n.until <= c.clock {
		n.release()
	}
	c.unlock()
	if again || cmd.done == nil {
		return nil
	}
	if err := reply.Err(); err != nil {
		cmd.done(Reply{}, err)
	} else {
		cmd.done(reply, nil)
	}
	return nil
}
