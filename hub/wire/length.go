package wire

// Length is how many bytes a text takes in the longest form that a client gets, at most:
// as a JSON string without its quotes, where most control characters take six bytes, or
// from LineText. A bound on texts must hold for this length, since it is what recipients
// have to read.
func Length(text []byte) int {
	n := len(text)
	for text = text[plainLen(text):]; len(text) > 0; text = text[plainLen(text):] {
		some := min(word, len(text))
		for i := range some {
			n += growth(text[i:])
		}
		text = text[some:]
	}
	return n
}

// growth is how much longer the first character of a text gets; 0 within a character.
func growth(text []byte) int {
	switch c := text[0]; {
	case c == '"' || c == '\\' || c == '\t' || c == '\n':
		return 1
	case c == '\b' || c == '\f' || c == '\r' || c == del:
		return len(replacement) - 1
	case c < ' ':
		return len(`\u0000`) - 1
	case c == firstByteOfC1 && controlLen(text) > 0:
		return len(replacement) - 2
	case c == firstByteOfBidi && isSeparator(text):
		return len(`\u2028`) - 3
	}
	return 0
}

// isSeparator reports whether text begins with U+2028 or U+2029, which encoding/json
// always escapes.
func isSeparator(text []byte) bool {
	return len(text) >= 3 && text[1] == 0x80 && text[2]&^1 == 0xA8
}
