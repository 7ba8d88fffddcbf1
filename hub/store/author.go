package store

import "wschat/hub/share"

const (
	// slack is how many bytes more than the author for whom it counts others may have
	// in a piece.
	slack = 1 << 10
	// maxNear bounds the pieces among which an author's account is looked for.
	maxNear = 8
	// maxPassed bounds the conversations that are passed over because messages wait there.
	maxPassed = 64
)

// author is somebody for whom pieces count. There is none for whom none does.
type author struct {
	key      uint64      // the hash of the name
	bytes    share.Share // of pieces
	accounts share.Ranking[*account]
}

// Share implements share.Holder.
func (a *author) Share() *share.Share { return &a.bytes }

// account is what counts for an author in one conversation. An author who comes back there
// after a while may get another one.
type account struct {
	bytes        share.Share
	author       *author
	conversation *Conversation
}

// Share implements share.Holder.
func (a *account) Share() *share.Share { return &a.bytes }

// authors is all of them.
type authors struct {
	byKey   map[uint64]*author
	ranking share.Ranking[*author]
}

// of returns an author, who must be given something at once.
func (a *authors) of(key uint64) *author {
	of := a.byKey[key]
	if of == nil {
		of = &author{key: key}
		a.byKey[key] = of
	}
	return of
}

// add counts bytes, or takes them back.
func (a *authors) add(to *account, bytes int) {
	to.author.accounts.Add(to, int64(bytes))
	if a.ranking.Add(to.author, int64(bytes)); to.author.bytes.Held() == 0 {
		delete(a.byKey, to.author.key)
	}
}

// account returns that of an author in c.
func (a *authors) account(c *Conversation, key uint64) *account {
	n := len(c.pieces)
	for i := n - 1; i >= 0 && i >= n-maxNear; i-- {
		if of := c.pieces[i].of; of != nil && of.author.key == key {
			return of
		}
	}
	return &account{author: a.of(key), conversation: c}
}

// charge counts more bytes of memory, for the newest piece of c, to which an author has
// added size bytes. A piece counts for one author, who has most of it, roughly: its lead is
// how many bytes more than the others he has, and when that is less than -slack it counts
// for whoever wrote last.
func (s *Memory) charge(c *Conversation, key uint64, size, more int, begun bool) {
	s.bytes += int64(more)
	p := &c.pieces[len(c.pieces)-1]
	switch {
	case begun:
		p.of, p.lead = s.authors.account(c, key), int32(size)
	case p.of.author.key == key:
		p.lead += int32(size)
	case p.lead-int32(size) < -slack:
		to := s.authors.account(c, key)
		s.authors.add(p.of, more-p.size())
		p.of, p.lead, more = to, int32(size), p.size()
	default:
		p.lead -= int32(size)
	}
	if more > 0 {
		s.authors.add(p.of, more)
	}
}

// drop drops the oldest piece of c.
func (s *Memory) drop(c *Conversation) {
	p := c.oldest()
	s.bytes -= int64(p.size())
	s.disk -= int64(p.disk)
	s.authors.add(p.of, -p.size())
	c.dropOldest()
}

// loser returns the conversation that is to lose messages next.
func (s *Memory) loser() *Conversation {
	accounts := &s.authors.ranking.At(0).accounts
	for i := range min(accounts.Len(), maxPassed) {
		c := accounts.At(i).conversation
		if p := c.oldest(); !c.isAwaited(p.first + uint64(p.count) - 1) {
			return c
		}
	}
	return accounts.At(0).conversation
}
