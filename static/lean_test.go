package static

import "testing"

func TestLean(t *testing.T) {
	for _, row := range []struct{ name, source, want string }{
		{"a.js", "// What it is.\nconst a = 1;\n\n  // why\n  b(); // how\n", "const a=1;\nb();\n"},
		{"a.js", "go('https://x'); // there\n", "go('https://x');\n"},
		{"a.js", "say('a // b', \"c = d\");\nsay(`a // ${b , c}`);\n", "say('a // b',\"c = d\");\nsay(`a // ${b , c}`);\n"},
		{"a.js", "say('it\\'s = 1', x);\n", "say('it\\'s = 1',x);\n"},
		{"a.js", "const r = /[\\w/]+/;\n", "const r=/[\\w/]+/;\n"},
		{"a.js", "import { a } from './b.js';\nreturn a + +b - -c;\n", "import{a}from './b.js';\nreturn a + +b - -c;\n"},
		{"a.js", "for (const [a, b] of c) if (!a && b >= 1) d = (e) => ({ f: e ?? [g] });\n", "for(const[a,b]of c)if(!a&&b>=1)d=(e)=>({f:e??[g]});\n"},
		{"a.css", "a, b :hover {\n  c: d e;\n  content: \"; f\";\n}\n@media (min-width: 1px) {\n}\n", "a,b :hover{\nc:d e;\ncontent:\"; f\";\n}\n@media (min-width:1px){\n}\n"},
		{"a.html", "<p>\n  http:// x\n</p>", "<p>\nhttp:// x\n</p>\n"},
	} {
		if got := lean(row.name, row.source); got != row.want {
			t.Errorf("%s: %q became %q, want %q", row.name, row.source, got, row.want)
		}
	}
}
