package wire

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds how deep values may be nested, as encoding/json does.
const maxDepth = 10_000

// scanner reads JSON (RFC 8259) in one pass, without making anything of it. It accepts what
// encoding/json accepts.
type scanner struct {
	text []byte
	at   int
}

// scan finds the members of the object that text is, and reports whether it is one.
func (f *fields) scan(text []byte) bool {
	s := scanner{text: text}
	if s.next() != '{' {
		return false
	}
	s.at++
	for more := s.next() != '}'; more; {
		name, ok := s.name()
		if !ok {
			return false
		}
		s.next()
		start := s.at
		if !s.value() {
			return false
		}
		if i := fieldNamed(name); i >= 0 {
			f[i] = text[start:s.at:s.at]
		}
		switch s.next() {
		case ',':
			s.at++
		case '}':
			more = false
		default:
			return false
		}
	}
	s.at++
	return s.next() == 0 && s.at == len(text)
}

// next skips white space, and returns the byte behind it; 0: that is the end.
func (s *scanner) next() byte {
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// name skips the name of a member with its colon, and returns it as it stands there.
func (s *scanner) name() (name []byte, ok bool) {
	if s.next() != '"' {
		return nil, false
	}
	start := s.at
	if !s.string() {
		return nil, false
	}
	name = s.text[start:s.at]
	if s.next() != ':' {
		return nil, false
	}
	s.at++
	return name, true
}

// value skips a value with all that is in it.
func (s *scanner) value() bool {
	if c := s.next(); c != '{' && c != '[' {
		return s.scalar(c)
	}
	return s.nested()
}

// nested skips an object or array. isObject has a bit for each that is open.
func (s *scanner) nested() bool {
	var isObject [maxDepth/64 + 1]uint64
	for depth := 1; ; { // in the object of scan
		switch c := s.next(); c {
		case '{', '[':
			s.at++
			if depth++; depth > maxDepth {
				return false
			}
			if bit := uint64(1) << (depth % 64); c == '{' {
				isObject[depth/64] |= bit
			} else {
				isObject[depth/64] &^= bit
			}
			if s.next() == c+2 { // } is two behind {, and ] behind [
				break
			}
			if c == '{' {
				if _, ok := s.name(); !ok {
					return false
				}
			}
			continue
		default:
			if !s.scalar(c) {
				return false
			}
		}
		for more := false; !more; { // behind a value
			if depth == 1 {
				return true
			}
			object := isObject[depth/64]>>(depth%64)&1 == 1
			switch c := s.next(); {
			case c == '}' && object, c == ']' && !object:
				s.at++
				depth--
			case c != ',':
				return false
			default:
				s.at++
				if object {
					if _, ok := s.name(); !ok {
						return false
					}
				}
				more = true
			}
		}
	}
}

// scalar skips a value that holds no other and begins with c.
func (s *scanner) scalar(c byte) bool {
	switch c {
	case '"':
		return s.string()
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	}
	return s.number()
}

func (s *scanner) word(w string) bool {
	if !bytes.HasPrefix(s.text[s.at:], []byte(w)) {
		return false
	}
	s.at += len(w)
	return true
}

// string skips a string. Its escapes are checked, its UTF-8 is not.
func (s *scanner) string() bool {
	for i := s.at + 1; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			s.at = i + 1
			return true
		case c < ' ':
			return false
		case c == '\\':
			i++
			if i == len(s.text) {
				return false
			}
			if s.text[i] == 'u' {
				if _, ok := hex4(s.text[i+1:]); !ok {
					return false
				}
				i += 4
			} else if unescape(s.text[i]) == 0 {
				return false
			}
		}
	}
	return false
}

func (s *scanner) number() bool {
	s.skip('-')
	if !s.skip('0') && !s.digits() {
		return false
	}
	if s.skip('.') && !s.digits() {
		return false
	}
	if s.skip('e') || s.skip('E') {
		if !s.skip('+') {
			s.skip('-')
		}
		return s.digits()
	}
	return true
}

// skip skips c if it comes next.
func (s *scanner) skip(c byte) bool {
	if s.at == len(s.text) || s.text[s.at] != c {
		return false
	}
	s.at++
	return true
}

// digits skips digits, and reports whether there are any.
func (s *scanner) digits() bool {
	start := s.at
	for s.at < len(s.text) && '0' <= s.text[s.at] && s.text[s.at] <= '9' {
		s.at++
	}
	return s.at > start
}

// decode returns what a scanned string stands for: a part of it, or else bytes behind dst.
// What is not UTF-8, and half of a surrogate pair, becomes U+FFFD.
func decode(dst, quoted []byte) []byte {
	text := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(text, '\\') < 0 && utf8.Valid(text) {
		return text
	}
	for len(text) > 0 {
		if text[0] != '\\' {
			r, n := utf8.DecodeRune(text)
			dst, text = utf8.AppendRune(dst, r), text[n:]
			continue
		}
		if c := unescape(text[1]); c != 0 {
			dst, text = append(dst, c), text[2:]
			continue
		}
		r, _ := hex4(text[2:])
		text = text[6:]
		if utf16.IsSurrogate(r) {
			low := rune(utf8.RuneError)
			if len(text) >= 6 && text[0] == '\\' && text[1] == 'u' {
				low, _ = hex4(text[2:])
			}
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				text = text[6:]
			}
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// unescape returns what \c stands for; 0: nothing, or c is u.
func unescape(c byte) byte {
	switch c {
	case '"', '\\', '/':
		return c
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return 0
}

// hex4 returns the number that the first four bytes of b write.
func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
