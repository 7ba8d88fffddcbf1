package store

import (
	"slices"

	"wschat/hub/chat"
)

// pairs are the private conversations of one user. The last chat.MaxConversations of them
// are those that have spoken last, in that order; the others come before them in no order.
type pairs []*Conversation

// newest returns those that have spoken last, the newest at the end.
func (p pairs) newest() pairs { return p[max(0, len(p)-chat.MaxConversations):] }

// spoke puts c, which is in p and has a new message, where it belongs. That message may be
// older than those of others only while they are loaded.
func (p pairs) spoke(c *Conversation) {
	first, i := len(p)-len(p.newest()), len(p)-1
	for p[i] != c {
		i--
	}
	if i < first {
		if c.spoken < p[first].spoken {
			return
		}
		p[i], i = p[first], first
	}
	end := i + 1
	for end < len(p) && p[end].spoken < c.spoken {
		end++
	}
	copy(p[i:], p[i+1:end])
	p[end-1] = c
	for i = end - 1; i > 0 && i >= first && c.spoken < p[i-1].spoken; i-- { // it was added at the end
		p[i-1], p[i] = c, p[i-1]
	}
}

// remove returns p without c. The longest silent are mostly the first.
func (p pairs) remove(c *Conversation) pairs {
	i := slices.Index(p, c)
	if first := len(p) - len(p.newest()); i >= first && first > 0 { // one of the others takes the place
		copy(p[first+1:i+1], p[first:i])
		i = 0
		for other := range p[:first] {
			if p[other].spoken > p[i].spoken {
				i = other
			}
		}
		p[first] = p[i]
	}
	copy(p[1:i+1], p[:i])
	p[0] = nil
	return p[1:]
}
