package frame

import "math/bits"

const (
	endOfBlock = 256 // in the alphabet of literals and lengths (RFC 1951 §3.2.5)
	maxLit     = 285 // the last symbol of that alphabet which means anything
	maxDist    = 29  // the same of distances
	maxCodeLen = 15  // bits in the longest code
	fastBits   = 9   // codes up to here are looked up at once
	noSymbol   = 511 // what bits that are no code decode to; greater than all symbols
)

// huffman is a Huffman code (RFC 1951 §3.2.2).
type huffman struct {
	fast    [1 << fastBits]uint16  // by the next bits: symbol<<4 | length; 0: a longer code, or none
	count   [maxCodeLen + 1]uint16 // codes of each length
	symbols [288]uint16            // in the order of their codes
	longest uint                   // length of the longest code
	mask    uint64                 // the bits that fast is looked up by, no more than longest
}

// build makes the code from the length of each symbol's code, 0 for a symbol
// without one. It reports whether these lengths make a code: none may be over,
// and none may be missing unless there is a single one, of one bit, or none at
// all (RFC 1951 §3.2.7 on distances; compress/flate allows it of any).
func (h *huffman) build(lengths []uint8) bool {
	h.count = [maxCodeLen + 1]uint16{}
	for _, n := range lengths {
		h.count[n]++
	}
	codes := len(lengths) - int(h.count[0])
	h.count[0], h.longest = 0, 0

	var next, index [maxCodeLen + 1]int // the next code of each length, and its place in symbols
	code, place := 0, 0
	for n := 1; n <= maxCodeLen; n++ {
		code <<= 1
		next[n], index[n] = code, place
		code += int(h.count[n])
		place += int(h.count[n])
		if code > 1<<n {
			return false
		}
		if h.count[n] > 0 {
			h.longest = uint(n)
		}
	}
	if code < 1<<maxCodeLen && codes > 0 && (codes > 1 || h.longest > 1) {
		return false
	}

	fast := h.fast[:1<<min(h.longest, fastBits)]
	h.mask = uint64(len(fast) - 1)
	clear(fast)
	for symbol, n := range lengths {
		if n == 0 {
			continue
		}
		h.symbols[index[n]] = uint16(symbol)
		index[n]++
		if n <= fastBits {
			// Codes come highest bit first, all else in DEFLATE lowest first.
			at := int(bits.Reverse16(uint16(next[n])) >> (16 - n))
			for ; at < len(fast); at += 1 << n {
				fast[at] = uint16(symbol)<<4 | uint16(n)
			}
		}
		next[n]++
	}
	return true
}

// decode returns the symbol whose code begins b, of which nb bits are there,
// and the length of the code. It is 0 if more bits are needed. Bits that no
// code begins with are noSymbol, as soon as that is sure.
func (h *huffman) decode(b uint64, nb uint) (symbol int, n uint) {
	e := h.fast[b&h.mask&(1<<fastBits-1)]
	if n = uint(e & 15); n == 0 || n > nb {
		return h.decodeLong(b, nb)
	}
	return int(e >> 4), n
}

// decodeLong is decode for codes that are not in fast, or not whole. It counts
// through the codes of each length: they follow one another.
func (h *huffman) decodeLong(b uint64, nb uint) (symbol int, n uint) {
	code, first, place := 0, 0, 0
	for n = 1; n <= h.longest; n++ {
		if n > nb {
			return 0, 0
		}
		code |= int(b & 1)
		b >>= 1
		count := int(h.count[n])
		if code-first < count {
			return int(h.symbols[place+code-first]), n
		}
		place += count
		first = (first + count) << 1
		code <<= 1
	}
	return noSymbol, 1
}

// extended is what a length or distance symbol stands for: base and up, by as
// many extra bits.
type extended struct {
	base  int
	extra uint
}

// RFC 1951 §3.2.5; the rest of the tables follows from the number of extra bits.
var (
	lengths   = makeLengths()
	distances = makeDistances()
)

func makeLengths() (t [maxLit - endOfBlock]extended) {
	base := 3
	for i := range t {
		extra := uint(max(0, i/4-1))
		t[i] = extended{base, extra}
		base += 1 << extra
	}
	t[len(t)-1] = extended{258, 0} // out of the row: 258 is common
	return t
}

func makeDistances() (t [maxDist + 1]extended) {
	base := 1
	for i := range t {
		extra := uint(max(0, i/2-1))
		t[i] = extended{base, extra}
		base += 1 << extra
	}
	return t
}

// fixed are the codes of blocks that bring none (RFC 1951 §3.2.6). Constant.
var fixed = makeFixed()

func makeFixed() *codes {
	var c codes
	l := c.lengths[:288]
	for i := range l {
		switch {
		case i < 144, i >= 280:
			l[i] = 8
		case i < 256:
			l[i] = 9
		default:
			l[i] = 7
		}
	}
	c.lit.build(l)
	for i := range l[:32] {
		l[i] = 5
	}
	c.dist.build(l[:32])
	return &c
}
