package frame

import "iter"

// extension is an element of a Sec-WebSocket-Extensions field (RFC 6455 §9.1).
type extension struct {
	name   string
	params []param
}

// param is a parameter of an extension. A value that was quoted is unquoted.
type param struct {
	name, value string
	hasValue    bool
}

// extensions yields the elements of a field:
//
//	extension-list  = 1#extension
//	extension       = token *( ";" extension-param )
//	extension-param = token [ "=" (token | quoted-string) ]
//
// As RFC 2616 §2.1 has it, blanks may stand around each part, and elements may
// be empty. After a fault it yields [ErrExtensions] and ends.
func extensions(field string) iter.Seq2[extension, error] {
	return func(yield func(extension, error) bool) {
		for s := scanner(field); ; {
			if s.blanks(); s != "" && s[0] != ',' {
				e, ok := s.extension()
				if !ok {
					yield(extension{}, ErrExtensions)
					return
				}
				if !yield(e, nil) {
					return
				}
			}
			if s == "" {
				return
			}
			s = s[1:] // the comma
		}
	}
}

// scanner is what is left of a field.
type scanner string

// extension takes an element, and leaves the comma behind it or nothing.
func (s *scanner) extension() (e extension, ok bool) {
	if e.name, ok = s.token(); !ok {
		return e, false
	}
	for s.separator(';') {
		p, ok := s.param()
		if !ok {
			return e, false
		}
		e.params = append(e.params, p)
	}
	return e, *s == "" || (*s)[0] == ','
}

func (s *scanner) param() (p param, ok bool) {
	s.blanks()
	if p.name, ok = s.token(); !ok || !s.separator('=') {
		return p, ok
	}
	p.hasValue = true
	s.blanks()
	if *s != "" && (*s)[0] == '"' {
		p.value, ok = s.quoted()
	} else {
		p.value, ok = s.token()
	}
	return p, ok
}

// blanks takes spaces and tabs.
func (s *scanner) blanks() {
	for *s != "" && ((*s)[0] == ' ' || (*s)[0] == '\t') {
		*s = (*s)[1:]
	}
}

// separator takes blanks and c, and reports whether c was there.
func (s *scanner) separator(c byte) bool {
	if s.blanks(); *s == "" || (*s)[0] != c {
		return false
	}
	*s = (*s)[1:]
	return true
}

func (s *scanner) token() (token string, ok bool) {
	n := 0
	for n < len(*s) && isTokenChar((*s)[n]) {
		n++
	}
	token, *s = string((*s)[:n]), (*s)[n:]
	return token, n > 0
}

// quoted takes a quoted-string. §9.1: "the value after quoted-string
// unescaping MUST conform to the 'token' ABNF."
func (s *scanner) quoted() (value string, ok bool) {
	var b []byte
	for i := 1; i < len(*s); i++ {
		c := (*s)[i]
		if c == '"' {
			*s = (*s)[i+1:]
			return string(b), len(b) > 0
		}
		if c == '\\' {
			if i++; i == len(*s) {
				break
			}
			c = (*s)[i]
		}
		if !isTokenChar(c) {
			break
		}
		b = append(b, c)
	}
	return "", false
}

// isTokenChar reports whether c may be in a token (RFC 2616 §2.2).
func isTokenChar(c byte) bool {
	switch c {
	case '!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~':
		return true
	}
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}
