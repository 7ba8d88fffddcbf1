package wire

import "encoding/binary"

// word is how many bytes plainLen looks at in one go.
const word = 8

// plainLen returns how many bytes at the start of a text are certainly the same in every
// form of it: whole words without a special byte.
func plainLen(text []byte) int {
	n := 0
	for ; n+word <= len(text) && !hasSpecial(binary.LittleEndian.Uint64(text[n:])); n += word {
	}
	return n
}

// hasSpecial reports whether a byte of w is a control character, a quote or a backslash, or
// may begin a C1 or bidi control. It may say so of other words, too. The sums are those of
// "Bit Twiddling Hacks": a byte below n, and a byte that is zero.
func hasSpecial(w uint64) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	zero := func(v uint64) uint64 { return (v - ones) &^ v }
	found := ((w - ones*' ') | (w + ones)) &^ w // C0, and DEL, which one more makes 0x80
	found |= zero(w^ones*'"') | zero(w^ones*'\\')
	const lower = firstByteOfC1 ^ firstByteOfBidi // a single bit
	found |= zero((w | ones*lower) ^ ones*firstByteOfBidi)
	return found&highs != 0
}
