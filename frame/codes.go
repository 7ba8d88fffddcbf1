package frame

// codes are the codes of a block that brings its own (RFC 1951 §3.2.7), also
// while they are being read.
type codes struct {
	lit, dist huffman // at first dist holds the code for code lengths, which is not needed for long

	lengths [288 + 32]uint8 // of the codes, so far
	n       int             // how many that is
	lits    int             // how many belong to lit...
	all     int             // ...and to both
}

// codeOrder is the order in which the lengths of the code for code lengths come.
var codeOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

func (z *inflater) readCounts() (more bool, err error) {
	if !z.need(5 + 5 + 4) {
		return false, nil
	}
	c := &z.codes
	c.lits = z.take(5) + 257
	dists := z.take(5) + 1
	if c.lits > maxLit+1 || dists > maxDist+1 {
		return false, ErrDeflateData // for symbols that mean nothing
	}
	c.all = c.lits + dists
	z.rest = z.take(4) + 4
	c.n = 0
	clear(c.lengths[:len(codeOrder)])
	z.state = inCodeCodes
	return true, nil
}

func (z *inflater) readCodeCodes() (more bool, err error) {
	c := &z.codes
	for ; c.n < z.rest; c.n++ {
		if !z.need(3) {
			return false, nil
		}
		c.lengths[codeOrder[c.n]] = uint8(z.take(3))
	}
	if !c.dist.build(c.lengths[:len(codeOrder)]) {
		return false, ErrDeflateData
	}
	c.n = 0
	z.state = inCodeLength
	return true, nil
}

// readCodeLengths reads the lengths of both codes, which are one row: a repeat
// may go from the one into the other.
func (z *inflater) readCodeLengths() (more bool, err error) {
	c := &z.codes
	for c.n < c.all {
		z.need(7 + 7) // the most that one takes; fewer may do
		symbol, n := c.dist.decode(z.b, z.nb)
		if n == 0 {
			return false, nil
		}
		if symbol == noSymbol {
			return false, ErrDeflateData
		}
		length, base, extra := uint8(0), 1, uint(0)
		switch symbol {
		case 16:
			if c.n == 0 {
				return false, ErrDeflateData // there is nothing to repeat
			}
			length, base, extra = c.lengths[c.n-1], 3, 2
		case 17:
			base, extra = 3, 3
		case 18:
			base, extra = 11, 7
		default:
			length = uint8(symbol)
		}
		if z.nb < n+extra {
			return false, nil
		}
		z.take(n)
		repeat := base + z.take(extra)
		if repeat > c.all-c.n {
			return false, ErrDeflateData
		}
		for range repeat {
			c.lengths[c.n] = length
			c.n++
		}
	}
	if !c.lit.build(c.lengths[:c.lits]) || !c.dist.build(c.lengths[c.lits:c.all]) {
		return false, ErrDeflateData
	}
	z.state = inSymbols
	return true, nil
}
