package resp

import (
	"strconv"
	"strings"
)

// quickly is how often a command is redirected without a pause.
const quickly = 4

// redirect notes a command that must be sent again because of this error, and
// tells whether it is one. It is tried for half of Config.Timeout; what remains
// is for the last answer. The lock is held.
func (n *node) redirect(cmd *command, text []byte) bool {
	c := n.c
	if c.clock-cmd.since > c.config.Timeout/2 {
		return false
	}
	code, rest, _ := strings.Cut(string(text), " ")
	slot, to := anySlot, (*node)(nil)
	pause := cmd.tries >= quickly
	switch code {
	case "MOVED", "ASK":
		if slot, to = c.place(n, rest); to == nil {
			return false
		}
		if code == "ASK" {
			cmd.ask = to
		}
	case "TRYAGAIN", "CLUSTERDOWN":
		pause = true
	case "NOSCRIPT":
		if cmd.script == nil {
			return false
		}
		n.evaluate(cmd)
	default:
		return false
	}
	cmd.tries++
	n.again = append(n.again, *cmd)
	n.held = true
	if pause {
		n.until = c.clock + 1 // the next tick
	}
	if code == "MOVED" || code == "CLUSTERDOWN" {
		c.stale = true
	}
	if code == "MOVED" {
		c.assign(slot, to)
	}
	return true
}

// evaluate makes a command carry its script.
func (n *node) evaluate(cmd *command) {
	b := &buffer{b: appendEval(nil, cmd.bytes(), cmd.script), refs: 1}
	n.c.bytes += len(b.b) - (cmd.to - cmd.from)
	n.drop(cmd.buffer)
	cmd.buffer, cmd.from, cmd.to, cmd.script = b, 0, len(b.b), nil
}

// place reads "slot host:port" of a redirection; an empty host is that of the
// node that said so. The node is nil if it makes no sense.
func (c *Client) place(from *node, text string) (slot int, to *node) {
	number, addr, _ := strings.Cut(text, " ")
	slot, err := strconv.Atoi(number)
	colon := strings.LastIndexByte(addr, ':')
	if err != nil || slot < 0 || slot >= slots || colon < 0 || c.closed {
		return 0, nil
	}
	to = c.node(from.join(addr[:colon], addr[colon+1:]))
	to.used = c.clock
	return slot, to
}

// release ends the hold of a node that has answered everything: its slots that
// belong elsewhere are given away, and all commands go where they belong now, in
// their order. The lock is held.
func (n *node) release() {
	c := n.c
	n.held, n.until = false, 0
	n.giveAway()
	cmds := n.takeAll()
	for i := range cmds {
		cmd := &cmds[i]
		to := cmd.ask
		switch {
		case cmd.slot == nextsSlot:
			continue // an ASKING is sent anew where it is needed
		case cmd.slot == anySlot && n.state == up:
			to = n
		case to == nil:
			to = c.routeTo(cmd.slot)
		}
		if to == nil || to.state == down {
			c.fail(cmd, ErrUnavailable)
			continue
		}
		if cmd.ask != nil {
			to.do(nextsSlot, "", nil, []any{"ASKING"})
			cmd.ask = nil
		}
		encoded := cmd.bytes()
		cmd.from = len(to.fill.b)
		to.fill.b = append(to.fill.b, encoded...)
		to.push(*cmd)
	}
	n.wake.set()
}

// movedTo follows a MOVED that answered no command but a subscription, and tells
// whether it is one. The lock is held.
func (c *Client) movedTo(from *node, text []byte) bool {
	rest, ok := strings.CutPrefix(string(text), "MOVED ")
	if !ok {
		return false
	}
	c.stale = true
	if slot, to := c.place(from, rest); to != nil {
		c.assign(slot, to)
	}
	return true
}
