package frame

import (
	"compress/flate"
	"math"
	"runtime"
)

// MinDeflate is the length in bytes from which on a message is worth
// compressing. Here JSON comes out at half its length, for some 6 µs to
// compress and 3 µs to inflate; at 128 bytes it is two thirds, for almost as
// much work. Either way it is one packet (see BenchmarkDeflate).
const MinDeflate = 256

// WorthDeflating reports whether a message of n bytes is to be compressed for a
// window of 2^windowBits bytes: not a short one, see [MinDeflate], and not one
// of more than 256 windows. Each window's worth is compressed by itself, so that
// 64 KiB take 2.4 ms at 8 bits and 0.15 ms at 15, and a peer chooses the bits.
func WorthDeflating(n, windowBits int) bool {
	return n >= MinDeflate && n <= 1<<(8+windowBits)
}

// Deflater compresses messages for permessage-deflate (RFC 7692 §7.2.1), each
// by itself: what it makes can be sent to all who have agreed on the same
// window or a greater one, whether or not they keep a context.
//
// It is safe for concurrent use. It keeps at most as many compressors as there
// are processors, each of some 1.2 MB, made when first needed. If all are busy, a
// caller waits for one, for no longer than a message takes.
type Deflater struct {
	free chan *compressor // nil: one that is still to be made
}

// NewDeflater returns a Deflater. One is enough for a process.
func NewDeflater() *Deflater {
	d := &Deflater{free: make(chan *compressor, runtime.GOMAXPROCS(0))}
	for range cap(d.free) {
		d.free <- nil
	}
	return d
}

// Append appends the payload of a compressed message to dst, which then ends
// without the 00 00 ff ff that §7.2.1 has taken off. windowBits, 8 to 15, is
// what was agreed for the side that sends: [Deflate].ServerWindowBits on a
// server. The result may be longer than payload, by some bytes.
func (d *Deflater) Append(dst, payload []byte, windowBits int) []byte {
	c := <-d.free
	if c == nil {
		c = newCompressor()
	}
	dst = c.append(dst, payload, windowBits)
	d.free <- c
	return dst
}

// compressor is a flate.Writer and what it writes to.
type compressor struct {
	flate *flate.Writer
	dst   []byte
}

// deflateLevel is the fastest that looks for repeats. For 1 KiB of JSON all
// others take twice as long, since they clear big tables first, and save less
// than a tenth more. For 64 KiB level 2 would be the better trade, but chat
// messages are short (see BenchmarkDeflate).
const deflateLevel = flate.BestSpeed

func newCompressor() *compressor {
	c := new(compressor)
	c.flate, _ = flate.NewWriter(c, deflateLevel) // the one error is a wrong level
	return c
}

// Write takes what the flate.Writer puts out. It never fails.
func (c *compressor) Write(p []byte) (int, error) {
	c.dst = append(c.dst, p...)
	return len(p), nil
}

// append compresses payload to dst. compress/flate has a window of 32 KiB and
// no other, so for a smaller one payload is cut into pieces of the window's
// size, each compressed as if it were the first: no distance within a piece is
// greater. Each ends with an empty stored block at the end of a byte.
func (c *compressor) append(dst, payload []byte, windowBits int) []byte {
	size := math.MaxInt
	if windowBits < maxBits {
		size = 1 << windowBits
	}
	c.dst = dst
	for first := true; first || len(payload) > 0; first = false {
		piece := payload[:min(size, len(payload))]
		payload = payload[len(piece):]
		c.flate.Reset(c)
		c.flate.Write(piece) // like Flush, fails only if c.Write does
		c.flate.Flush()
	}
	dst, c.dst = c.dst, nil
	return dst[:len(dst)-len("\x00\x00\xff\xff")]
}

// maxStored is the most that LEN of a stored block can say (RFC 1951 §3.2.4).
const maxStored = 1<<16 - 1

// AppendStored appends p as stored blocks: not compressed, five bytes longer
// for each 64 KiB, and ending with a byte. It makes a short part that differs
// for each receiver the front of a message whose body is compressed once:
//
//	body := deflater.Append(nil, text, d.ServerWindowBits)
//	for each receiver {
//		front = AppendStored(front[:0], prefix)
//		out = AppendCompressed(out, Text, front, body)
//	}
//
// It must stand in front: what [Deflater.Append] makes ends as a message ends.
// It may be of any length, as nothing refers back to it.
func AppendStored(dst, p []byte) []byte {
	for len(p) > 0 {
		n := min(len(p), maxStored)
		dst = append(dst, 0, byte(n), byte(n>>8), ^byte(n), ^byte(n>>8))
		dst = append(dst, p[:n]...)
		p = p[n:]
	}
	return dst
}

// AppendCompressed appends one unmasked final frame, as a server sends it, of
// a compressed message (RFC 7692 §6.1): with RSV1 set, and deflated, its parts
// one behind the other, as the payload. The connection must have agreed on it.
func AppendCompressed(dst []byte, op Opcode, deflated ...[]byte) []byte {
	n := 0
	for _, part := range deflated {
		n += len(part)
	}
	dst = AppendHeader(dst, Header{Fin: true, RSV: RSV1, Opcode: op, Length: int64(n)})
	for _, part := range deflated {
		dst = append(dst, part...)
	}
	return dst
}
