package store

import (
	"encoding/binary"
	"slices"

	"wschat/hub/chat"
	"wschat/hub/share"
)

const (
	// pieceSize bounds the bytes of a piece of more than one message.
	pieceSize = 8 << 10
	// smallPiece is the size, in bytes, up to which the first piece is enlarged before
	// another one is begun: most conversations are small.
	smallPiece = 4 << 10
)

// pieceHead is what a piece takes besides its data, in bytes.
const pieceHead = 64

// Conversation has the messages that are kept of a conversation. The lock of its Memory
// guards it, except given and pending.
type Conversation struct {
	name   string
	last   uint64  // the newest seq
	spoken int64   // the time of that message, in ns since 1970; 0: there was none yet
	pieces []piece // without gaps, up to last
	count  int     // of messages in them

	amended map[uint64]*chat.Present // what has become of messages; nil: nothing of any
	topic   string                   // of a group

	given   uint64   // the newest seq given out; only the goroutine that appends may use it
	pending *pending // what the amendments to which it was given are about to do, likewise

	by    *beginner
	pair  *pair                     // nil: it is not private
	order share.Links[Conversation] // in that of all
	begun share.Links[Conversation] // in that of by
}

// pending is what amendments do that are on their way to the disk.
type pending struct {
	amended     map[uint64]*chat.Present // what messages become
	missed      int                      // messages more that users who are away miss
	missedBytes int                      // of their bodies
}

func orderLinks(c *Conversation) *share.Links[Conversation] { return &c.order }
func begunLinks(c *Conversation) *share.Links[Conversation] { return &c.begun }

// piece is a run of messages, each with its length before it; see kept. Bytes are only
// appended, never changed, so that an excerpt can be read without the lock.
type piece struct {
	first    uint64 // seq
	data     []byte
	of       *account // for whom it counts
	presents int64    // bytes of memory of the presents whose newest amendments are in it
	count    uint32
	disk     int32 // bytes that the messages, and the texts of these presents, take on disk
	lead     int32 // see Memory.charge
}

// size returns the memory that p takes, in bytes.
func (p *piece) size() int { return pieceHead + cap(p.data) + int(p.presents) }

// grow moves p to where it has room for size more bytes, and returns how many bytes more it
// takes. Excerpts go on reading the old bytes.
func (p *piece) grow(size int) (more int) {
	before := p.size()
	need := len(p.data) + size
	p.data = append(slices.Grow([]byte(nil), min(need+need/8, smallPiece)), p.data...)
	return p.size() - before
}

// begin begins a piece whose first message takes size bytes.
func (c *Conversation) begin(seq uint64, size int) *piece {
	n, room := len(c.pieces), 0
	switch n {
	case 0:
	case 1:
		room = smallPiece / 4
	default: // a quarter more each time, so that the last is a fifth of all, until pieces are large
		room = min(cap(c.pieces[n-1].data)*5/4, pieceSize)
	}
	if n == cap(c.pieces) { // append would double it, in each of very many conversations
		c.pieces = append(make([]piece, 0, n+1+n/4), c.pieces...)
	}
	c.pieces = append(c.pieces, piece{first: seq, data: make([]byte, 0, max(size, room))})
	return &c.pieces[n]
}

// add keeps a message whose size on disk is disk, and returns how many bytes of memory more
// that takes, and whether it has begun a piece. If keep is not 0, a piece has at most keep
// messages.
func (c *Conversation) add(seq uint64, message []byte, disk, keep int) (more int, begun bool) {
	var length [binary.MaxVarintLen64]byte
	head := length[:binary.PutUvarint(length[:], uint64(len(message)))]
	size := len(head) + len(message)
	var p *piece
	if n := len(c.pieces); n > 0 {
		p = &c.pieces[n-1]
	}
	switch full := p == nil || keep > 0 && int(p.count) >= keep; {
	case !full && cap(p.data)-len(p.data) >= size: // it has room
	case !full && len(c.pieces) == 1 && len(p.data)+size <= smallPiece:
		more = p.grow(size)
	default:
		p, begun = c.begin(seq, size), true
		more = p.size()
	}
	p.data = append(append(p.data, head...), message...)
	p.count++
	p.disk += int32(disk)
	c.count++
	c.last = seq
	return more, begun
}

// oldest returns the piece that is dropped next.
func (c *Conversation) oldest() *piece { return &c.pieces[0] }

// dropOldest drops it.
func (c *Conversation) dropOldest() {
	p := c.oldest()
	c.count -= int(p.count)
	c.forgetPresents(p)
	*p = piece{} // for the garbage collector
	c.pieces = c.pieces[1:]
}

// first returns the oldest seq that is kept; if there is none, one more than last.
func (c *Conversation) first() uint64 { return c.last + 1 - uint64(c.count) }

// pieceOf returns the piece with message seq; nil: it is not kept.
func (c *Conversation) pieceOf(seq uint64) *piece {
	if seq < c.first() || seq > c.last {
		return nil
	}
	i, found := slices.BinarySearchFunc(c.pieces, seq, comparePiece)
	if !found {
		i--
	}
	return &c.pieces[i]
}

// span returns the range of messages that q selects, and whether there are more in its
// direction. If there are none, hi is below lo.
func (c *Conversation) span(q chat.Query) (lo, hi uint64, more bool) {
	first, limit := c.first(), uint64(max(q.Limit, 0))
	switch {
	case q.Direction == chat.After:
		if q.Seq >= c.last {
			return 1, 0, false
		}
		lo = max(q.Seq+1, first)
		hi = min(c.last, lo-1+min(limit, c.last))
		return lo, hi, hi < c.last
	case q.Direction == chat.Around:
		each := (max(limit, 1) - 1) / 2
		lo, hi = max(q.Seq, each)-each, min(c.last, q.Seq+min(each, ^q.Seq))
		if lo = max(lo, first); limit == 0 || hi < lo {
			return 1, 0, false
		}
		return lo, hi, lo > first || hi < c.last
	case q.Direction == chat.Before:
		hi = min(c.last, max(q.Seq, 1)-1)
	default:
		hi = c.last
	}
	if hi < first {
		return 1, 0, false
	}
	lo = hi + 1 - min(limit, hi+1-first)
	return lo, hi, lo > first
}

// excerpt returns the messages lo to hi.
func (c *Conversation) excerpt(lo, hi uint64) excerpt {
	if hi < lo {
		return excerpt{lo: lo, hi: hi}
	}
	from, found := slices.BinarySearchFunc(c.pieces, lo, comparePiece)
	if !found {
		from--
	}
	to, found := slices.BinarySearchFunc(c.pieces, hi, comparePiece)
	if found {
		to++
	}
	e := excerpt{conversation: c.name, pieces: slices.Clone(c.pieces[max(from, 0):to]), lo: lo, hi: hi}
	e.presents = c.presents(&e)
	return e
}

func comparePiece(p piece, seq uint64) int {
	switch {
	case p.first < seq:
		return -1
	case p.first > seq:
		return 1
	}
	return 0
}

// each calls do for the messages lo to hi of pieces.
func each(pieces []piece, lo, hi uint64, do func(seq uint64, message []byte)) {
	for _, p := range pieces {
		rest := p.data
		for seq := p.first; seq < p.first+uint64(p.count) && seq <= hi; seq++ {
			length, n := binary.Uvarint(rest)
			end := n + int(length)
			if seq >= lo {
				do(seq, rest[n:end:end])
			}
			rest = rest[end:]
		}
	}
}
