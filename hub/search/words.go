package search

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"wschat/hub/chat"
)

// Bounds on what is searched for.
const (
	MaxText  = 1024 // bytes
	MaxWords = 32   // different ones
)

// Words is what is searched for. It is immutable.
type Words struct {
	folding *folding
	folded  [][]byte // the longest first; none is in another one
}

// errText is the error for a text that has no words, or more than the bounds allow.
var errText = chat.ErrBadField.About(fmt.Sprintf("text to have 1 to %d words, and at most %d bytes", MaxWords, MaxText))

// Parse splits a text into words, at white space. It fails with ErrBadField if there are none, or
// more than the bounds allow.
func Parse(text string) (*Words, error) {
	if len(text) > MaxText {
		return nil, errText
	}
	w := &Words{folding: folds()}
	fields := strings.Fields(text)
	slices.SortStableFunc(fields, func(a, b string) int { return len(b) - len(a) })
	for _, word := range fields {
		folded := w.folding.append(nil, []byte(word))
		if !slices.ContainsFunc(w.folded, func(longer []byte) bool { return bytes.Contains(longer, folded) }) {
			w.folded = append(w.folded, folded)
		}
	}
	if len(w.folded) == 0 || len(w.folded) > MaxWords {
		return nil, errText
	}
	return w, nil
}

// stride is how much of a text is folded at once, in bytes.
const stride = 16 << 10

// scratch is where texts are folded. It can be used for one after the other.
type scratch [MaxText + stride]byte

// in reports whether all words are in a text, anywhere and in any case.
func (w *Words) in(text []byte, s *scratch) bool {
	missing := ^(^uint32(0) << len(w.folded)) // MaxWords bits
	folded := s[:0]
	for {
		n := runeEnd(text, stride)
		folded = w.folding.append(folded, text[:n])
		text = text[n:]
		for i, word := range w.folded {
			if missing&(1<<i) == 0 {
				continue
			}
			if bytes.Contains(folded, word) {
				missing &^= 1 << i
			} else if len(text) == 0 {
				return false
			}
		}
		if missing == 0 || len(text) == 0 {
			return missing == 0
		}
		rest := min(len(folded), MaxText) // a word may go on behind it
		folded = s[:copy(s[:], folded[len(folded)-rest:])]
	}
}

// runeEnd returns most, or up to three bytes less so that no rune is cut, but no more than
// the text has.
func runeEnd(text []byte, most int) int {
	if len(text) <= most {
		return len(text)
	}
	for n := most; n > most-utf8.UTFMax; n-- {
		if utf8.RuneStart(text[n]) {
			return n
		}
	}
	return most
}
