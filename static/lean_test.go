package static

import "testing"

func TestLean(t *testing.T) {
	for _, row := range []struct{ name, source, want string }{
		{"a.js", "// What it is.\nconst a = 1;\n\n  // why\n  b(); // how\n", "const a = 1;\nb();\n"},
		{"a.js", "go('https://x'); // there\n", "go('https://x');\n"},
		{"a.js", "say('a // b');\nsay(`a // b`);\n", "say('a // b');\nsay(`a // b`);\n"},
		{"a.js", "const r = /[\\w/]+/;\n", "const r = /[\\w/]+/;\n"},
		{"a.css", "a {\n  b: c;\n}\n", "a {\nb: c;\n}\n"},
		{"a.html", "<p>\n  http:// x\n</p>", "<p>\nhttp:// x\n</p>\n"},
	} {
		if got := lean(row.name, row.source); got != row.want {
			t.Errorf("%s: %q became %q, want %q", row.name, row.source, got, row.want)
		}
	}
}
