package resp

// Subscribe has what is published on a channel (SPUBLISH) handed to
// Config.Message until Unsubscribe. It only notes that, and does not block; when
// it has effect Config.Subscribed is told. Subscribing again what is subscribed
// does nothing.
func (c *Client) Subscribe(channel string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	slot := channelSlot(channel)
	if c.wants(channel) {
		return
	}
	if c.channels[slot] == nil {
		c.channels[slot] = make(map[string]struct{})
	}
	c.channels[slot][channel] = struct{}{}
	c.subscriptions++
	c.operate(slot, operation{channel, true})
}

// Unsubscribe ends that. A message that is on its way may still be handed out.
func (c *Client) Unsubscribe(channel string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	slot := channelSlot(channel)
	if !c.wants(channel) {
		return
	}
	delete(c.channels[slot], channel)
	c.subscriptions--
	c.operate(slot, operation{channel, false})
}

// wants reports whether a channel is to be subscribed. The lock is held.
func (c *Client) wants(channel string) bool {
	_, ok := c.channels[channelSlot(channel)][channel]
	return ok
}

// operate has the node of a slot do an operation, if there is one. The lock is held.
func (c *Client) operate(slot int, o operation) {
	if n := c.route[slot]; n != nil {
		n.subscriber.add(o)
	}
}

// channelSlot is slotOf, for the empty name too.
func channelSlot(channel string) int { return max(slotOf(channel), 0) }

// resubscribe subscribes the channels of the slots that have moved, or whose node
// has been connected.
func (c *Client) resubscribe() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for slot := range c.moved {
		for channel := range c.channels[slot] {
			c.operate(slot, operation{channel, true})
		}
	}
	clear(c.moved)
}
