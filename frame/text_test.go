package frame

import (
	"testing"
	"unicode/utf8"
)

// textTable has what text may and may not be. failAt is the number of bytes
// with which it must be refused: with the first that no further byte can mend.
// 0: never. open: the bytes are right so far, but the text must not end there.
var textTable = []struct {
	name   string
	text   string
	failAt int
	open   bool
}{
	{"empty", "", 0, false},
	{"ASCII", "Hello", 0, false},
	{"NUL", "a\x00b", 0, false},
	{"2, 3 and 4 bytes a character", "é汉😀", 0, false},
	{"Greek", "κόσμε", 0, false},
	{"first of 2 bytes, U+0080", "\xc2\x80", 0, false},
	{"last of 2 bytes, U+07FF", "\xdf\xbf", 0, false},
	{"first of 3 bytes, U+0800", "\xe0\xa0\x80", 0, false},
	{"last of 3 bytes, U+FFFF", "\xef\xbf\xbf", 0, false},
	{"first of 4 bytes, U+10000", "\xf0\x90\x80\x80", 0, false},
	{"last of all, U+10FFFF", "\xf4\x8f\xbf\xbf", 0, false},
	{"last before the surrogates, U+D7FF", "\xed\x9f\xbf", 0, false},
	{"first behind the surrogates, U+E000", "\xee\x80\x80", 0, false},
	{"the replacement character itself, U+FFFD", "\xef\xbf\xbd", 0, false},
	{"byte order mark, U+FEFF", "\xef\xbb\xbf", 0, false},
	{"noncharacters U+FFFE, U+1FFFE", "\xef\xbf\xbe\xf0\x9f\xbf\xbe", 0, false},

	{"continuation byte alone, first", "\x80", 1, false},
	{"continuation byte alone, last", "\xbf", 1, false},
	{"continuation byte too many", "\xc3\xa9\x80", 3, false},
	{"FE", "a\xfe", 2, false},
	{"FF", "a\xff", 2, false},
	{"character broken off after 1 of 2", "\xc3a", 2, false},
	{"character broken off after 1 of 3", "\xe6a", 2, false},
	{"character broken off after 2 of 3", "\xe6\xb1a", 3, false},
	{"character broken off after 3 of 4", "\xf0\x9f\x98a", 4, false},
	{"character broken off by another", "\xf0\x9f\xc3\xa9", 3, false},

	{"overlong / in 2 bytes", "\xc0\xaf", 1, false},
	{"overlong U+007F in 2 bytes", "\xc1\xbf", 1, false},
	{"overlong / in 3 bytes", "\xe0\x80\xaf", 2, false},
	{"overlong U+07FF in 3 bytes", "\xe0\x9f\xbf", 2, false},
	{"overlong / in 4 bytes", "\xf0\x80\x80\xaf", 2, false},
	{"overlong U+FFFF in 4 bytes", "\xf0\x8f\xbf\xbf", 2, false},
	{"5 bytes", "\xf8\x88\x80\x80\x80", 1, false},
	{"6 bytes", "\xfc\x84\x80\x80\x80\x80", 1, false},

	{"surrogate U+D800", "\xed\xa0\x80", 2, false},
	{"surrogate U+DB7F", "\xed\xad\xbf", 2, false},
	{"surrogate U+DFFF", "\xed\xbf\xbf", 2, false},
	{"pair of surrogates", "\xed\xa0\x80\xed\xb0\x80", 2, false},
	{"surrogate behind good text", "κόσμε\xed\xa0\x80edited", 12, false},

	{"over U+10FFFF by one", "\xf4\x90\x80\x80", 2, false},
	{"over U+10FFFF behind good text", "κόσμε\xf4\x90\x80\x80edited", 12, false},
	{"U+140000", "\xf5\x80\x80\x80", 1, false},

	{"ends after 1 of 2", "a\xc3", 0, true},
	{"ends after 1 of 3", "a\xe6", 0, true},
	{"ends after 2 of 3", "a\xe6\xb1", 0, true},
	{"ends after 1 of 4", "a\xf0", 0, true},
	{"ends after 2 of 4", "a\xf0\x9f", 0, true},
	{"ends after 3 of 4", "a\xf0\x9f\x98", 0, true},
}

func TestText(t *testing.T) {
	for _, tt := range textTable {
		t.Run("§8.1 "+tt.name, func(t *testing.T) {
			if got, want := utf8.ValidString(tt.text), tt.failAt == 0 && !tt.open; got != want {
				t.Fatalf("the row is wrong: utf8.ValidString = %v", got)
			}
			var single textCheck
			failed := 0
			for i := range len(tt.text) {
				if !single.write([]byte(tt.text[i : i+1])) {
					failed = i + 1
					break
				}
			}
			if failed != tt.failAt {
				t.Errorf("byte by byte it failed at %d, want %d", failed, tt.failAt)
			}
			if failed == 0 && single.done() == tt.open {
				t.Errorf("byte by byte: done = %v", single.done())
			}
			for first := range len(tt.text) + 1 {
				for second := first; second <= len(tt.text); second++ {
					var c textCheck
					ok := c.write([]byte(tt.text[:first])) && c.write([]byte(tt.text[first:second])) && c.write([]byte(tt.text[second:]))
					if ok != (tt.failAt == 0) || ok && c.done() == tt.open {
						t.Errorf("cut at %d and %d: ok = %v, done = %v", first, second, ok, c.done())
					}
				}
			}
		})
	}
}

// Behind every beginning of a character, every byte: it is refused if and only
// if no character begins so.
func TestTextFailsWithTheOffendingByte(t *testing.T) {
	begins, whole := map[string]bool{"": true}, map[string]bool{}
	for r := range rune(utf8.MaxRune + 1) {
		if !utf8.ValidRune(r) {
			continue
		}
		s := string(r)
		whole[s] = true
		for i := 1; i < len(s); i++ {
			begins[s[:i]] = true
		}
	}
	for begun := range begins {
		if len(begun) == 3 && begun[2] != 0x80 && begun[2] != 0xbf {
			continue // the last byte is judged alike behind any third
		}
		for b := range 256 {
			s := begun + string([]byte{byte(b)})
			var c textCheck
			if !c.write([]byte(begun)) {
				t.Fatalf("% x was refused, but characters begin so", begun)
			}
			if got, want := c.write([]byte(s[len(begun):])), begins[s] || whole[s]; got != want {
				t.Fatalf("% x: ok = %v, want %v", s, got, want)
			}
			if begins[s] == c.done() && (begins[s] || whole[s]) {
				t.Fatalf("% x: done = %v", s, c.done())
			}
		}
	}
}

func FuzzUTF8(f *testing.F) {
	for _, tt := range textTable {
		f.Add([]byte(tt.text), uint64(0b10101))
	}
	f.Fuzz(func(t *testing.T, text []byte, cuts uint64) {
		var c textCheck
		ok := true
		for piece := range pieces(text, cuts) {
			if ok = c.write(piece); !ok {
				break
			}
		}
		if got, want := ok && c.done(), utf8.Valid(text); got != want {
			t.Errorf("%q cut by %b: valid = %v, want %v", text, cuts, got, want)
		}
	})
}
