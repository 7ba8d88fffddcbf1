package store

import (
	"encoding/binary"
	"slices"

	"wschat/hub/chat"
)

const (
	// pieceSize bounds the bytes of a piece of more than one message.
	pieceSize = 8 << 10
	// smallPiece is up to how many bytes the first piece is made larger, rather
	// than another one begun: most conversations are small.
	smallPiece = 4 << 10
)

// pieceHead is what a piece takes besides its data, in bytes.
const pieceHead = 40

// Conversation is what is kept of a conversation. It is guarded by the lock of its
// Memory, but for given.
type Conversation struct {
	name   string
	last   uint64  // the newest seq
	spoken int64   // the time of it, in ns since 1970
	pieces []piece // without holes, up to last
	count  int     // of messages in them

	given uint64 // the newest seq given; only for who appends

	older, newer *Conversation // in Memory.order
}

// piece is some messages in a row, each with its length before it; see kept. Its bytes
// do not change once they are there.
type piece struct {
	first uint64 // seq
	count uint32
	disk  uint32 // what the messages take on disk, in bytes
	data  []byte
}

// size is what p takes in memory, in bytes.
func (p *piece) size() int { return pieceHead + cap(p.data) }

// used is how much more or less something takes, in bytes.
type used struct{ memory, disk int }

func (u *used) plus(p *piece, sign int) {
	u.memory += sign * p.size()
	u.disk += sign * int(p.disk)
}

// grow makes room for size more bytes elsewhere, and returns how many bytes p takes
// more then. Who reads p goes on with the old ones.
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
	default: // so the last is a fifth of all, and as much can be dropped, until pieces are large
		room = min(cap(c.pieces[n-1].data)*5/4, pieceSize)
	}
	if n == cap(c.pieces) { // append would double it, for each of very many
		c.pieces = append(make([]piece, 0, n+1+n/4), c.pieces...)
	}
	c.pieces = append(c.pieces, piece{first: seq, data: make([]byte, 0, max(size, room))})
	return &c.pieces[n]
}

// add keeps a message, which takes so much on disk, and returns how much more there
// is now. With keep, pieces have at most so many messages.
func (c *Conversation) add(seq uint64, message []byte, disk, keep int) (more used) {
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
		more.memory = p.grow(size)
	default:
		p = c.begin(seq, size)
		more.memory = p.size()
	}
	p.data = append(append(p.data, head...), message...)
	p.count++
	p.disk += uint32(disk)
	c.count++
	c.last = seq
	more.disk = disk
	if keep > 0 {
		for c.count-int(c.pieces[0].count) >= keep {
			c.dropFirst(&more)
		}
	}
	return more
}

// dropOld lets the oldest piece go, or in the last piece all but the newest
// message, which carries the numbering on. It returns how much more, which is
// less, there is now.
func (c *Conversation) dropOld() (more used) {
	if len(c.pieces) > 1 {
		c.dropFirst(&more)
		return more
	}
	newest := new(Conversation)
	each(c.pieces, c.last, c.last, func(seq uint64, message []byte) {
		p := &c.pieces[0]
		more = newest.add(seq, message, int(p.disk/p.count), 0) // nearly
	})
	c.dropFirst(&more)
	c.pieces, c.count = newest.pieces, newest.count
	return more
}

// dropFirst lets the oldest piece go.
func (c *Conversation) dropFirst(more *used) {
	p := &c.pieces[0]
	more.plus(p, -1)
	c.count -= int(p.count)
	*p = piece{} // for the garbage collector
	c.pieces = c.pieces[1:]
}

// first returns the oldest seq that is kept; one more than last for none.
func (c *Conversation) first() uint64 { return c.last + 1 - uint64(c.count) }

// span returns which messages q selects, and whether there are more. None: hi is
// below lo.
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
	return excerpt{c.name, slices.Clone(c.pieces[max(from, 0):to]), lo, hi}
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

// each hands the messages lo to hi, which are in pieces, to do.
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
