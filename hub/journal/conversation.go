package journal

import (
	"container/list"
	"encoding/binary"
	"slices"
	"time"

	"wschat/hub/chat"
)

const (
	// pieceSize bounds the bytes of a piece of more than one message.
	pieceSize = 32 << 10
	// smallPiece is up to how many bytes the first piece is made larger, rather
	// than another one begun: most conversations are small.
	smallPiece = 4 << 10
)

// pieceHead is what a piece takes besides its data, in bytes.
const pieceHead = 40

// conversation is what is kept of a conversation. Guarded by Store.mu, but for
// next.
type conversation struct {
	name   string
	last   uint64        // the newest seq
	pieces []piece       // without holes, up to last
	count  int           // of messages in them
	silent *list.Element // in state.silent, if it has more than one message

	next uint64 // the newest seq given, by the committer alone
}

// piece is some messages in a row, each with its length before it, as they are in
// their records. Its bytes do not change once they are there.
type piece struct {
	first uint64 // seq
	count int
	data  []byte
}

// disk is roughly what the messages of p take on disk, in bytes.
func (p *piece) disk() int { return len(p.data) + p.count*headSize }

// size is what p takes in memory, in bytes.
func (p *piece) size() int { return pieceHead + cap(p.data) }

// used is how much more or less something takes, in bytes.
type used struct{ memory, disk int }

func (u *used) plus(p *piece, sign int) {
	u.memory += sign * p.size()
	u.disk += sign * p.disk()
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
func (c *conversation) begin(seq uint64, size int) *piece {
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

// add keeps the body of a message's record, and returns how much more there is
// now. With keep, pieces have at most so many messages.
func (c *conversation) add(seq uint64, body []byte, keep int) (more used) {
	var length [binary.MaxVarintLen64]byte
	head := length[:binary.PutUvarint(length[:], uint64(len(body)))]
	size := len(head) + len(body)
	var p *piece
	if n := len(c.pieces); n > 0 {
		p = &c.pieces[n-1]
	}
	switch full := p == nil || keep > 0 && p.count >= keep; {
	case !full && cap(p.data)-len(p.data) >= size: // it has room
	case !full && len(c.pieces) == 1 && len(p.data)+size <= smallPiece:
		more.memory = p.grow(size)
	default:
		p = c.begin(seq, size)
		more.memory = p.size()
	}
	p.data = append(append(p.data, head...), body...)
	p.count++
	c.count++
	c.last = seq
	more.disk = size + headSize
	if keep > 0 {
		for c.count-c.pieces[0].count >= keep {
			c.dropFirst(&more)
		}
	}
	return more
}

// dropOld lets the oldest piece go, or in the last piece all but the newest
// message, which carries the numbering on. It returns how much more, which is
// less, there is now.
func (c *conversation) dropOld() (more used) {
	if len(c.pieces) > 1 {
		c.dropFirst(&more)
		return more
	}
	newest := new(conversation)
	each(c.pieces, c.last, c.last, func(seq uint64, body []byte) { more = newest.add(seq, body, 0) })
	c.dropFirst(&more)
	c.pieces, c.count = newest.pieces, newest.count
	return more
}

// dropFirst lets the oldest piece go.
func (c *conversation) dropFirst(more *used) {
	p := &c.pieces[0]
	more.plus(p, -1)
	c.count -= p.count
	*p = piece{} // for the garbage collector
	c.pieces = c.pieces[1:]
}

// first returns the oldest seq that is kept; one more than last for none.
func (c *conversation) first() uint64 { return c.last + 1 - uint64(c.count) }

// span returns which messages q selects, and whether there are more. None: hi is
// below lo.
func (c *conversation) span(q chat.Query) (lo, hi uint64, more bool) {
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

// slice returns the pieces that the messages lo to hi are in. They can be read
// without the lock.
func (c *conversation) slice(lo, hi uint64) []piece {
	if hi < lo {
		return nil
	}
	from, found := slices.BinarySearchFunc(c.pieces, lo, comparePiece)
	if !found {
		from--
	}
	to, found := slices.BinarySearchFunc(c.pieces, hi, comparePiece)
	if found {
		to++
	}
	return slices.Clone(c.pieces[max(from, 0):to])
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

// each hands the bodies of the messages lo to hi, which are in p, to do.
func each(pieces []piece, lo, hi uint64, do func(seq uint64, body []byte)) {
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

// hubMessage makes a message of conversation name from the body of its record,
// which has been checked when it came in. The bytes stay where they are.
func hubMessage(name string, body []byte) *chat.Message {
	v, err := parseMessage(body)
	if err != nil {
		panic("journal: a message in memory is malformed")
	}
	m := &chat.Message{
		Conversation: name,
		Seq:          v.seq,
		From:         string(v.from),
		To:           name,
		Binary:       v.flags&flagBinary != 0,
		Body:         v.body[:len(v.body):len(v.body)],
		Time:         time.Unix(0, v.time),
	}
	if v.private() {
		m.To = string(v.to)
	}
	return m
}
