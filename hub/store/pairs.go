package store

import (
	"strings"

	"wschat/hub/chat"
	"wschat/hub/share"
)

// pairs has the private conversations of one user, the longest silent first.
type pairs = share.List[Conversation]

// pairLinks returns the function for the links that conversations have in the pairs of user.
func pairLinks(user string) func(*Conversation) *share.Links[Conversation] {
	return func(c *Conversation) *share.Links[Conversation] {
		if first, _, _ := strings.Cut(c.name, ","); first == user {
			return &c.links[1]
		}
		return &c.links[2]
	}
}

// paired notes that a private conversation has begun, or has a new message.
func (s *Memory) paired(c *Conversation) {
	for _, user := range membersOf(c.name) {
		p := s.pairs[user]
		if p == nil {
			p = new(pairs)
			s.pairs[user] = p
		}
		p.Push(c, pairLinks(user))
	}
}

// unpaired notes that it is forgotten.
func (s *Memory) unpaired(c *Conversation) {
	for _, user := range membersOf(c.name) {
		p := s.pairs[user]
		if p.Remove(c, pairLinks(user)); p.Oldest() == nil {
			delete(s.pairs, user)
		}
	}
}

// newestPairs returns the conversations of a user that have spoken last, and whether there
// are more.
func (s *Memory) newestPairs(user string) (newest []*Conversation, more bool) {
	p := s.pairs[user]
	if p == nil {
		return nil, false
	}
	c, links := p.Newest(), pairLinks(user)
	for ; c != nil && len(newest) < chat.MaxConversations; c = links(c).Older() {
		newest = append(newest, c)
	}
	return newest, c != nil
}
