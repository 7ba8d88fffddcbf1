package search

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"wschat/hub/chat"
)

// reference folds a text rune by rune. Bytes that are not UTF-8 stay as they are.
func reference(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && size == 1 {
			b.WriteByte(text[0])
		} else {
			b.WriteRune(smallest(r))
		}
		text = text[size:]
	}
	return b.String()
}

// referenceIn is the simplest way to say what a search finds.
func referenceIn(words, text string) bool {
	for _, word := range strings.Fields(words) {
		if !strings.Contains(reference(text), reference(word)) {
			return false
		}
	}
	return true
}

// Every rune folds as strings.EqualFold has it.
func TestFoldRunes(t *testing.T) {
	f := folds()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		text := string(r)
		got := string(f.append(nil, []byte(text)))
		if got != string(smallest(r)) || len(got) > len(text) || !strings.EqualFold(got, text) {
			t.Errorf("%U folds to %q", r, got)
		}
	}
}

// PROTOCOL 5.2: "messages that contain all words (anywhere, also inside others), whatever
// their case".
func TestWords(t *testing.T) {
	var s scratch
	for _, row := range []struct {
		words, text string
		want        bool
	}{
		{"invoice may", "The INVOICE of May", true},
		{"invoice may", "maybe no invoices", true},
		{"invoice may", "the invoice of June", false},
		{"may invoice", "invoicemay", true},
		{" \t invoice \n", "INVOICE", true},
		{"a\u3000b", "ba", true}, // any white space
		{"a a aa", "a", false},
		{"AA a", "xaa", true},
		{"é", "É", true},
		{"e\u0301", "E\u0301te", true},
		{"e", "e\u0301", true}, // a mark is a rune of its own
		{"é", "e\u0301", false},
		{"straße", "STRAẞE", true},
		{"strasse", "straße", false}, // simple folding: one rune for one
		{"k", "\u212a", true},        // the Kelvin sign
		{"\u212aelvin", "KELVIN", true},
		{"s", "ſ", true},
		{"ſ", "S", true},
		{"σ", "ς", true},
		{"ΟΔΟΣ", "οδος", true},
		{"i", "İ", false}, // no letter of SimpleFold's orbit of i
		{"I", "ı", false},
		{"привет", "ПРИВЕТ, мир", true},
		{"发票", "五月的发票在这里", true},
		{"票发", "发票", false},
		{"发票 五月", "五月的发票", true},
		{"فاتورة", "هذه فاتورة مايو", true},
		{"كِتاب", "كتاب", false}, // marks count
		{"कि", "किताब", true},
		{"👍", "ok 👍🏽", true},
		{"𐐨", "𐐀", true},
		{"ȺB", "xⱥb", true}, // folds to fewer bytes
		{"b", "\xff\xfeB\xc3", true},
		{"é", "\xc3\xc3\xa9", true},
		{"é", "\xe4\xc3\x89\xb8", true},
		{"中", "\xe4\xb8中", true},
		{"\ufffd", "\xff", false},
		{"x", "", false},
	} {
		w, err := Parse(row.words)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.in([]byte(row.text), &s); got != row.want {
			t.Errorf("%q in %q: %v", row.words, row.text, got)
		}
		if got := referenceIn(row.words, row.text); got != row.want {
			t.Errorf("the reference: %q in %q: %v", row.words, row.text, got)
		}
	}
}

// Nothing is looked for in vain: there are words, but not too many.
func TestParse(t *testing.T) {
	many := strings.Fields(strings.Repeat("x ", MaxWords+1))
	for i := range many {
		many[i] = string(rune('0'+i/10)) + string(rune('0'+i%10))
	}
	for text, want := range map[string]bool{
		"":                                  false,
		" \t\u3000":                         false,
		"x":                                 true,
		strings.Repeat("x", MaxText):        true,
		strings.Repeat("x", MaxText+1):      false,
		strings.Repeat("x ", MaxText/2):     true, // one word
		strings.Join(many, " "):             false,
		strings.Join(many[:MaxWords], " "):  true,
		strings.Join(many, "") + " 31 32 x": true,
	} {
		if w, err := Parse(text); (err == nil) != want || !want && !errors.Is(err, chat.ErrBadField) {
			t.Errorf("%.40q: %v, %v", text, w, err)
		}
	}
}

