package chat

import (
	"maps"
	"slices"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many marks may follow a letter.
const maxMarks = 3

// checkLetters checks what a name is made of, whatever it means: letters and
// digits of one script (or some that are written together), in canonical form,
// each letter with the marks that its script needs, and _ - . @.
func checkLetters(s string) error {
	for i := range len(s) {
		switch {
		case s[i] >= utf8.RuneSelf:
			return checkUnicode(s)
		case !isPlain(s[i]):
			return ErrNameLetter
		}
	}
	if s == "" {
		return ErrNameEmpty
	}
	return nil
}

// isPlain reports whether an ASCII character may be in a name, anywhere.
func isPlain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '_' || c == '-' || c == '.' || c == '@'
}

func checkUnicode(s string) error {
	var n letters
	for _, r := range s {
		if err := n.add(r); err != nil {
			return err
		}
	}
	return checkForm(s)
}

// letters is what a name has had so far.
type letters struct {
	scripts         scriptSet
	base            *unicode.RangeTable // script of the letter that marks may follow, nil if none may
	marks           int                 // since that letter
	lowest, highest rune                // of the digits
}

func (n *letters) add(r rune) error {
	switch {
	case r == utf8.RuneError: // never a letter, and what bytes that are no UTF-8 read as
		return ErrNameLetter
	case unicode.IsLetter(r):
		return n.addLetter(r)
	case unicode.IsMark(r):
		return n.addMark(r)
	case unicode.IsDigit(r):
		n.base = nil
		return n.addDigit(r)
	case r < utf8.RuneSelf && isPlain(byte(r)):
		n.base = nil
		return nil
	}
	return ErrNameLetter
}

func (n *letters) addLetter(r rune) error {
	script := scriptOf(r, n.base)
	n.base, n.marks = script, 0
	switch {
	case script == unicode.Han && n.scripts.add(script): // none is invisible or a presentation form
		return nil
	case isInvisible(r):
		return ErrNameLetter
	case unicode.Is(presentation, r):
		return presentationError(r)
	case script == nil:
		return n.addCommon(r)
	case !n.scripts.add(script):
		return ErrNameScript
	}
	return nil
}

// addCommon takes a letter of the script Common. A few belong to others all the same
// (UAX 24, Script_Extensions), and spacing modifiers such as the apostrophe of
// Hawaiian and Ukrainian go with any. None takes marks.
func (n *letters) addCommon(r rune) error {
	var script *unicode.RangeTable
	switch {
	case '\u02b9' <= r && r <= '\u02ee':
		return nil
	case r == '\u3006':
		script = unicode.Han
	case r == '\u30fc', '\u3031' <= r && r <= '\u3035', r == '\u303c':
		script = unicode.Katakana
	case r == '\u0640':
		script = unicode.Arabic
	default:
		return ErrNameLetter
	}
	if !n.scripts.add(script) {
		return ErrNameScript
	}
	return nil
}

// addMark takes a mark behind a letter, of the letter's script or of none.
func (n *letters) addMark(r rune) error {
	n.marks++
	switch {
	case !unicode.In(r, unicode.Mn, unicode.Mc), isInvisible(r):
		return ErrNameLetter
	case unicode.Is(presentation, r):
		return presentationError(r)
	case n.base == nil, slices.Contains(unmarked[:], n.base), n.marks > maxMarks:
		return ErrNameMark
	case n.base == unicode.Latin:
		if r != '\u0300' && r != '\u0301' && r != '\u0304' && r != '\u0323' {
			return ErrNameMark
		}
	case !unicode.Is(n.base, r) && !unicode.Is(unicode.Inherited, r):
		return ErrNameMark
	}
	return nil
}

