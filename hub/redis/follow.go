package redis

import (
	"context"
	"time"

	"wschat/hub/chat"
)

// idleTime is how long a conversation is followed after its last user here has
// gone: who reconnects finds it open.
const idleTime = 10 * time.Second

// follow has a user of this node take part in a conversation. One that is fresh had no
// message before, so the node is told of all there are. Store.mu is held.
func (s *Store) follow(u *user, name string, fresh bool) *conversation {
	if c := u.conversations[name]; c != nil {
		return c
	}
	c := s.conversations[name]
	if c == nil {
		c = &conversation{store: s, name: name, key: conversationKey(name), known: fresh, opened: make(chan struct{})}
		s.conversations[name] = c
		s.client.Subscribe(c.key)
	}
	c.refs++
	u.conversations[name] = c
	return c
}

// unfollow ends that. Store.mu is held.
func (s *Store) unfollow(u *user, name string) {
	if c := u.conversations[name]; c != nil {
		delete(u.conversations, name)
		if c.refs--; c.refs == 0 {
			c.idle = time.Now()
		}
	}
}

// dropIdle stops following what has been of no interest for a while.
func (s *Store) dropIdle(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, c := range s.conversations {
		if c.refs == 0 && now.Sub(c.idle) > idleTime {
			delete(s.conversations, name)
			delete(s.unsynced, c)
			s.client.Unsubscribe(c.key)
			s.node.Idle(name) // with the lock held, under which it would be followed anew
		}
	}
}

// concerns reports whether anybody here takes part in c. A group that nobody is in may
// have been forgotten.
func (s *Store) concerns(c *conversation) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.refs > 0
}

// conversation returns one that is followed here, or nil.
func (s *Store) conversation(name string) *conversation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conversations[name]
}

// happened is conversation.replied, for one that need not be followed here.
func (s *Store) happened(name string, p uint64, e *entry, then func()) {
	if c := s.conversation(name); c != nil {
		c.replied(p, e, then)
		return
	}
	then()
}

// reached waits until the node has been told of all up to a position.
func (s *Store) reached(ctx context.Context, name string, p uint64) error {
	done := make(chan struct{})
	s.happened(name, p, nil, func() { close(done) })
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return chat.ErrUnavailable
	}
}

// opened waits until conversations are open.
func opened(ctx context.Context, conversations []*conversation) error {
	for _, c := range conversations {
		select {
		case <-c.opened:
		case <-ctx.Done():
			return chat.ErrUnavailable
		}
	}
	return nil
}

// receive gets what is published; see resp.Config.
func (s *Store) receive(channel string, payload []byte) {
	name, user := nameOf(channel)
	if user {
		s.receiveUser(name, string(payload))
		return
	}
	c := s.conversation(name)
	if c == nil {
		return
	}
	e, err := parseEntry(name, payload)
	if err != nil {
		s.log.Warn("redis brings nonsense", "channel", channel, "error", err)
		return
	}
	c.heard(e)
}

// subscribed is told when a channel brings what comes; see resp.Config.
func (s *Store) subscribed(channel string) {
	name, user := nameOf(channel)
	if user {
		s.subscribedUser(name)
	} else if c := s.conversation(name); c != nil {
		c.resync()
	}
}

// syncLater has c synced when Redis is there again.
func (s *Store) syncLater(c *conversation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conversations[c.name] == c {
		s.unsynced[c] = true
	}
}

// syncAll does that.
func (s *Store) syncAll() {
	s.mu.Lock()
	unsynced := s.unsynced
	s.unsynced = make(map[*conversation]bool)
	s.mu.Unlock()
	for c := range unsynced {
		c.resync()
	}
}
