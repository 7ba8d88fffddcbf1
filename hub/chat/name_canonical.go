package chat

import (
	"cmp"
	_ "embed"
	"slices"
	"strconv"
	"strings"
)

// tables has a line for each class, and one for each mark that composes with letters:
//
//	class NUMBER FIRST-LAST …
//	compose MARK "LETTERS"
//
//go:generate node name_tables.mjs
//go:embed name_tables.txt
var tables string

// classes has the canonical combining classes of marks, numbered from 1 in their order,
// and otherForm and compatibilityForm for what is no letter of names; what is not here is of
// class 0.
// composing has, by a mark, what it composes with, or changes the form of.
var classes, composing = parseTables(tables)

func parseTables(text string) (classes []classRange, composing map[rune]string) {
	composing = make(map[rune]string)
	for line := range strings.Lines(text) {
		switch f := strings.Fields(line); f[0] {
		case "class":
			n := number(f[1], 10)
			for _, r := range f[2:] {
				first, last, _ := strings.Cut(r, "-")
				classes = append(classes, classRange{number(first, 16), number(last, 16), uint8(n)})
			}
		case "compose":
			letters, err := strconv.Unquote(f[2])
			if err != nil {
				panic(err)
			}
			composing[number(f[1], 16)] = letters
		}
	}
	slices.SortFunc(classes, func(a, b classRange) int { return cmp.Compare(a.first, b.first) })
	return classes, composing
}

func number(text string, base int) rune {
	n, err := strconv.ParseInt(text, base, 32)
	if err != nil {
		panic(err)
	}
	return rune(n)
}

// classRange is a range of code points with a canonical combining class.
type classRange struct {
	first, last rune
	class       uint8
}

const (
	// otherForm is the class of what is never in canonical form: a sign or letter that
	// is decomposed, or replaced by another.
	otherForm = 0xff
	// compatibilityForm is the class of other letters in another shape, which are in NFC, but
	// not in NFKC. What Armenian, Thai, Lao and Korean are written with is not among them.
	compatibilityForm = 0xfe
)

// checkForm checks that a name is in the Unicode Normalization Form C (UAX 15) and has
// no compatibility forms, so that it is written in one way only. It knows what addLetter and
// addMark let pass.
func checkForm(name string) error {
	var (
		starter rune  // the last letter or mark of class 0
		last    uint8 // the class of the rune before
	)
	for _, r := range name {
		if '\u3100' <= r && r < '\ua66f' { // ideographs and the like, which nothing composes with
			starter, last = r, 0
			continue
		}
		class := classOf(r)
		switch {
		case class == compatibilityForm:
			return ErrNameCompatibility
		case class == otherForm, class != 0 && class < last:
			return ErrNameForm
		case last == 0 || last < class: // nothing between them blocks it
			if compose(starter, r) {
				return ErrNameForm
			}
		}
		if class == 0 {
			starter = r
		}
		last = class
	}
	return nil
}

func classOf(r rune) uint8 {
	if r < classes[0].first {
		return 0
	}
	i, found := slices.BinarySearchFunc(classes, r, func(c classRange, r rune) int {
		if c.first <= r && r <= c.last {
			return 0
		}
		return cmp.Compare(c.first, r)
	})
	if !found {
		return 0
	}
	return classes[i].class
}

// compose reports whether two runes have another form together.
func compose(a, b rune) bool {
	switch {
	case '\u1161' <= b && b <= '\u1175': // a vowel of Hangul, behind a leading consonant
		return '\u1100' <= a && a <= '\u1112'
	case '\u11a8' <= b && b <= '\u11c2': // a trailing consonant, behind a syllable without one
		return '\uac00' <= a && a <= '\ud7a3' && (a-'\uac00')%28 == 0
	}
	return strings.ContainsRune(composing[b], a)
}
