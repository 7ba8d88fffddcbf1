package resp

import "time"

const (
	// tick is how often the connections are looked at, and how exact Timeout is.
	tick = 100 * time.Millisecond
	// idle is how long a connection is silent before it is asked by PING.
	idle = time.Second
)

// watch looks after everything that is a matter of time, tells the state, and has
// channels subscribed where they belong now.
func (c *Client) watch() {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	told := false
	for {
		select {
		case <-c.context.Done():
			return
		case <-ticker.C:
			c.tick()
		case <-c.wake:
		}
		c.resubscribe()
		if up := c.Up(); up != told {
			told = up
			if c.config.State != nil {
				c.config.State(up)
			}
		}
	}
}

// Up tells whether all of Redis can be reached: all masters, for commands and for
// subscriptions, and in a cluster all slots.
func (c *Client) Up() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	routed := 0
	for _, n := range c.nodes {
		if n.slots > 0 && (n.state != up || n.subscriber.link == nil) {
			return false
		}
		routed += n.slots
	}
	return routed == slots && !c.closed
}

func (c *Client) tick() {
	c.mu.Lock()
	defer c.unlock()
	now := time.Now()
	c.clock += min(now.Sub(c.ticked), 2*tick)
	c.ticked = now
	for _, n := range c.nodes {
		n.tick()
		n.subscriber.tick()
	}
	for _, channel := range c.refused {
		c.moved[channelSlot(channel)] = true
	}
	c.refused = nil
	c.tidy()
	if c.stale && !c.asking {
		c.ask()
	}
}

// ask asks who has which slots.
func (c *Client) ask() {
	n := c.anyNode()
	if n == nil || n.state != up || c.waiting >= maxPending {
		return
	}
	c.asking = true
	n.do(anySlot, "", func(reply Reply, err error) {
		c.mu.Lock()
		defer c.unlock()
		if c.asking = false; err == nil {
			c.learn(n, reply)
		}
	}, []any{"CLUSTER", "SLOTS"})
}

// tick ends what has waited too long, asks a silent server whether it is there,
// and goes on with what was to pause. The lock is held.
func (n *node) tick() {
	c := n.c
	n.expire()
	switch {
	case n.state != up:
	case n.written > 0:
		if c.clock-n.heard > c.config.Timeout {
			n.link.giveUp()
		}
	case n.held:
		if n.until <= c.clock {
			n.release()
		}
	case n.waiting.n == 0 && c.clock-n.heard >= idle:
		n.do(anySlot, "", nil, []any{"PING"})
	}
}

// expire fails the commands that have waited for too long. They keep their place
// until their replies come.
func (n *node) expire() {
	c := n.c
	late := func(cmd *command) bool {
		if c.clock-cmd.since <= c.config.Timeout {
			return false
		}
		c.fail(cmd, ErrTimeout)
		cmd.done = nil
		return true
	}
	for i := range n.again {
		late(&n.again[i])
	}
	for i := 0; i < n.waiting.n && late(n.waiting.at(i)); i++ {
	}
}
