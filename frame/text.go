package frame

import "unicode/utf8"

// textCheck validates UTF-8 that comes in pieces (RFC 6455 §8.1). It keeps
// the beginning of a character whose end has not come: three bytes at most.
// The zero value is ready for the first piece.
type textCheck struct {
	begun [utf8.UTFMax]byte
	n     int8
}

// write reports whether all bytes so far, p the last of them, can begin a
// valid text. It is false as soon as the first byte that fits nowhere is in.
func (t *textCheck) write(p []byte) bool {
	for t.n > 0 && len(p) > 0 {
		t.begun[t.n] = p[0]
		t.n++
		p = p[1:]
		// FullRune is also true of bytes that no further byte can make valid.
		if begun := t.begun[:t.n]; utf8.FullRune(begun) {
			if r, size := utf8.DecodeRune(begun); r == utf8.RuneError && size == 1 {
				return false
			}
			t.n = 0
		}
	}
	whole := len(p) - unfinished(p)
	t.n += int8(copy(t.begun[t.n:], p[whole:]))
	return utf8.Valid(p[:whole])
}

// done reports whether the text may end here: not within a character.
func (t *textCheck) done() bool { return t.n == 0 }

// unfinished returns how many bytes at the end of p begin a character that
// needs more bytes: 0 to 3.
func unfinished(p []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		if tail := p[len(p)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}