// A long text is looked at piece by piece, and no word is missed, wherever it is cut.
func TestLongTexts(t *testing.T) {
	var s scratch
	long, mark := strings.Repeat("ß", MaxText/2), "中" // an odd size
	w, err := Parse(long)
	if err != nil {
		t.Fatal(err)
	}
	two, _ := Parse("first LAST")
	for at := stride - 2*MaxText; at < stride+8; at++ {
		text := strings.Repeat("x", at) + strings.Repeat("ẞ", MaxText/2) + strings.Repeat(mark, stride/len(mark))
		if !w.in([]byte(text), &s) {
			t.Fatalf("the long word at %d is missed", at)
		}
		if text := text[:at+3] + "y" + text[at+3:]; w.in([]byte(text), &s) {
			t.Fatalf("the long word at %d is found when it is two", at)
		}
	}
	filler := strings.Repeat(mark, stride)
	for text, want := range map[string]bool{
		"first" + filler + "last": true, "last" + filler + filler + "FIRST": true, filler + "firstlast": true,
		"first" + filler: false, filler + "last": false,
	} {
		if got := two.in([]byte(text), &s); got != want {
			t.Errorf("in %.10q… of %d bytes: %v", text, len(text), got)
		}
	}
	if bytes := []byte(strings.Repeat("\xbf", 3*stride)); two.in(bytes, &s) {
		t.Error("found in bytes that are not UTF-8")
	}
}

func TestWordsAllocateNothing(t *testing.T) {
	var s scratch
	w, _ := Parse("invoice MAY 发票")
	for _, text := range texts {
		if n := testing.AllocsPerRun(100, func() { w.in([]byte(text), &s) }); n != 0 {
			t.Errorf("%.10q…: %v allocations", text, n)
		}
	}
}

func FuzzWords(f *testing.F) {
	for _, seed := range [][2]string{{"k s", "\u212aſ"}, {"é", "\xc3\xc3\xa9"}, {"中 x", "中X"}, {"ß", "\x1e\xe1\xba\x9e"}, {"\xc3", "\xc3\x89"}, {"\xa9", "é"}} {
		f.Add(seed[0], []byte(seed[1]), 0)
		f.Add(seed[0], []byte(seed[1]), stride-1)
	}
	s := new(scratch)
	f.Fuzz(func(t *testing.T, words string, text []byte, before int) {
		if before < 0 || before > 2*stride {
			return
		}
		text = slices.Concat(bytes.Repeat([]byte("x"), before), text)
		w, err := Parse(words)
		if err != nil {
			return
		}
		if got, want := w.in(text, s), referenceIn(words, string(text)); got != want {
			t.Errorf("%q in %q, %d bytes: %v", words, text[before:], len(text), got)
		}
		if got, want := string(w.folding.append(nil, text)), reference(string(text)); got != want {
			t.Errorf("%q folds to %q", text, got)
		}
	})
}

var texts = map[string]string{
	"english": strings.Repeat("The quick brown fox jumps over the lazy dog, and an Invoice is due in June. ", 3),
	"chinese": strings.Repeat("五月的账单在这里,请尽快付款。谢谢!", 6),
	"russian": strings.Repeat("Счёт за Июнь, пожалуйста, оплатите как можно скорее. ", 3),
	"arabic":  strings.Repeat("هذه فاتورة شهر يونيو من فضلك ادفع في أقرب وقت. ", 3),
	"mixed":   strings.Repeat("Zürich → 東京: Übergröße №42, señor! ok 👍 ", 4),
	"long":    strings.Repeat("The quick brown fox jumps over the lazy dog, and an Invoice is due in June. ", 1000),
}

// Texts without the words.
func BenchmarkWords(b *testing.B) {
	w, _ := Parse("invoice maylike")
	var s scratch
	for name, text := range texts {
		b.Run(name, func(b *testing.B) {
			text := []byte(text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				w.in(text, &s)
			}
		})
	}
}
