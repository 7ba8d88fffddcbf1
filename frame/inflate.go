package frame

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// inflater decompresses one message, DEFLATE (RFC 1951) without the four bytes
// that RFC 7692 §7.2.1 takes off its end, from pieces as they arrive.
//
// It is not the reader of compress/flate, because that one shows what it has
// inflated only when its 32 KiB window is full, its input has failed, or an
// empty stored block has come. It could not tell that a text is not UTF-8 as
// soon as the bytes are in, would go over the limit by a window, knows no
// window smaller than 32 KiB, and cannot say whether it ended where it should.
// The tests hold the two against each other.
//
// What is inflated lies in out, the message itself, and is looked up there; so
// there is no other window than the one from before the message. An inflater
// never waits for bytes in the middle of a symbol: it takes a length and its
// distance together, at most 48 bits, or leaves both for the next piece.
type inflater struct {
	config *Config
	window []byte // what came before out: at most size bytes
	size   int    // the window that was negotiated, in bytes: no distance is greater
	limit  int    // most bytes in out
	out    []byte // the message so far
	read   int64  // compressed bytes so far

	in []byte // what is left of the piece
	b  uint64 // bits that were taken from in, the next one lowest; zero above nb
	nb uint   // how many

	state inflateState
	final bool // the block has BFINAL set
	rest  int  // bytes to come in a stored block, lengths to come of the alphabet of lengths

	lit, dist *huffman // the codes of the block: the fixed ones, or...
	codes     codes    // ...those that came with it
}

// inflateState is what an inflater reads next.
type inflateState uint8

const (
	atBlock      inflateState = iota // the three bits at the start of a block
	inStoredLen                      // LEN and NLEN
	inStored                         // the bytes of a stored block
	inCounts                         // HLIT, HDIST and HCLEN
	inCodeCodes                      // the code lengths of the code for code lengths
	inCodeLength                     // the code lengths of the block's codes
	inSymbols                        // literals, lengths and distances
)

// reset makes z ready for a message.
func (z *inflater) reset(c *Config, window []byte) {
	z.config, z.window, z.limit = c, window, math.MaxInt
	z.size, _ = c.context()
	if c.MaxMessage > 0 && c.MaxMessage < math.MaxInt {
		z.limit = int(c.MaxMessage)
	}
	z.out, z.read = nil, 0
	z.in, z.b, z.nb = nil, 0, 0
	z.state = atBlock
}

// write inflates the next piece of the message to out, as far as its bits go.
// The errors are [ErrDeflateData] and [ErrMessageTooBig]; what came before the
// fault is in out. It is of no more use then.
func (z *inflater) write(p []byte) (err error) {
	z.in = p
	z.read += int64(len(p))
	for more := true; more && err == nil; {
		switch z.state {
		case atBlock:
			more, err = z.readBlockStart()
		case inStoredLen:
			more, err = z.readStoredLen()
		case inStored:
			more, err = z.readStored()
		case inCounts:
			more, err = z.readCounts()
		case inCodeCodes:
			more, err = z.readCodeCodes()
		case inCodeLength:
			more, err = z.readCodeLengths()
		case inSymbols:
			more, err = z.readSymbols()
		}
	}
	z.in = nil
	return err
}

// ended reports whether the message may end here. RFC 7692 §7.2.2 appends
// 00 00 ff ff and inflates that, too. It must be what §7.2.1 has taken away,
// LEN and NLEN of an empty stored block: so the message has to end right
// before those. Anything else would be a stream cut short, of which the four
// bytes become data or codes, or one with something behind its end.
func (z *inflater) ended() bool { return z.state == inStoredLen && z.nb == 0 }

// need takes bytes from in until there are n bits, up to 48, and reports
// whether there are.
func (z *inflater) need(n uint) bool {
	for z.nb < n {
		if len(z.in) == 0 {
			return false
		}
		z.b |= uint64(z.in[0]) << z.nb
		z.nb += 8
		z.in = z.in[1:]
	}
	return true
}

// take returns the next n bits, which need has seen to be there.
func (z *inflater) take(n uint) int {
	v := z.b & (1<<n - 1)
	z.b >>= n
	z.nb -= n
	return int(v)
}

func (z *inflater) readBlockStart() (more bool, err error) {
	if !z.need(3) {
		return false, nil
	}
	z.final = z.take(1) == 1
	switch z.take(2) {
	case 0:
		z.take(z.nb & 7) // the rest of the byte means nothing (RFC 1951 §3.2.4)
		z.state = inStoredLen
	case 1:
		z.lit, z.dist = &fixed.lit, &fixed.dist
		z.state = inSymbols
	case 2:
		z.lit, z.dist = &z.codes.lit, &z.codes.dist
		z.state = inCounts
	default:
		return false, ErrDeflateData // RFC 1951 §3.2.3: "11 - reserved (error)"
	}
	return true, nil
}

// endBlock is called at the end of each block. A final one ends a stream but
// not the message: "The next DEFLATE block follows the padded data if any",
// and the padding "MUST" be bits of 0 (RFC 7692 §7.2.1).
func (z *inflater) endBlock() (more bool, err error) {
	z.state = atBlock
	if z.final && z.take(z.nb&7) != 0 {
		return false, ErrDeflateData
	}
	return true, nil
}

func (z *inflater) readStoredLen() (more bool, err error) {
	if !z.need(32) {
		return false, nil
	}
	z.rest = z.take(16)
	if z.take(16) != z.rest^0xFFFF {
		return false, ErrDeflateData
	}
	if z.rest > z.limit-len(z.out) {
		return false, ErrMessageTooBig
	}
	z.state = inStored
	return true, nil
}

