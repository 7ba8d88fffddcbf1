package redis

import (
	"context"
	"time"

	"wschat/hub/chat"
)

const (
	// idleTime is how long a conversation is followed after its last user here has
	// gone: who reconnects finds it open, and a master that loses its last moments is found
	// out.
	idleTime = 10 * time.Second
	// followedPairs is how many private conversations of a user are followed from the login
	// on, the newest; the others are when somebody writes. maxPairs are remembered.
	followedPairs = chat.MaxConversations
	maxPairs      = 10 * followedPairs
)

// follow has a user of this node take part in a conversation. Store.mu is held.
func (s *Store) follow(u *user, name string) *conversation {
	c := u.conversations[name]
	if c == nil {
		c = s.conversations[name]
		if c == nil {
			c = &conversation{store: s, name: name, key: conversationKey(name), opened: make(chan struct{})}
			s.conversations[name] = c
			s.client.Subscribe(c.key)
		}
		c.refs++
		u.conversations[name] = c
	}
	return c
}

// followNew does that with a group that the user has joined on another node, or a private
// conversation that somebody has written to. The node is told of what was said behind a
// seq, or since it last knew of all of them.
func (s *Store) followNew(name, conversation string, behind ...uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[name]
	if u == nil || u.conversations[conversation] != nil {
		return
	}
	fresh := s.conversations[conversation] == nil
	c := s.follow(u, conversation)
	switch {
	case !fresh: // else nobody else has it yet
	case len(behind) > 0:
		c.seq, c.known = behind[0], true
	default:
		c.from = s.clock.at(s.renewed).Add(-callTimeout)
	}
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

// takesPart notes that a user has joined a group or left it. The conversation's lock is
// held.
func (s *Store) takesPart(name, group string, member bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch u := s.users[name]; {
	case u == nil:
	case member:
		s.follow(u, group)
	default:
		s.unfollow(u, group)
	}
}

// takers returns the users here who are in a group that was not followed before. The
// conversation's lock is held.
func (s *Store) takers(c *conversation) (names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name := range c.members {
		if u := s.users[name]; u != nil && u.conversations[c.name] == c {
			names = append(names, name)
		}
	}
	return names
}

// dropIdle stops following what has been of no interest for a while.
func (s *Store) dropIdle(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, c := range s.conversations {
		if c.refs == 0 && now.Sub(c.idle) > idleTime && c.end() {
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
	s.keepPace()
	e, err := parseEntry(name, payload)
	if err != nil {
		s.log.Warn("redis brings nonsense", "channel", channel, "error", err)
		return
	}
	c.heard(e)
}

// keepPace waits while the node is behind. Meanwhile nothing is read from the channels; Redis
// ends the connection when more waits than its client-output-buffer-limit allows, and
// conversations catch up after that.
func (s *Store) keepPace() {
	for s.node.Behind() {
		select {
		case <-s.stop:
			return
		case <-time.After(time.Millisecond):
		}
	}
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
