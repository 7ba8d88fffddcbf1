package resp

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// state is that of a node's connection for commands.
type state uint8

const (
	connecting state = iota // for the first time: commands wait
	up
	down // commands fail
)

// Waits before a connection is made again.
const (
	firstPause = 50 * time.Millisecond
	maxPause   = 2 * time.Second
)

// node is a master. Client.mu guards what changes.
type node struct {
	c          *Client
	addr       string
	wake       chan struct{}   // of the writer
	context    context.Context // until the node is no part of the cluster any more
	end        context.CancelFunc
	subscriber *subscriber

	state      state
	link       *link         // when up
	subscribed bool          // its subscriber is up
	heard      time.Duration // Client.clock of the last reply, or when there was nothing to wait for
	used       time.Duration // of the last command
	slots      int           // routes to it

	waiting queue         // commands
	written int           // how many of them, the first ones, are written
	fill    *buffer       // has the others
	spare   []*buffer     // to be used again
	held    bool          // nothing is written until all that is is answered
	until   time.Duration // nor before that
	again   []command     // what was redirected meanwhile
}

// node returns the node at addr, which it starts if it is new. The lock is held.
func (c *Client) node(addr string) *node {
	n := c.nodes[addr]
	if n == nil {
		n = &node{c: c, addr: addr, wake: make(chan struct{}, 1), fill: &buffer{}, used: c.clock}
		n.context, n.end = context.WithCancel(c.context)
		n.subscriber = newSubscriber(n)
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
	n.keep(service{purpose: "commands", greetings: greetings, serve: n.serve, lost: n.lost})
}

// service is what a connection is for.
type service struct {
	purpose   string // in the log
	greetings [][]any
	reuse     bool                       // of replies
	serve     func(*link, []Reply) error // until the connection is lost
	lost      func(err error)            // it is, or there was none
}

// keep makes a connection again and again, until the node ends.
func (n *node) keep(s service) {
	log := n.c.log.With("redis", n.addr, "for", s.purpose)
	told := false // that there is none
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		l, replies, err := n.c.dial(n.context, n.addr, s.reuse, s.greetings)
		if err == nil {
			log.Info("redis connected")
			told = false
			begun := time.Now()
			stop := context.AfterFunc(n.context, l.close)
			err = s.serve(l, replies)
			stop()
			l.close()
			if l.hung.Load() {
				err = ErrTimeout
			}
			if time.Since(begun) > maxPause {
				pause = firstPause
			}
		}
		s.lost(err)
		if n.context.Err() == nil && !told {
			log.Warn("redis not connected", "err", err)
			told = true
		}
		if !n.wait(pause/2 + rand.N(pause/2)) {
			return
		}
	}
}

// wait tells whether the node is still there after so long.
func (n *node) wait(pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return n.context.Err() == nil
	case <-n.context.Done():
		return false
	}
}

// serve writes commands and reads their replies until the connection is lost.
func (n *node) serve(l *link, replies []Reply) error {
	c := n.c
	c.mu.Lock()
	n.link, n.state = l, up
	n.heard, n.used = c.clock, c.clock
	c.learn(n, replies[0])
	n.release()
	c.unlock()
	c.changed()
	gone, written := make(chan struct{}), make(chan struct{})
	c.running.Go(func() {
		defer close(written)
		n.write(l, gone)
	})
	err := n.read(l)
	l.close()
	close(gone)
	<-written
	return err
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
	for i := range n.again {
		c.leave(&n.again[i])
		c.fail(&n.again[i], err)
	}
	for n.waiting.n > 0 {
		cmd := n.waiting.pop()
		c.leave(&cmd)
		c.fail(&cmd, err)
	}
	n.again, n.written, n.fill, n.spare, n.held = nil, 0, &buffer{}, nil, false
	n.giveAway()
	c.stale = true
	c.unlock()
	c.changed()
}

// read hands out replies until the connection is lost.
func (n *node) read(l *link) error {
	for {
		reply, err := l.in.read()
		if err != nil {
			return err
		}
		if err := n.answer(reply); err != nil {
			return err
		}
	}
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
