package store

import "wschat/hub/share"

// beginner is an author at an address, for whom the conversations count that he has begun
// there.
type beginner struct {
	key   uint64 // the hash of both
	from  *origin
	begun share.Share
	order share.List[Conversation] // those that have had messages, the longest silent first
}

// origin is an address, for which they count, too.
type origin struct {
	key       uint64 // the hash of the address
	begun     share.Share
	beginners share.Ranking[*beginner]
}

// Share implements share.Holder.
func (b *beginner) Share() *share.Share { return &b.begun }

// Share implements share.Holder.
func (o *origin) Share() *share.Share { return &o.begun }

// beginners is all of them.
type beginners struct {
	byKey   map[uint64]*beginner
	origins map[uint64]*origin
	ranking share.Ranking[*origin]
}

// keysOf returns the keys of an author at an address, and of the address.
func (s *Memory) keysOf(address, author string) (by, from uint64) {
	return s.hash(address + "," + author), s.hash(address)
}

// begin counts a conversation for whoever begins it.
func (b *beginners) begin(c *Conversation, by, from uint64) {
	o := b.origins[from]
	if o == nil {
		o = &origin{key: from}
		b.origins[from] = o
	}
	c.by = b.byKey[by]
	if c.by == nil {
		c.by = &beginner{key: by, from: o}
		b.byKey[by] = c.by
	}
	o.beginners.Add(c.by, 1)
	b.ranking.Add(o, 1)
}

// end takes that back.
func (b *beginners) end(c *Conversation) {
	by, o := c.by, c.by.from
	by.order.Remove(c, begunLinks)
	o.beginners.Add(by, -1)
	b.ranking.Add(o, -1)
	if by.begun.Held() == 0 {
		delete(b.byKey, by.key)
	}
	if o.begun.Held() == 0 {
		delete(b.origins, o.key)
	}
}

// greatest returns who has begun most, of the address from which most were begun.
func (b *beginners) greatest() *beginner { return b.ranking.At(0).beginners.At(0) }

// isLess reports whether an address with one conversation more still has fewer than that of
// the greatest, or somebody of the same address fewer than the greatest.
func (b *beginners) isLess(by, from uint64, greatest *beginner) bool {
	var held, most int64
	if o := b.origins[from]; o == greatest.from {
		most = greatest.begun.Held()
		if one := b.byKey[by]; one != nil {
			held = one.begun.Held()
		}
	} else {
		most = greatest.from.begun.Held()
		if o != nil {
			held = o.begun.Held()
		}
	}
	return held+1 < most
}
