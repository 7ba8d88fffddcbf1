package static

import "testing"

func TestLean(t *testing.T) {
	for _, row := range []struct{ name, source, want string }{
		{"a.js", "// What it is.\nconst a = 1;\n\n  // why\n  b(); // how\n", "let a=1;b();"},
		{"a.js", "go('https://x'); // there\n", "go('https://x');"},
		{"a.js", "say('a // b', \"c = d\");\nsay(`a // ${b , c}`);\n", "say('a // b',\"c = d\");say(`a // ${b , c}`);"},
		{"a.js", "say('it\\'s = 1', x);\n", "say('it\\'s = 1',x);"},
		{"a.js", "const r = /[\\w/]+/;\n", "let r=/[\\w/]+/;"},
		{"a.js", "import { a } from './b.js';\nreturn a + +b - -c + d / e;\n", "import{a}from './b.js';return a + +b - -c+d/e;"},
		{"a.js", "for (const [a, b] of c) if (!a && b >= 1) d = (e) => ({ f: e ?? [g] });\n", "for(let[a,b]of c)if(!a&&b>=1)d=e=>({f:e??[g]});"},
		{"a.js", "function a() {\n  b()\n}\n\nexport class C {\n  d = {};\n  e() {\n  }\n  f() {}\n}\n", "function a(){b()\n}export class C{d={};e(){}f(){}\n}"},
		{"a.js", "a.map((b) => c(async (d) => e, (f) => '(g)=>const'));\nif (h) {\n  constant();\n}\n", "a.map(b=>c(async(d)=>e,f=>'(g)=>const'));if(h){constant()}"},
		{"a.css", "a, b :hover {\n  c: d e;\n  content: \"; f\";\n}\n@media (min-width: 1px) {\n}\n", "a,b :hover{c:d e;content:\"; f\"}@media (min-width:1px){}"},
		{"a.html", "<p class=\"b\" title=\"c d\" lang=\"e-f\">\n  http:// x\n</p>", "<p class=b title=\"c d\" lang=e-f>http:// x\n</p>"},
	} {
		if got := lean(row.name, row.source); got != row.want {
			t.Errorf("%s: %q became %q, want %q", row.name, row.source, got, row.want)
		}
	}
}
