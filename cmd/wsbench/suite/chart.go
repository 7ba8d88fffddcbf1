package suite

import (
	"fmt"
	"html"
	"strings"
)

// colours can be told apart by the colour-blind, and on white and black.
var colours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#999999", "#e69f00"}

// chart draws the rows as an SVG file, with a bar for each server. Each row has a scale
// of its own.
func (t *table) chart() []byte {
	const width, left, longest, line, bar = 900, 110, 680, 22, 16
	out := new(strings.Builder)
	y := line
	for i, r := range t.rows {
		most := 0.0
		for j := range t.subjects {
			v, _ := t.value(i, j, value)
			most = max(most, v)
		}
		if most == 0 {
			continue
		}
		fmt.Fprintf(out, `<text x="10" y="%d" font-weight="bold">%s (%s)</text>`+"\n", y, html.EscapeString(r.title), html.EscapeString(r.unit))
		y += line
		for j, s := range t.subjects {
			v, ok := t.value(i, j, value)
			if !ok {
				continue
			}
			length := longest * max(v, 0) / most
			fmt.Fprintf(out, `<text x="10" y="%d">%s</text><rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/><text x="%.1f" y="%d">%s</text>`+"\n",
				y, html.EscapeString(s.Name), left, y-bar+4, length, bar, colours[j%len(colours)], left+length+6, y, digits(v))
			y += line
		}
		y += line / 2
	}
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13">
<rect width="100%%" height="100%%" fill="#fff"/>
%s</svg>
`, width, y, out)
}
