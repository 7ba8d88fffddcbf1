package frame

// deflateWriter writes DEFLATE symbol by symbol, to make streams that no
// compressor would.
type deflateWriter struct {
	out  []byte
	free uint // bits that are free in the last byte
}

// bits writes the lowest n bits of v, lowest first.
func (w *deflateWriter) bits(v int, n uint) {
	for ; n > 0; n-- {
		if w.free == 0 {
			w.out, w.free = append(w.out, 0), 8
		}
		w.out[len(w.out)-1] |= byte(v&1) << (8 - w.free)
		w.free--
		v >>= 1
	}
}

// code writes a Huffman code: highest bit first.
func (w *deflateWriter) code(v int, n uint) {
	for ; n > 0; n-- {
		w.bits(v>>(n-1), 1)
	}
}

// align leaves the rest of the last byte 0.
func (w *deflateWriter) align() { w.free = 0 }

// block begins a block: final 0 or 1, of type 0 to 3.
func (w *deflateWriter) block(final, kind int) { w.bits(final|kind<<1, 3) }

// symbol writes a literal, length or end of a block in the fixed code.
func (w *deflateWriter) symbol(s int) {
	switch {
	case s < 144:
		w.code(0x30+s, 8)
	case s < 256:
		w.code(0x190+s-144, 9)
	case s < 280:
		w.code(s-256, 7)
	default:
		w.code(0xC0+s-280, 8)
	}
}

func (w *deflateWriter) literals(s string) {
	for i := range len(s) {
		w.symbol(int(s[i]))
	}
}

// copy writes a length, 3 to 258, and a distance, 1 to 32768.
func (w *deflateWriter) copy(length, distance int) {
	i := len(lengths) - 1
	for lengths[i].base > length {
		i--
	}
	w.symbol(257 + i)
	w.bits(length-lengths[i].base, lengths[i].extra)
	i = len(distances) - 1
	for distances[i].base > distance {
		i--
	}
	w.code(i, 5)
	w.bits(distance-distances[i].base, distances[i].extra)
}

// message returns what was written as the payload of a message: with the
// header of an empty stored block behind it.
func (w *deflateWriter) message() string {
	w.block(0, 0)
	w.align()
	return string(w.out)
}

// fixedBlock is the payload of a message of one block in the fixed code.
func fixedBlock(final int, write func(w *deflateWriter)) string {
	var w deflateWriter
	w.block(final, 1)
	write(&w)
	w.symbol(endOfBlock)
	if final == 1 {
		w.align()
	}
	return w.message()
}
