package static

import (
	"path"
	"regexp"
	"strings"
)

// lean is a page's file as it is served: without what only readers of the source
// need, which is comments, the space around lines and punctuation, and in JavaScript
// the parentheses around a lone parameter; const is served as let. So the files can
// say what they do, and still weigh little. It asks of them that no text goes over
// several lines, that statements end with a semicolon, that every loop has a body,
// and that a regular expression with a quote in it shares its line with no text.
func lean(name, source string) string {
	squeeze := punctuation[path.Ext(name)]
	var out strings.Builder
	for line := range strings.Lines(source) {
		line = strings.TrimSpace(line)
		if squeeze != nil {
			line = squeeze.ReplaceAllStringFunc(withoutComment(line), trimUnlessText)
		}
		if path.Ext(name) == ".js" {
			line = needless.ReplaceAllStringFunc(line, shorten)
		}
		if line == "" {
			continue
		}
		out.WriteString(line)
		if line != "}" && !strings.ContainsAny(line[len(line)-1:], "{(,;>") { // behind these the end of a line means nothing
			out.WriteByte('\n')
		}
	}
	return squeezed(name, out.String())
}

// squeezed leaves out what a language does not ask for: the semicolon before a brace,
// in CSS all lines, in HTML the quotes around a word or a path.
func squeezed(name, source string) string {
	switch path.Ext(name) {
	case ".js":
		return strings.ReplaceAll(source, ";}", "}")
	case ".css":
		return strings.NewReplacer(";}", "}", "\n", "").Replace(source)
	case ".html":
		return quotedWord.ReplaceAllString(source, "=$1$2")
	}
	return source
}

var quotedWord = regexp.MustCompile(`="([\w/.+-]+)"([ >])`)

// text is what is between quotes, which stays as it is.
const text = `'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|` + "`(?:\\\\.|[^`\\\\])*`"

// punctuation is what needs no space around it, by the kind of file. Plus and minus
// are so only before a word, since two of them are something else.
var punctuation = map[string]*regexp.Regexp{
	".js":  regexp.MustCompile(text + `| ?[][{}()<>=?:,;&|!*]+ ?| [-+/] \w`),
	".css": regexp.MustCompile(text + `| ?[{},;]+ ?|: `),
}

func trimUnlessText(found string) string {
	if strings.ContainsAny(found[:1], "'\"`") {
		return found
	}
	return strings.ReplaceAll(found, " ", "")
}

// needless is what JavaScript can do without: see lean.
var needless = regexp.MustCompile(text + `|\bconst\b|(?:^|[^\w$#])\(\w+\)=>`)

func shorten(found string) string {
	switch {
	case strings.ContainsAny(found[:1], "'\"`"):
		return found
	case found == "const":
		return "let"
	}
	open := strings.LastIndex(found, "(")
	return found[:open] + strings.TrimSuffix(found[open+1:], ")=>") + "=>"
}

// withoutComment cuts a comment off a line. What may be inside of quotes is none.
func withoutComment(line string) string {
	if strings.HasPrefix(line, "//") {
		return ""
	}
	code, _, found := strings.Cut(line, " // ")
	if !found || strings.Count(code, "'")%2+strings.Count(code, `"`)%2+strings.Count(code, "`")%2 > 0 {
		return line
	}
	return strings.TrimSpace(code)
}
