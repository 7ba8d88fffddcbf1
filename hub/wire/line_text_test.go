package wire

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"wschat/hub/chat"
)

// PROTOCOL 3, what a text looks like at a terminal.
func TestLineText(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"plain", "hello, 世界 😀 “…” £", "hello, 世界 😀 “…” £"},
		{"empty", "", ""},
		{"TAB", "a\tb", "a\tb"},
		{"LF", "a\n用户(B=>A):b", "a\n\t用户(B=>A):b"},
		{"CR LF", "a\r\nb", "a\r\n\tb"},
		{"several", "a\n\nb\r\n\r\n", "a\n\t\n\tb\r\n\t\r\n\t"},
		{"LF and TAB", "a\n\tb", "a\n\t\tb"},
		{"a lone CR", "a\rb", "a\uFFFDb"},
		{"CR at the end", "a\r", "a\uFFFD"},
		{"CR CR LF", "\r\r\n", "\uFFFD\r\n\t"},
		{"LF CR", "\n\r", "\n\t\uFFFD"},
		{"C0", "\x00\x07\x08\x0b\x0c\x0e\x1b[2J\x1f ", strings.Repeat("\uFFFD", 7) + "[2J\uFFFD "},
		{"DEL", "~\x7f\u00a0", "~\uFFFD\u00a0"},
		{"C1", "\u0080\u0085\u009b2J\u009f", "\uFFFD\uFFFD\uFFFD2J\uFFFD"},
		{"bidi", "\u2029\u202a\u202e\u202f \u2065\u2066\u2069\u206a", "\u2029\uFFFD\uFFFD\u202f \u2065\uFFFD\uFFFD\u206a"},
		{"each of them", "\u202b\u202c\u202d\u2067\u2068", strings.Repeat("\uFFFD", 5)},
		{"no bidi controls", "\u200e\u200f\u061c\ufeff", "\u200e\u200f\u061c\ufeff"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := string(LineText([]byte(row.text))); got != row.want {
				t.Errorf("%q reads %q, want %q", row.text, got, row.want)
			}
		})
	}
}

// A sentence that repeats what the client sent goes the same way.
func TestLineFailedIsAText(t *testing.T) {
	if got := string(Line{}.Failed("", chat.ErrNotMember.About("groupX\n\x1b"))); got != "错误:你不在 groupX\n\t\uFFFD 中" {
		t.Errorf("got %q", got)
	}
}

// A text without control characters, as almost all are, is neither copied nor allocated.
func TestLineTextCopiesNothing(t *testing.T) {
	text := []byte(strings.Repeat("hello\t世界 “…” £ ", 100))
	var got []byte
	if allocs := testing.AllocsPerRun(100, func() { got = LineText(text) }); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
	if &got[0] != &text[0] || len(got) != len(text) {
		t.Error("the text has been copied")
	}
}

// The rule once more, as a regular expression.
var (
	lineEnd = regexp.MustCompile("\r?\n")
	control = regexp.MustCompile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\u009f\u202a-\u202e\u2066-\u2069]")
)

func FuzzLineText(f *testing.F) {
	for _, text := range []string{"", "hello", "a\nb\r\nc\rd\r", "\x1b[2J\x7f", "\u009b\u202e\u2066", "世界 “…” £", "\xc2", "\xe2\x80"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got := LineText(text) // of no UTF-8, no panic
		if !utf8.Valid(text) {
			return
		}
		var want []byte
		for i, line := range lineEnd.Split(string(text), -1) {
			if i > 0 {
				want = append(append(want, lineEnd.FindAll(text, -1)[i-1]...), '\t')
			}
			want = append(want, control.ReplaceAllString(line, "\uFFFD")...)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("%q reads %q, want %q", text, got, want)
		}
	})
}

func BenchmarkLineText(b *testing.B) {
	for name, text := range map[string]string{
		"128 bytes":        strings.Repeat("hello, world ", 10)[:128],
		"128 bytes of Han": strings.Repeat("世界", 22)[:126],
		"1 MiB":            strings.Repeat("hello, world ", 1<<20/13),
		"1 MiB of lines":   strings.Repeat("hello, world\n", 1<<20/13),
		"1 MiB of DEL":     strings.Repeat("\x7f", 1<<20),
	} {
		b.Run(name, func(b *testing.B) {
			text := []byte(text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				LineText(text)
			}
		})
	}
}
