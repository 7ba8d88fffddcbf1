package redis

import (
	"wschat/hub/chat"
	"wschat/hub/redis/resp"
)

// resync is called when the channel brings what comes from now on, though not what
// came before.
func (c *conversation) resync() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sync()
}

// pause is called when data are lost somewhere: until resume the node is told of
// nothing.
func (c *conversation) pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open, c.paused = false, true
	c.answer()
}

// compare takes over where the conversation is after a loss. If it is another one by the
// same name, the node is told of it from the beginning; if only its end is lost, as after
// a failover, it goes on from what is left.
func (c *conversation) compare(at place) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.lost(at) && at.mark != c.mark:
		c.seq, c.run, c.mark = 0, run{}, at.mark
	case c.lost(at):
		c.seq, c.run = at.seq, run{}
	}
}

// lost reports whether something is missing that the node was told of.
func (c *conversation) lost(at place) bool {
	return c.known && (c.mark != "" && at.mark != c.mark || at.seq < c.seq)
}

// told returns the mark of the conversation and the last seq that the node was told of.
func (c *conversation) told() (mark string, seq uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mark, c.seq
}

func (c *conversation) resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused = false
	c.sync()
}

func (c *conversation) sync() {
	c.open = false
	switch {
	case c.paused:
	case c.syncing:
		c.again = true
	default:
		c.syncing, c.again = true, false
		c.ask()
	}
}

// ask asks how things stand. What the channel has brought before is part of it.
func (c *conversation) ask() {
	c.pending, c.bytes, c.missed = nil, 0, false
	after := any("-")
	switch {
	case c.known:
		after = c.seq
	case !c.from.IsZero():
		after = "t" + microseconds(c.from)
	}
	c.store.doAmended(c.asks(after), c.synced)
}

// asks is the command for that.
func (c *conversation) asks(after any) command {
	group := flag(chat.IsGroup(c.name))
	if c.tracks() {
		return on(c.key, syncScript, resp.Key(c.key+":m"), after, group, flag(c.members == nil))
	}
	return on(c.key, syncScript, after, group, 0)
}

func (c *conversation) synced(r resp.Reply, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		err = c.catchUp(r)
	}
	if err != nil {
		c.syncing = false
		c.store.failed(err)
		c.store.syncLater(c)
	}
}

// catchUp takes the reply to syncScript.
func (c *conversation) catchUp(r resp.Reply) error {
	if c.paused {
		c.syncing = false
		return nil
	}
	if c.again { // this may be from before what it is to be asked again for
		c.again = false
		c.ask()
		return nil
	}
	at, err := parsePlace(c.name, r)
	if err != nil {
		return err
	}
	if c.lost(at) && c.store.concerns(c) {
		c.syncing = false
		c.store.lost(c.name)
		return nil
	}
	c.mark, c.empty = at.mark, !at.kept
	if c.members == nil { // who is here is told of the messages
		c.reconcile(at.members)
	}
	for _, m := range at.messages {
		c.tell(entry{kind: 'm', m: m})
	}
	if at.all {
		c.seq = at.seq
		if at.run.author != "" {
			c.run = at.run
		}
	}
	c.known = c.known || at.all || len(at.messages) > 0
	switch {
	case at.all && !c.missed:
	case c.store.node.Behind():
		c.syncing = false
		c.store.syncLater(c)
		return nil
	default:
		c.ask()
		return nil
	}
	c.open, c.syncing = true, false
	c.reconcile(at.members)
	c.retopic(at.topic)
	for _, e := range c.pending {
		c.tell(e)
	}
	c.pending, c.bytes = nil, 0
	c.answer()
	select {
	case <-c.opened:
	default:
		close(c.opened)
	}
	return nil
}
