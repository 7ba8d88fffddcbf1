package files

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName bounds the name of a file, in bytes, as file systems do.
const maxName = 255

// ErrName is the error for a name that no file can have.
var ErrName = errors.New("expected a name of at most 255 bytes of UTF-8")

// CleanName makes the name that a client gives a file fit to be shown and saved under. What
// separates paths, and what is not to be seen or changes the order in which the rest is shown,
// becomes an underscore; so do the names "." and "..". Without a name it is "file".
func CleanName(name string) (string, error) {
	if len(name) > maxName || !utf8.ValidString(name) {
		return "", ErrName
	}
	name = strings.TrimSpace(strings.Map(clean, name))
	switch name {
	case "":
		return "file", nil
	case ".", "..":
		return strings.Repeat("_", len(name)), nil
	}
	return name, nil
}

func clean(r rune) rune {
	const zeroWidthJoiners = "\u200c\u200d" // which scripts and emoji need
	switch {
	case r == '/', r == '\\', r == unicode.ReplacementChar, unicode.IsControl(r), r == '\u2028', r == '\u2029',
		unicode.Is(unicode.Cf, r) && !strings.ContainsRune(zeroWidthJoiners, r):
		return '_'
	}
	return r
}

// disposition is the Content-Disposition of a file (RFC 6266): its name as it is (RFC 8187), and
// a name in ASCII for clients that cannot read that.
func disposition(how, name string) string {
	var plain, exact strings.Builder
	for _, r := range name {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\%`, r) {
			r = '_'
		}
		plain.WriteRune(r)
	}
	for i := range len(name) {
		c := name[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0 {
			exact.WriteByte(c)
			continue
		}
		const digits = "0123456789ABCDEF"
		exact.Write([]byte{'%', digits[c>>4], digits[c&15]})
	}
	return how + `; filename="` + plain.String() + `"; filename*=UTF-8''` + exact.String()
}