func (z *inflater) readStored() (more bool, err error) {
	for z.rest > 0 && z.nb > 0 { // whole bytes: the length field ended with one
		if err := z.grow(1); err != nil {
			return false, err
		}
		z.out = append(z.out, byte(z.take(8)))
		z.rest--
	}
	n := min(z.rest, len(z.in))
	if err := z.grow(n); err != nil {
		return false, err
	}
	z.out = append(z.out, z.in[:n]...)
	z.in = z.in[n:]
	z.rest -= n
	if z.rest > 0 {
		return false, nil
	}
	return z.endBlock()
}

// minInflated spares a short message that its room grows in steps.
const minInflated = 512

// grow makes room in out for n more bytes, unless that is over the limit. The
// room is memory that was given back, or it doubles up to the limit; at first it
// is a guess from what has arrived.
func (z *inflater) grow(n int) error {
	if n <= cap(z.out)-len(z.out) {
		return nil
	}
	if n > z.limit-len(z.out) {
		return ErrMessageTooBig
	}
	if spare := z.config.recycled(len(z.out) + n); spare != nil {
		z.out = append(spare[:0:min(cap(spare), z.limit)], z.out...)
		return nil
	}
	z.moveTo(max(len(z.out)+n, 2*cap(z.out), 4*len(z.in), minInflated))
	return nil
}

// moveTo makes out new memory of about size bytes: a power of two, as limits mostly
// are, so that the last step is not taken for a few bytes.
func (z *inflater) moveTo(size int) {
	size = 1 << bits.Len(uint(size-1))
	z.out = append(make([]byte, 0, min(size, z.limit)), z.out...)
}

// keep makes out no larger than a message that may stay incomplete should have it: the
// memory that it was given serves others, who inflate theirs at once.
func (z *inflater) keep() {
	if out := z.out; len(out) < cap(out)/2 && cap(out) >= recycleFrom {
		z.moveTo(max(len(out), minInflated))
		z.config.recycle(out)
	}
}

// maxToken is the longest that a length and a distance can be together: two
// codes of 15 bits, and 5 and 13 bits more.
const maxToken = 15 + 5 + 15 + 13

// readSymbols is the heart: literals and copies up to the end of the block.
func (z *inflater) readSymbols() (more bool, err error) {
	b, nb, in, out := z.b, z.nb, z.in, z.out // in registers
	end := false
	for !end {
		if nb >= maxToken {
			// There is enough for whatever comes.
		} else if len(in) >= 8 {
			b |= binary.LittleEndian.Uint64(in) << nb // some of it for the second time
			in = in[(63-nb)>>3:]
			nb |= 56
		} else {
			for ; nb <= 56 && len(in) > 0; in = in[1:] {
				b |= uint64(in[0]) << nb
				nb += 8
			}
		}

		symbol, n := z.lit.decode(b, nb)
		if n == 0 {
			break
		}
		length, distance := 1, 0 // a literal
		if symbol == endOfBlock {
			length, end = 0, true
		} else if symbol > endOfBlock {
			var rest uint
			length, distance, rest, err = z.readCopy(symbol, b>>n, nb-n)
			if rest == 0 {
				break
			}
			n += rest
			if distance > len(out)+len(z.window) {
				err = ErrDeflateData // from before the start
				break
			}
		}
		if length > cap(out)-len(out) {
			z.out = out
			if err = z.grow(length); err != nil {
				break
			}
			out = z.out
		}
		b >>= n
		nb -= n
		switch {
		case symbol < endOfBlock:
			out = append(out, byte(symbol))
		case distance >= length && distance <= len(out):
			start := len(out) - distance
			out = append(out, out[start:start+length]...)
		case length > 0:
			out = z.copyBack(out, distance, length)
		}
	}
	z.b, z.nb, z.in, z.out = b&(1<<nb-1), nb, in, out
	if end {
		return z.endBlock()
	}
	return false, err
}

// readCopy reads what belongs to a length symbol, and the distance, from the
// front of b, of which nb bits are there; n is how many they are. It is 0 if
// more bits are needed, or with an error. It takes none itself.
func (z *inflater) readCopy(symbol int, b uint64, nb uint) (length, distance int, n uint, err error) {
	if symbol > maxLit {
		return 0, 0, 0, ErrDeflateData
	}
	l := lengths[symbol-endOfBlock-1]
	if nb < l.extra {
		return 0, 0, 0, nil
	}
	length = l.base + int(b&(1<<l.extra-1))
	b >>= l.extra

	symbol, n = z.dist.decode(b, nb-l.extra)
	if n == 0 {
		return 0, 0, 0, nil
	}
	if symbol > maxDist {
		return 0, 0, 0, ErrDeflateData
	}
	d := distances[symbol]
	b >>= n
	n += l.extra + d.extra
	if n > nb {
		return 0, 0, 0, nil
	}
	distance = d.base + int(b&(1<<d.extra-1))
	if distance > z.size {
		return 0, 0, 0, ErrDeflateData // beyond the window that was negotiated (§7.1.2)
	}
	return length, distance, n, nil
}

// copyBack appends to out, where there is room, length bytes from distance
// bytes ago, which may begin in the window, and repeat themselves.
func (z *inflater) copyBack(out []byte, distance, length int) []byte {
	if before := distance - len(out); before > 0 {
		n := min(before, length)
		start := len(z.window) - before
		out = append(out, z.window[start:start+n]...)
		length -= n
	}
	for start := len(out) - distance; length > 0; { // twice as much each time
		n := min(len(out)-start, length)
		out = append(out, out[start:start+n]...)
		length -= n
	}
	return out
}
