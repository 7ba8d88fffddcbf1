package wire

// Length is how many bytes a text takes in the longest form that a client gets, at most:
// as a JSON string without its quotes, where most control characters take six bytes, or
// from LineText. A bound on texts must hold for this length, since it is what recipients
// have to read.
func Length(text []byte) int {
	n := len(text)
	for i, c := range text {
		switch {
		case c == '"' || c == '\\' || c == '\t' || c == '\n':
			n++
		case c == '\b' || c == '\f' || c == '\r' || c == del:
			n += len(replacement) - 1
		case c < ' ':
			n += len(`\u0000`) - 1
		case c == firstByteOfC1 && controlLen(text[i:]) > 0:
			n += len(replacement) - 2
		case c == firstByteOfBidi && isSeparator(text[i:]):
			n += len(`\u2028`) - 3
		}
	}
	return n
}

// isSeparator reports whether text begins with U+2028 or U+2029, which encoding/json
// always escapes.
func isSeparator(text []byte) bool {
	return len(text) >= 3 && text[1] == 0x80 && text[2]&^1 == 0xA8
}
