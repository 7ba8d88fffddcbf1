package resp

import (
	"net"
	"slices"
	"time"
)

// routeTo returns the node for a slot, or nil. The lock is held.
func (c *Client) routeTo(slot int) *node {
	if slot != anySlot {
		if n := c.route[slot]; n != nil {
			return n
		}
	}
	return c.anyNode()
}

// anyNode returns a node that is up, or may be soon, or nil.
func (c *Client) anyNode() *node {
	var found *node
	for _, n := range c.nodes {
		if n.state == up {
			return n
		}
		if n.state == connecting {
			found = n
		}
	}
	return found
}

// Keys returns one key for each master that has slots: of name(0), name(1), and so
// on, the first that goes there.
func (c *Client) Keys(name func(n int) string) (keys []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	missing := make(map[*node]bool)
	for _, n := range c.nodes {
		if n.slots > 0 {
			missing[n] = true
		}
	}
	for i := 0; i < slots && len(missing) > 0; i++ {
		key := name(i)
		if n := c.route[slotOf(key)]; missing[n] {
			delete(missing, n)
			keys = append(keys, key)
		}
	}
	return keys
}

// Together reports whether two keys go to the same master, as far as is known.
func (c *Client) Together(a, b string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.routeTo(slotOf(a)) == c.routeTo(slotOf(b))
}

// join makes an address of what a node says about another one. If it does not know the
// host it says "" or "?", and means its own.
func (n *node) join(host, port string) string {
	if host == "" || host == "?" {
		host, _, _ = net.SplitHostPort(n.addr)
	}
	return net.JoinHostPort(host, port)
}

// learn takes over what a node says about who has which slots, to CLUSTER SLOTS;
// an error means that it is not part of a cluster. The lock is held.
func (c *Client) learn(from *node, reply Reply) {
	c.asking = false
	if reply.Err() != nil {
		if c.stale = false; from.addr == c.target.addr {
			c.own(func(int) *node { return from })
		}
		return
	}
	ranges, err := reply.Array()
	if err != nil || len(ranges) == 0 || c.closed {
		c.stale = true // it has not met the others yet
		return
	}
	var owner [slots]*node
	for _, r := range ranges {
		first, last, addr, ok := slotRange(from, r)
		if !ok {
			c.config.Log.Warn("redis cluster slots not understood", "redis", from.addr)
			return
		}
		n := c.node(addr)
		for slot := first; slot <= last; slot++ {
			owner[slot] = n
		}
	}
	c.stale = slices.Contains(owner[:], nil) // until all are there
	c.own(func(slot int) *node { return owner[slot] })
}

// slotRange reads [first, last, [host, port, …], …].
func slotRange(from *node, r Reply) (first, last int, addr string, ok bool) {
	parts, _ := r.Array()
	if len(parts) < 3 {
		return 0, 0, "", false
	}
	master, _ := parts[2].Array()
	if len(master) < 2 {
		return 0, 0, "", false
	}
	var host, port string
	err := Reply{kind: array, list: slices.Concat(parts[:2], master[:2])}.Scan(&first, &last, &host, &port)
	return first, last, from.join(host, port), err == nil && first >= 0 && last < slots
}

// own says who is to have each slot. A slot that another node has is given away at once if
// that node waits for nothing, otherwise when it is released.
func (c *Client) own(owner func(slot int) *node) {
	for slot := range slots {
		c.owner[slot] = owner(slot)
		if c.route[slot] == nil {
			c.reroute(slot, c.owner[slot])
		}
	}
	for _, n := range c.nodes {
		if n.misses() {
			n.hold()
		}
	}
	c.count()
	c.wake.set()
}

// assign says that one slot belongs to another node.
func (c *Client) assign(slot int, to *node) {
	c.owner[slot] = to
	if has := c.route[slot]; has == nil {
		c.reroute(slot, to)
	} else if has != to {
		has.hold()
	}
}

// reroute sends what is for a slot to another node, its subscriptions soon.
func (c *Client) reroute(slot int, to *node) {
	c.route[slot] = to
	if len(c.channels[slot]) > 0 {
		c.moved[slot] = true
	}
}

// hold has n write nothing more until it has answered what was written.
func (n *node) hold() {
	switch n.state {
	case up:
		n.held = true
		if n.written == 0 && len(n.again) == 0 {
			n.release()
		}
	case down:
		n.giveAway()
	}
}

// misses tells whether n has a slot that belongs elsewhere.
func (n *node) misses() bool {
	for slot, has := range n.c.route {
		if has == n && n.c.owner[slot] != n {
			return true
		}
	}
	return false
}

// giveAway routes the slots of n that belong elsewhere to where they belong.
func (n *node) giveAway() {
	c := n.c
	given := false
	for slot, has := range &c.route {
		if has == n && c.owner[slot] != n {
			c.reroute(slot, c.owner[slot])
			given = true
		}
	}
	if given {
		c.count()
		c.wake.set()
	}
}

// count counts the slots of each node.
func (c *Client) count() {
	for _, n := range c.nodes {
		n.slots = 0
	}
	for _, n := range c.route {
		if n != nil {
			n.slots++
		}
	}
}

// lingers is how long a node without slots is kept after its last command.
const lingers = 10 * time.Second

// tidy ends the nodes that are not needed, and begins anew with the one of the URL
// if no node is left to ask. The lock is held.
func (c *Client) tidy() {
	for addr, n := range c.nodes {
		if n.slots == 0 && n.waiting.n == 0 && len(n.again) == 0 && c.clock-n.used > lingers && !slices.Contains(c.owner[:], n) {
			delete(c.nodes, addr)
			n.end()
		}
	}
	if !c.closed && c.anyNode() == nil {
		c.node(c.target.addr)
	}
}
