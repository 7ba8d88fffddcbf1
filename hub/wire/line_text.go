package wire

const replacement = "\uFFFD"

// LineText returns a text as line clients read it, which are terminals. A line feed, or CR
// LF, is followed by a TAB, so that no text passes for a line of its own. Any other control
// character reads U+FFFD. If there is none, which is the common case, LineText returns text
// itself.
func LineText(text []byte) []byte {
	at, n := nextControl(text, 0)
	if n == 0 {
		return text
	}
	out := make([]byte, 0, len(text)+len(text)/8)
	from := 0
	for ; n > 0; at, n = nextControl(text, from) {
		out = append(out, text[from:at]...)
		from = at + n
		switch {
		case text[at] == '\n':
			out = append(out, "\n\t"...)
		case text[at] == '\r' && from < len(text) && text[from] == '\n':
			out = append(out, '\r') // the line feed comes next
		default:
			out = append(out, replacement...)
		}
	}
	return append(out, text[from:]...)
}

// nextControl finds the first control character in a text from an index on, and its length
// in bytes; 0: there is none.
func nextControl(text []byte, from int) (at, n int) {
	for at = from + plainLen(text[from:]); at < len(text); at += plainLen(text[at:]) {
		for end := min(at+word, len(text)); at < end; at++ {
			if n = controlLen(text[at:]); n > 0 {
				return at, n
			}
		}
	}
	return at, 0
}

// DEL, and the first bytes in UTF-8 of C1 and bidi controls.
const del, firstByteOfC1, firstByteOfBidi = 0x7F, 0xC2, 0xE2

// controlLen is the length of the control character that text begins with: C0 but TAB, DEL,
// C1, or one of the bidi controls U+202A–202E and U+2066–2069; 0: it begins with none.
func controlLen(text []byte) int {
	switch c := text[0]; {
	case c < ' ' && c != '\t', c == del:
		return 1
	case c == firstByteOfC1 && len(text) >= 2 && text[1] < 0xA0:
		return 2
	case c == firstByteOfBidi && len(text) >= 3:
		if second, third := text[1], text[2]; second == 0x80 && third >= 0xAA && third <= 0xAE ||
			second == 0x81 && third >= 0xA6 && third <= 0xA9 {
			return 3
		}
	}
	return 0
}
