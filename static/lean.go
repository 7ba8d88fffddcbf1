package static

import "strings"

// lean is a page's file as it is served: without what only readers of the source
// need, which is indentation, empty lines, and comments. Their place is given up
// so that the files can say what they do and still weigh little. It asks of the
// files that no text of theirs goes over several lines.
func lean(name, source string) string {
	var out strings.Builder
	for line := range strings.Lines(source) {
		line = strings.TrimSpace(line)
		if strings.HasSuffix(name, ".js") {
			line = withoutComment(line)
		}
		if line != "" {
			out.WriteString(line + "\n")
		}
	}
	return out.String()
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
