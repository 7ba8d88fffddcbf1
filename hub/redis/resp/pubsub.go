package resp

import "sync"

// pubsub is what is subscribed. Its lock also guards the subscribers' lists.
type pubsub struct {
	mu     sync.Mutex
	wanted map[string]struct{} // channels
	failed []string            // channels, to be tried again
}

// Subscribe has what is published on a channel (SPUBLISH) handed to
// Config.Message until Unsubscribe. It only notes that, and does not block; when
// it has effect Config.Subscribed is told. Subscribing again what is subscribed
// does nothing.
func (c *Client) Subscribe(channel string) {
	s := c.subscriber(channel)
	c.pubsub.mu.Lock()
	defer c.pubsub.mu.Unlock()
	if _, ok := c.pubsub.wanted[channel]; !ok {
		c.pubsub.wanted[channel] = struct{}{}
		s.add(operation{channel, true})
	}
}

// Unsubscribe ends that. A message that is on its way may still be handed out.
func (c *Client) Unsubscribe(channel string) {
	s := c.subscriber(channel)
	c.pubsub.mu.Lock()
	defer c.pubsub.mu.Unlock()
	if _, ok := c.pubsub.wanted[channel]; ok {
		delete(c.pubsub.wanted, channel)
		s.add(operation{channel, false})
	}
}

// subscriber returns that of the node that has a channel, or nil.
func (c *Client) subscriber(channel string) *subscriber {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := c.route[channelSlot(channel)]; n != nil {
		return n.subscriber
	}
	return nil
}

// channelSlot is slotOf, for the empty name too.
func channelSlot(channel string) int { return max(slotOf(channel), 0) }

// resubscribe subscribes the channels of the slots that have moved, or whose node
// has been connected.
func (c *Client) resubscribe() {
	c.mu.Lock()
	if len(c.moved) == 0 {
		c.mu.Unlock()
		return
	}
	var to [slots]*subscriber
	for slot := range c.moved {
		if n := c.route[slot]; n != nil {
			to[slot] = n.subscriber
		}
	}
	clear(c.moved)
	c.mu.Unlock()

	c.pubsub.mu.Lock()
	defer c.pubsub.mu.Unlock()
	for channel := range c.pubsub.wanted {
		to[channelSlot(channel)].add(operation{channel, true})
	}
}

// retry has resubscribe try again what could not be subscribed.
func (c *Client) retry() {
	c.pubsub.mu.Lock()
	failed := c.pubsub.failed
	c.pubsub.failed = nil
	c.pubsub.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, channel := range failed {
		c.moved[channelSlot(channel)] = true
	}
}
