package store

import (
	"bytes"
	"fmt"
	"testing"
)

// What a conversation takes in memory is little more than its messages, however
// many there are, and a piece never is so large that dropping it costs much of it.
func TestPieces(t *testing.T) {
	const messages = 3000
	text := func(seq uint64) []byte { return fmt.Appendf(nil, "%0150d", seq) }
	c := new(Conversation)
	var memory, size, heads int
	for seq := uint64(1); seq <= messages; seq++ {
		more, _ := c.add(seq, text(seq), 1, 0)
		memory += more
		size += 2 + len(text(seq)) // its length takes two bytes
		heads = len(c.pieces) * pieceHead
		spare := max(size/3, smallPiece/4)
		if seq > 3 && memory > size+heads+spare { // the first ones are rounded up
			t.Fatalf("%d messages of %d bytes in all take %d in %d pieces", seq, size, memory, len(c.pieces))
		}
		newest := c.pieces[len(c.pieces)-1].size()
		if size > smallPiece && newest > max(size/3, smallPiece+pieceHead) {
			t.Fatalf("of %d bytes the newest piece takes %d", size, newest)
		}
	}
	if small := smallPiece / len(text(0)); int(c.pieces[0].count) < small/2 || heads > size/50 {
		t.Errorf("%d messages are in the first of %d pieces", c.pieces[0].count, len(c.pieces))
	}
	seen := uint64(0)
	each(c.pieces, 1, messages, func(seq uint64, body []byte) {
		if seen++; seq != seen || !bytes.Equal(body, text(seq)) {
			t.Fatalf("message %d is %d: %s", seen, seq, body)
		}
	})
	if seen != messages {
		t.Errorf("%d messages", seen)
	}
}

// Who has taken a piece to read it sees what was in it then, also when it has been
// made larger meanwhile.
func TestPiecesAreReadWhileTheyGrow(t *testing.T) {
	c := new(Conversation)
	c.add(1, []byte("one"), 1, 0)
	before := c.excerpt(1, 1).pieces
	for seq := uint64(2); seq <= 100; seq++ {
		c.add(seq, bytes.Repeat([]byte("x"), 20), 1, 0)
	}
	each(before, 1, 100, func(seq uint64, body []byte) {
		if seq != 1 || string(body) != "one" {
			t.Errorf("message %d is %s", seq, body)
		}
	})
}
