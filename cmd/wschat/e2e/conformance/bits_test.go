//go:build e2e

package conformance

import (
	"bytes"
	"compress/flate"
	"math/bits"
	"strings"
)

// deflater is the client's compressor (RFC 7692 §7.2.1).
type deflater struct {
	out   bytes.Buffer
	flate *flate.Writer
	keeps bool // its context, from message to message
}

func newDeflater(keeps bool) *deflater {
	d := &deflater{keeps: keeps}
	d.flate, _ = flate.NewWriter(&d.out, flate.BestCompression) // the one error is a wrong level
	return d
}

// deflate compresses a message.
func (d *deflater) deflate(s string) []byte {
	d.out.Reset()
	if !d.keeps {
		d.flate.Reset(&d.out)
	}
	d.flate.Write([]byte(s))
	d.flate.Flush()
	return bytes.Clone(bytes.TrimSuffix(d.out.Bytes(), []byte{0x00, 0x00, 0xFF, 0xFF}))
}

// message is a compressed message in one frame.
func (d *deflater) message(op byte, s string) frame {
	return frame{op: op, rsv: rsv1, payload: d.deflate(s)}
}

// compressed cuts a compressed message in frames before each of the indices.
func compressed(op byte, payload []byte, cuts ...int) []frame {
	all := fragments(op, payload, cuts...)
	all[0].rsv = rsv1
	return all
}

// stream writes DEFLATE by hand, bit by bit.
type stream struct {
	out []byte
	n   int // bits
}

// bits adds the n lowest bits of v, the lowest first.
func (w *stream) bits(v, n int) *stream {
	for i := range n {
		if w.n%8 == 0 {
			w.out = append(w.out, 0)
		}
		w.out[w.n/8] |= byte(v>>i&1) << (w.n % 8)
		w.n++
	}
	return w
}

// code adds a Huffman code, which goes the other way round.
func (w *stream) code(v, n int) *stream { return w.bits(int(bits.Reverse32(uint32(v))>>(32-n)), n) }

// align ends the byte.
func (w *stream) align() *stream { return w.bits(0, (8-w.n%8)%8) }

// fixed begins a block with the fixed codes.
func (w *stream) fixed(final int) *stream { return w.bits(final, 1).bits(1, 2) }

// symbol adds a symbol by the fixed codes (RFC 1951 §3.2.6).
func (w *stream) symbol(s int) *stream {
	switch {
	case s < 144:
		return w.code(0x30+s, 8)
	case s < 256:
		return w.code(0x190+s-144, 9)
	case s < 280:
		return w.code(s-256, 7)
	}
	return w.code(0xC0+s-280, 8)
}

// literals adds the bytes of s.
func (w *stream) literals(s string) *stream {
	for i := range len(s) {
		w.symbol(int(s[i]))
	}
	return w
}

// copyBack adds a copy of 3 bytes; distance is a symbol with its extra bits.
func (w *stream) copyBack(distance, extra, n int) *stream {
	return w.symbol(257).code(distance, 5).bits(extra, n)
}

// stored adds a block that is not compressed.
func (w *stream) stored(final int, s string) *stream {
	w.bits(final, 1).bits(0, 2).align().bits(len(s), 16).bits(len(s)^0xFFFF, 16)
	w.out = append(w.out, s...)
	w.n = len(w.out) * 8
	return w
}

// end ends the block, and the message as a flush does: with an empty stored
// block, without its length.
func (w *stream) end() []byte { return w.symbol(256).flush() }

func (w *stream) flush() []byte { return w.bits(0, 3).align().out }

// zeros is a compressed message of n zeros, at some thousandth of that.
func zeros(n int) []byte {
	return newDeflater(false).deflate(strings.Repeat("\x00", n))
}
