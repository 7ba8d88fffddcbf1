package load

import (
	"bytes"
	"encoding/binary"
	"time"
)

// A mark says which message this is. In the payload it is 32 bytes: the word
// "wsbench:", then 8 letters for seq, 4 for sender and 12 for sent, each letter
// a to p standing for 4 bits. So it can stand in text, in JSON, in anything.
type mark struct {
	seq    uint32        // counted from 0 for each sender
	sender uint16        // its index
	sent   time.Duration // since the engine began: when it was sent, or was due
}

// markLen is the length of a mark in bytes.
const markLen = 32

// headLen is how many bytes of a message are searched for its mark.
const headLen = 512

var markWord = []byte("wsbench:")

var markWord64 = binary.BigEndian.Uint64(markWord)

// put writes m to dst[:markLen].
func (m mark) put(dst []byte) {
	copy(dst, markWord)
	binary.BigEndian.PutUint64(dst[8:], letters(m.seq))
	rest := uint64(m.sender)<<48 | uint64(m.sent)&(1<<48-1)
	binary.BigEndian.PutUint64(dst[16:], letters(uint32(rest>>32)))
	binary.BigEndian.PutUint64(dst[24:], letters(uint32(rest)))
}

// parseMark reads the mark at the front of b, which has markLen bytes or more.
func parseMark(b []byte) (m mark, ok bool) {
	_ = b[markLen-1]
	if binary.BigEndian.Uint64(b) != markWord64 {
		return mark{}, false
	}
	seq, ok1 := number(binary.BigEndian.Uint64(b[8:]))
	high, ok2 := number(binary.BigEndian.Uint64(b[16:]))
	low, ok3 := number(binary.BigEndian.Uint64(b[24:]))
	rest := uint64(high)<<32 | uint64(low)
	return mark{seq, uint16(rest >> 48), time.Duration(rest & (1<<48 - 1))}, ok1 && ok2 && ok3
}

// findMark looks for a mark in b, first at the offset where the last one was.
func findMark(b []byte, hint int) (m mark, at int, ok bool) {
	if hint+markLen <= len(b) {
		if m, ok := parseMark(b[hint:]); ok {
			return m, hint, true
		}
	}
	b = b[:min(len(b), headLen)]
	for from := 0; ; {
		i := bytes.Index(b[from:], markWord)
		if i < 0 || from+i+markLen > len(b) {
			return mark{}, 0, false
		}
		if m, ok := parseMark(b[from+i:]); ok {
			return m, from + i, true
		}
		from += i + 1
	}
}

// letters returns the eight letters for v, the first in the highest byte.
func letters(v uint32) uint64 {
	x := uint64(v)
	x = (x | x<<16) & 0x0000ffff0000ffff
	x = (x | x<<8) & 0x00ff00ff00ff00ff
	x = (x | x<<4) & 0x0f0f0f0f0f0f0f0f
	return x + 0x6161616161616161
}

// number is the reverse of letters.
func number(x uint64) (v uint32, ok bool) {
	x -= 0x6161616161616161
	ok = x&0xf0f0f0f0f0f0f0f0 == 0 // a byte below 'a' borrows, and is seen as well
	x = (x | x>>4) & 0x00ff00ff00ff00ff
	x = (x | x>>8) & 0x0000ffff0000ffff
	return uint32(x | x>>16), ok
}