// addDigit takes the digits of ASCII beside all letters, others beside those of
// their script, and those of one decimal system only, which are ten in a row.
func (n *letters) addDigit(r rune) error {
	if n.lowest == 0 {
		n.lowest, n.highest = r, r
	}
	n.lowest, n.highest = min(n.lowest, r), max(n.highest, r)
	if n.highest-n.lowest > 9 {
		return ErrNameScript
	}
	if r < utf8.RuneSelf {
		return nil
	}
	script := scriptOf(r, nil)
	switch {
	case unicode.Is(presentation, r):
		return presentationError(r)
	case script == nil || !n.scripts.add(script):
		return ErrNameScript
	}
	return nil
}

// scriptSet has the scripts of a name. Those that are written beside Han or Latin
// have bits of their own; any other is alone.
type scriptSet struct {
	beside scriptBits
	alone  *unicode.RangeTable
}

type scriptBits uint8

const (
	latin scriptBits = 1 << iota
	han
	kana
	hangul
	bopomofo
)

// add reports whether a script may stand beside those that are there ("highly
// restrictive", UTS 39 §5.2).
func (s *scriptSet) add(script *unicode.RangeTable) bool {
	switch script {
	case unicode.Latin:
		s.beside |= latin
	case unicode.Han:
		s.beside |= han
	case unicode.Hiragana, unicode.Katakana:
		s.beside |= kana
	case unicode.Hangul:
		s.beside |= hangul
	case unicode.Bopomofo:
		s.beside |= bopomofo
	default:
		if s.alone == nil {
			s.alone = script
		}
		return s.alone == script && s.beside == 0
	}
	switch s.beside &^ (latin | han) {
	case 0, kana, hangul, bopomofo:
		return s.alone == nil
	}
	return false
}

// scriptOf returns the script of a letter or digit, nil for Common. The guess, if
// there is one, is tried first.
func scriptOf(r rune, guess *unicode.RangeTable) *unicode.RangeTable {
	if guess != nil && unicode.Is(guess, r) {
		return guess
	}
	for _, script := range scripts {
		if unicode.Is(script, r) {
			return script
		}
	}
	return nil
}

// scripts has all scripts, what most people write first.
var scripts = func() []*unicode.RangeTable {
	list := []*unicode.RangeTable{
		unicode.Latin, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
		unicode.Cyrillic, unicode.Arabic, unicode.Devanagari, unicode.Bengali, unicode.Greek,
		unicode.Thai, unicode.Hebrew, unicode.Tamil, unicode.Telugu, unicode.Myanmar,
	}
	for _, name := range slices.Sorted(maps.Keys(unicode.Scripts)) {
		if script := unicode.Scripts[name]; name != "Common" && name != "Inherited" && !slices.Contains(list, script) {
			list = append(list, script)
		}
	}
	return list
}()

// unmarked has the scripts whose letters take no marks, since all that is written
// with them has characters of its own. Latin takes four.
var unmarked = [...]*unicode.RangeTable{
	unicode.Greek, unicode.Cyrillic, unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana,
}

// isInvisible finds letters and marks that are not shown: fillers, and what
// selects a variant.
func isInvisible(r rune) bool {
	return unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

func presentationError(r rune) error {
	if classOf(r) == otherForm { // as the Kelvin sign is
		return ErrNameForm
	}
	return ErrNameCompatibility
}

// presentation has the blocks of letters and digits that are others in another shape
// (wide, narrow, mathematical, ligatures), and look like them.
var presentation = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x00b5, Hi: 0x00b5, Stride: 1}, // the micro sign
		{Lo: 0x2100, Hi: 0x214f, Stride: 1}, // letterlike symbols
		{Lo: 0xfb00, Hi: 0xffef, Stride: 1}, // presentation forms, half-width and full-width forms
	},
	R32: []unicode.Range32{
		{Lo: 0x1ccf0, Hi: 0x1d7ff, Stride: 1}, // outlined and mathematical
		{Lo: 0x1ee00, Hi: 0x1fbf9, Stride: 1}, // mathematical, Arabic; segmented
	},
	LatinOffset: 1,
}
