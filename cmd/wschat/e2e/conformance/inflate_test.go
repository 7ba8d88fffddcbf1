//go:build e2e

package conformance

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

// inflate inflates a message (RFC 7692 §7.2.2) that refers to nothing before
// it, and sees to it that no distance is greater than window. The standard
// library has the second word on what it says.
func inflate(message []byte, window int) ([]byte, error) {
	whole := append(bytes.Clone(message), 0x00, 0x00, 0xFF, 0xFF)
	z := &inflater{in: whole, window: window}
	for z.at < len(whole)*8 {
		if err := z.block(); err != nil {
			return nil, fmt.Errorf("inflate: %w after %d bytes", err, len(z.out))
		}
	}
	final := append(whole, 0x01, 0x00, 0x00, 0xFF, 0xFF)
	second, err := io.ReadAll(flate.NewReader(bytes.NewReader(final)))
	if err != nil || !bytes.Equal(second, z.out) {
		return nil, fmt.Errorf("inflate: the two do not agree: %w", err)
	}
	return z.out, nil
}

// inflater is RFC 1951 in the plainest way.
type inflater struct {
	in     []byte
	at     int // the next bit
	out    []byte
	window int
}

var errShort = errors.New("the stream is cut short")

func (z *inflater) bits(n int) (v int, err error) {
	for i := range n {
		if z.at>>3 >= len(z.in) {
			return 0, errShort
		}
		v |= int(z.in[z.at>>3]>>(z.at&7)&1) << i
		z.at++
	}
	return v, nil
}

func (z *inflater) block() error {
	head, err := z.bits(3)
	if err != nil {
		return err
	}
	if head&1 != 0 {
		return errors.New("BFINAL is set") // allowed, but nothing our server needs
	}
	switch head >> 1 {
	case 0:
		return z.stored()
	case 1:
		return z.symbols(fixedCodes())
	case 2:
		lit, dist, err := z.dynamicCodes()
		if err != nil {
			return err
		}
		return z.symbols(lit, dist)
	}
	return errors.New("block type 3")
}

func (z *inflater) stored() error {
	z.at = (z.at + 7) &^ 7
	n, err := z.bits(16)
	if err != nil {
		return err
	}
	if not, err := z.bits(16); err != nil || not != n^0xFFFF {
		return errors.New("NLEN")
	}
	start := z.at / 8
	if start+n > len(z.in) {
		return errShort
	}
	z.out = append(z.out, z.in[start:start+n]...)
	z.at += n * 8
	return nil
}

// code has, for each code with a 1 before its first bit, its symbol and one more; 0: there
// is no such code.
type code []int

// newCode is RFC 1951 §3.2.2.
func newCode(lengths []int) code {
	longest := slices.Max(lengths)
	c := make(code, 2<<longest)
	next := 0
	for length := 1; length <= longest; length++ {
		for symbol, l := range lengths {
			if l == length && next < 1<<length {
				c[next|1<<length] = symbol + 1
				next++
			}
		}
		next <<= 1
	}
	return c
}

func (z *inflater) symbol(c code) (int, error) {
	for v := 1; 2*v < len(c); {
		bit, err := z.bits(1)
		if err != nil {
			return 0, err
		}
		v = v<<1 | bit
		if c[v] > 0 {
			return c[v] - 1, nil
		}
	}
	return 0, errors.New("no such code")
}

var fixedCodes = sync.OnceValues(func() (lit, dist code) {
	lengths := make([]int, 288)
	for i := range lengths {
		switch {
		case i < 144 || i >= 280:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		default:
			lengths[i] = 7
		}
	}
	distances := make([]int, 30)
	for i := range distances {
		distances[i] = 5
	}
	return newCode(lengths), newCode(distances)
})

func (z *inflater) dynamicCodes() (lit, dist code, err error) {
	counts, err := z.bits(14)
	if err != nil {
		return nil, nil, err
	}
	lits, dists := counts&31+257, counts>>5&31+1
	order := []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	lengths := make([]int, 19)
	for _, i := range order[:counts>>10+4] {
		if lengths[i], err = z.bits(3); err != nil {
			return nil, nil, err
		}
	}
	codes := newCode(lengths)
	var all []int
	for len(all) < lits+dists {
		s, err := z.symbol(codes)
		if err != nil {
			return nil, nil, err
		}
		value, repeat := s, 1
		if s >= 16 {
			extra, err := z.bits([]int{2, 3, 7}[s-16])
			if err != nil {
				return nil, nil, err
			}
			value, repeat = 0, extra+[]int{3, 3, 11}[s-16]
			if s == 16 {
				value = all[len(all)-1]
			}
		}
		for range repeat {
			all = append(all, value)
		}
	}
	return newCode(all[:lits]), newCode(all[lits:]), nil
}

// The lengths and distances of RFC 1951 §3.2.5: extra bits, by symbol.
var (
	lengthExtra   = []int{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distanceExtra = []int{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
)

// base is the least value that a symbol stands for.
func base(least int, extra []int, symbol int) int {
	for _, n := range extra[:symbol] {
		least += 1 << n
	}
	return least
}

func (z *inflater) symbols(lit, dist code) error {
	for {
		s, err := z.symbol(lit)
		switch {
		case err != nil:
			return err
		case s == 256:
			return nil
		case s < 256:
			z.out = append(z.out, byte(s))
		default:
			if err := z.copyBack(s-257, dist); err != nil {
				return err
			}
		}
	}
}

func (z *inflater) copyBack(symbol int, dist code) error {
	extra, err := z.bits(lengthExtra[symbol])
	if err != nil {
		return err
	}
	length := base(3, lengthExtra, symbol) + extra
	if symbol == 28 {
		length = 258
	}
	d, err := z.symbol(dist)
	if err != nil {
		return err
	}
	if extra, err = z.bits(distanceExtra[d]); err != nil {
		return err
	}
	distance := base(1, distanceExtra, d) + extra
	if distance > z.window || distance > len(z.out) {
		return fmt.Errorf("a distance of %d in a window of %d", distance, z.window)
	}
	for range length {
		z.out = append(z.out, z.out[len(z.out)-distance])
	}
	return nil
}
