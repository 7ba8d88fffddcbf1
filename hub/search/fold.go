package search

import (
	"encoding/binary"
	"sync"
	"unicode"
	"unicode/utf8"
)

// folding maps the cases of letters to one of them: the smallest rune of the orbit of
// unicode.SimpleFold. So two texts fold to the same if strings.EqualFold holds. Nothing is
// normalized: é as one rune is not e with a mark.
type folding struct {
	pages [][]rune    // by rune / pageRunes: what its runes fold to; nil: themselves
	lead  [256]bool   // bytes that may begin a rune, not of ASCII, that folds to another one
	ascii [0x80]uint8 // what those runes fold to
}

const pageRunes = 64

// folds returns the folding. It takes a millisecond to make.
var folds = sync.OnceValue(newFolding)

func newFolding() *folding {
	f := &folding{pages: make([][]rune, unicode.MaxRune/pageRunes+1)}
	for c := range f.ascii {
		f.ascii[c] = uint8(smallest(rune(c)))
	}
	for _, cases := range unicode.CaseRanges { // all runes that have cases
		for r := max(rune(cases.Lo), utf8.RuneSelf); r <= rune(cases.Hi); r++ {
			if to := smallest(r); to != r {
				f.set(r, to)
			}
		}
	}
	return f
}

// smallest returns the smallest rune of r's orbit.
func smallest(r rune) rune {
	least := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		least = min(least, other)
	}
	return least
}

func (f *folding) set(r, to rune) {
	page := &f.pages[r/pageRunes]
	if *page == nil {
		*page = make([]rune, pageRunes)
		for i := range *page {
			(*page)[i] = r/pageRunes*pageRunes + rune(i)
		}
	}
	(*page)[r%pageRunes] = to
	var utf [utf8.UTFMax]byte
	utf8.EncodeRune(utf[:], r)
	f.lead[utf[0]] = true
}

// append appends the folded text to dst. It becomes no longer by that. Bytes that are not
// UTF-8 stay as they are.
func (f *folding) append(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c < utf8.RuneSelf:
			n := len(dst)
			dst = appendASCII(dst, text[i:])
			if i += len(dst) - n; len(dst) == n {
				dst = append(dst, f.ascii[c])
				i++
			}
		case !f.lead[c]: // a byte of a rune without cases, or of none
			start := i
			for i++; i < len(text) && text[i] >= utf8.RuneSelf && !f.lead[text[i]]; i++ {
			}
			dst = append(dst, text[start:i]...)
		case c < 0xe0 && i+1 < len(text) && text[i+1]&0xc0 == 0x80: // two bytes, as in most scripts with cases
			r := rune(c&0x1f)<<6 | rune(text[i+1]&0x3f)
			if page := f.pages[r/pageRunes]; page != nil {
				r = page[r%pageRunes]
			}
			dst = utf8.AppendRune(dst, r)
			i += 2
		default:
			r, size := utf8.DecodeRune(text[i:])
			page := f.pages[r/pageRunes]
			if page == nil || size == 1 {
				dst = append(dst, text[i:i+size]...)
			} else {
				dst = utf8.AppendRune(dst, page[r%pageRunes])
			}
			i += size
		}
	}
	return dst
}

// appendASCII appends the folded ASCII that text begins with, eight bytes at a time, as far
// as that goes.
func appendASCII(dst, text []byte) []byte {
	const ones = 0x0101010101010101
	for len(text) >= 8 {
		w := binary.LittleEndian.Uint64(text)
		if w&(0x80*ones) != 0 {
			break
		}
		// In each byte, the highest bit says whether it is from a to z.
		small := (w + (0x80-'a')*ones) &^ (w + (0x7f-'z')*ones) & (0x80 * ones)
		dst = binary.LittleEndian.AppendUint64(dst, w&^(small>>2)) // a and A differ in 0x20
		text = text[8:]
	}
	return dst
}
