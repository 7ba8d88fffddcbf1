package store

import (
	"strings"

	"wschat/hub/chat"
	"wschat/hub/share"
)

// user is somebody in private conversations.
type user struct {
	pairs  share.List[Conversation] // the longest silent first
	unread share.List[unread]       // those of them in which messages wait for the user
	left   int64                    // when the user last left: what has been missed is newer; in ns since 1970
}

// pair is the sides of the users of a private conversation: the second is empty of one who
// writes to the same user id.
type pair [2]side

// side is what a private conversation is for one of its users.
type side struct {
	user   *user
	links  share.Links[Conversation] // in user.pairs
	unread *unread                   // nil: no message waits for the user
}

// links returns the function for the links of conversations in u.pairs.
func (u *user) links(c *Conversation) *share.Links[Conversation] {
	if c.pair[0].user == u {
		return &c.pair[0].links
	}
	return &c.pair[1].links
}

// sideOf returns the side of the user called name in c, which may be nil; nil: there is none.
func (s *Memory) sideOf(name string, c *Conversation) *side {
	u := s.users[name]
	if u == nil || c == nil {
		return nil
	}
	for i := range c.sides() {
		if c.pair[i].user == u {
			return &c.pair[i]
		}
	}
	return nil
}

// sides returns those that there are.
func (c *Conversation) sides() []side {
	switch {
	case c.pair == nil:
		return nil
	case c.pair[1].user == nil:
		return c.pair[:1]
	}
	return c.pair[:]
}

// makePair makes c, a new conversation, one of its users if it is private.
func (s *Memory) makePair(c *Conversation) {
	a, b, private := strings.Cut(c.name, ",")
	if !private {
		return
	}
	c.pair = &pair{{user: s.user(a)}}
	if a != b {
		c.pair[1].user = s.user(b)
	}
	c.spokeTo()
}

// spokeTo puts c at the end of its users' pairs.
func (c *Conversation) spokeTo() {
	for _, side := range c.sides() {
		side.user.pairs.Push(c, side.user.links)
	}
}

// endPair takes c away from its users.
func (s *Memory) endPair(c *Conversation) {
	a, b, _ := strings.Cut(c.name, ",")
	for i := range c.sides() {
		side := &c.pair[i]
		if side.unread != nil {
			s.settle(side.unread)
		}
		if side.user.pairs.Remove(c, side.user.links); side.user.pairs.Oldest() == nil {
			delete(s.users, [2]string{a, b}[i])
		}
	}
}

// user returns the one called name, who is about to be in a private conversation.
func (s *Memory) user(name string) *user {
	u := s.users[name]
	if u == nil {
		u = new(user)
		s.users[name] = u
	}
	return u
}

// newestPairs returns the conversations of u, who may be nil, that have spoken last, and
// whether there are more.
func (u *user) newestPairs() (newest []*Conversation, more bool) {
	if u == nil {
		return nil, false
	}
	c := u.pairs.Newest()
	for ; c != nil && len(newest) < chat.MaxConversations; c = u.links(c).Older() {
		newest = append(newest, c)
	}
	return newest, c != nil
}
