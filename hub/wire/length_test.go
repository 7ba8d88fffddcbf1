package wire

import (
	"strings"
	"testing"
	"unicode/utf8"

	"wschat/hub/chat"
)

// jsonLength is that of a text within an event.
func jsonLength(text string) int {
	if text == "" {
		return 0 // no event has an empty text
	}
	event := func(text string) []byte { return JSON{}.Message(&chat.Message{Body: []byte(text)}) }
	return len(event(text)) - len(event("x")) + len("x")
}

// Each character counts as in the longest of its forms, and escapes are the shortest that
// JSON has (RFC 8259 §7).
func TestLength(t *testing.T) {
	for _, row := range []struct {
		text               string
		json, line, length int
	}{
		{"", 0, 0, 0},
		{"hello, 世界 😀<>&", 21, 21, 21},
		{"\n\t", 4, 3, 4},
		{`"\`, 4, 2, 4},
		{"\b\f\r", 6, 9, 9},
		{"\x00\x01\x1b\x1f", 24, 12, 24},
		{"\x7f", 1, 3, 3},
		{"\u0080\u009f", 4, 6, 6},
		{"\u00a0", 2, 2, 2},
		{"\u2027\u2028\u2029\u202a", 18, 12, 18},
		{"\u2066", 3, 3, 3},
		{strings.Repeat("\x01", 1000), 6000, 3000, 6000},
	} {
		if got := jsonLength(row.text); got != row.json {
			t.Errorf("%.20q: %d bytes in JSON, want %d", row.text, got, row.json)
		}
		if got := len(LineText([]byte(row.text))); got != row.line {
			t.Errorf("%.20q: %d bytes at a terminal, want %d", row.text, got, row.line)
		}
		if got := Length([]byte(row.text)); got != row.length {
			t.Errorf("%.20q: length %d, want %d", row.text, got, row.length)
		}
	}
}

// No text takes more than its length, nor much less.
func FuzzLength(f *testing.F) {
	for _, text := range []string{"", "hello\n", "\x00\x7f\r\n", "\u0085\u2028\u202e", "\xc2", "\xe2\x80", "1234567\x1f", "\x7f234567\x00"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		length := Length([]byte(text)) // of no UTF-8, no panic
		if !utf8.ValidString(text) {
			return
		}
		json, line := jsonLength(text), len(LineText([]byte(text)))
		if length < max(json, line) || length > json+2*len(text) {
			t.Fatalf("%q: length %d, but %d in JSON and %d at a terminal", text, length, json, line)
		}
	})
}

// BenchmarkLength is done for each text that is sent.
func BenchmarkLength(b *testing.B) {
	for name, text := range map[string]string{
		"128 bytes":        strings.Repeat("hello, world ", 10)[:128],
		"128 bytes of Han": strings.Repeat("世界", 22)[:126],
		"1 MiB":            strings.Repeat("hello, world ", 1<<20/13),
	} {
		b.Run(name, func(b *testing.B) {
			text := []byte(text)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				Length(text)
			}
		})
	}
}
