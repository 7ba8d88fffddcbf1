package static

import (
	"bytes"
	"path"
	"regexp"
	"strings"
)

// lean is a page's file as it is served: without what only readers of the source
// need, which is comments and the space around lines and punctuation. So the files
// can say what they do, and still weigh little. It asks of them that no text goes
// over several lines, that statements end with a semicolon and none is empty, and
// that a regular expression with a quote in it shares its line with no text.
func lean(name, source string) string {
	squeeze := punctuation[path.Ext(name)]
	var out []byte
	declared := "" // const or let, if the line before is a whole declaration
	for line := range strings.Lines(source) {
		line = strings.TrimSpace(line)
		if squeeze != nil {
			line = squeeze.ReplaceAllStringFunc(withoutComment(line), trimUnlessText)
			line = arrow.ReplaceAllStringFunc(line, bareArrow)
		}
		if line == "" {
			continue
		}
		before := declared
		declared = ""
		if found := declaration.FindStringSubmatch(line); found != nil {
			declared = found[1]
		}
		switch {
		case line[0] == '}':
			out = bytes.TrimSuffix(out, []byte(";")) // the last statement of a block needs none
		case declared != "" && declared == before: // one declares both
			out[len(out)-1] = ','
			line = line[len(declared):]
		}
		out = append(out, line...)
		if line != "}" && !strings.ContainsAny(line[len(line)-1:], "{(,;>") { // behind these the end of a line means nothing
			out = append(out, '\n')
		}
	}
	return squeezed(name, string(out))
}

// declaration is a whole one on a line of its own.
var declaration = regexp.MustCompile(`^(const |let )[^;]+;$`)

// squeezed leaves out what a language does not ask for: in CSS the semicolon of the
// last declaration and all lines, in HTML the quotes around a word.
func squeezed(name, source string) string {
	switch path.Ext(name) {
	case ".css":
		return strings.NewReplacer(";}", "}", "\n", "").Replace(source)
	case ".html":
		return quotedWord.ReplaceAllString(source, "=$1$2")
	}
	return source
}

var quotedWord = regexp.MustCompile(`="([\w-]+)"([ >])`)

// text is what is between quotes, which stays as it is.
const text = `'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|` + "`(?:\\\\.|[^`\\\\])*`"

// punctuation is what needs no space around it, by the kind of file. Plus and minus
// are so only before a word, since two of them are something else. In a script a text
// needs none before it.
var punctuation = map[string]*regexp.Regexp{
	".js":  regexp.MustCompile(` ?(?:` + text + `)| ?[][{}()<>=?:,;&|!*]+ ?| [-+/] \w`),
	".css": regexp.MustCompile(text + `| ?[{},;]+ ?|: `),
}

func trimUnlessText(found string) string {
	switch {
	case isText(found):
		return found
	case isText(found[1:]):
		return found[1:]
	}
	return strings.ReplaceAll(found, " ", "")
}

// arrow is a function of one parameter, which needs no parentheses.
var arrow = regexp.MustCompile(text + `|[(,=?:]\(\w+\)=>`)

func bareArrow(found string) string {
	if isText(found) {
		return found
	}
	return found[:1] + found[2:len(found)-3] + "=>"
}

func isText(s string) bool { return s != "" && strings.Contains("'\"`", s[:1]) }

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
