package files

import (
	"mime"
	"strings"
	"testing"
	"unicode/utf8"
)

// Names are of at most 255 bytes of UTF-8, no paths, and read as they are written.
func TestCleanName(t *testing.T) {
	for name, want := range map[string]string{
		"cat.gif":                "cat.gif",
		"年度报告 2026.pdf":          "年度报告 2026.pdf",
		"👩‍👩‍👧.png":              "👩‍👩‍👧.png",
		"":                       "file",
		"  ":                     "file",
		" a ":                    "a",
		".":                      "_",
		"..":                     "__",
		"../../etc/passwd":       ".._.._etc_passwd",
		`..\..\boot.ini`:         ".._.._boot.ini",
		"a\x00b\nc\x7f\u0085":    "a_b_c__",
		"evil\u202Egpj.exe":      "evil_gpj.exe",
		"a\u2066b\u200fc\ufeffd": "a_b_c_d",
		strings.Repeat("x", 255): strings.Repeat("x", 255),
	} {
		if got, err := CleanName(name); got != want || err != nil {
			t.Errorf("%q: got %q, %v", name, got, err)
		}
	}
	for _, name := range []string{strings.Repeat("x", 256), "\xff", strings.Repeat("猫", 86)} {
		if got, err := CleanName(name); err == nil {
			t.Errorf("%q: got %q", name, got)
		}
	}
}

// Content-Disposition holds any name, for readers old and new (RFC 6266).
func FuzzDisposition(f *testing.F) {
	for _, name := range []string{"cat.gif", `a "b\c" %41;.gif`, "猫.gif", "a\r\nSet-Cookie: x", "it's"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		clean, err := CleanName(name)
		if err != nil {
			return
		}
		if len(clean) > 255 || !utf8.ValidString(clean) || strings.ContainsAny(clean, "/\\\x00\r\n") {
			t.Fatalf("%q becomes %q", name, clean)
		}
		header := disposition("attachment", clean)
		for _, r := range header {
			if r < ' ' || r > '~' {
				t.Fatalf("%q has %q in it", header, r)
			}
		}
		how, params, err := mime.ParseMediaType(header)
		if err != nil || how != "attachment" || params["filename"] != clean {
			t.Fatalf("%s is read as %s, %q, %v; want %q", header, how, params, err, clean)
		}
	})
}
