package suite

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// table is what has been measured until now.
type table struct {
	subjects []Subject
	rows     []row
	samples  [][][]sample // by row, subject, round
	failures []string
}

func newTable(subjects []Subject, rows []row) *table {
	t := &table{subjects: subjects, rows: rows, samples: make([][][]sample, len(rows))}
	for i := range t.samples {
		t.samples[i] = make([][]sample, len(subjects))
	}
	return t
}

// value is the median of row i for subject j; ok is false if there is none.
func (t *table) value(i, j int, of func(sample) float64) (v float64, ok bool) {
	var values []float64
	for _, s := range t.samples[i][j] {
		values = append(values, of(s))
	}
	return median(values), len(values) > 0
}

func value(s sample) float64  { return s.value }
func others(s sample) float64 { return s.others }

// most is the greatest median of all rows and subjects.
func (t *table) most(of func(sample) float64) (most float64) {
	for i := range t.rows {
		for j := range t.subjects {
			v, _ := t.value(i, j, of)
			most = max(most, v)
		}
	}
	return most
}

// none stands where nothing was measured.
const none = "–"

// lines are the cells of the table, with its header.
func (t *table) lines() [][]string {
	header := []string{"work", "unit"}
	for _, s := range t.subjects {
		header = append(header, s.Name)
	}
	var peers []string
	for _, secure := range []bool{false, true} {
		if peer := t.peer(secure); peer > 0 {
			peers = append(peers, t.subjects[peer].Name)
		}
	}
	if len(peers) > 0 {
		header = append(header, t.subjects[0].Name+" ÷ "+strings.Join(peers, ", "))
	}
	lines := [][]string{header}
	for i, r := range t.rows {
		line := []string{r.title, r.unit}
		for j := range t.subjects {
			line = append(line, cell(digits)(t.value(i, j, value)))
		}
		if len(peers) > 0 {
			a, ok := t.value(i, 0, value)
			peer := t.peer(r.tls)
			b, ok2 := t.value(i, peer, value)
			line = append(line, cell(ratio)(a/b, peer > 0 && ok && ok2 && b != 0))
		}
		lines = append(lines, line)
	}
	return append(lines, t.ratioLines(len(header))...)
}

// peer is the first server that wschat is compared with in rows over TLS, or in the
// others; 0: there is none.
func (t *table) peer(secure bool) int {
	for j, s := range t.subjects {
		if s.kind == plain && s.isTLS() == secure {
			return j
		}
	}
	return 0
}

// ratioLines are the lines that follow from two others.
func (t *table) ratioLines(width int) [][]string {
	index := make(map[string]int)
	for i, r := range t.rows {
		index[r.name] = i
	}
	var lines [][]string
	for _, x := range ratios {
		of, ok := index[x.of]
		by, ok2 := index[x.by]
		if !ok || !ok2 {
			continue
		}
		line := []string{x.title, "ratio"}
		for j := range t.subjects {
			a, ok := t.value(of, j, value)
			b, ok2 := t.value(by, j, value)
			line = append(line, cell(ratio)(a/b, ok && ok2 && b != 0))
		}
		for len(line) < width {
			line = append(line, none)
		}
		lines = append(lines, line)
	}
	return lines
}

// cell formats a value, if there is one.
func cell(format func(float64) string) func(v float64, ok bool) string {
	return func(v float64, ok bool) string {
		if !ok {
			return none
		}
		return format(v)
	}
}

// write writes the table in Markdown, its columns aligned.
func (t *table) write(w io.Writer, heading string) error {
	lines := t.lines()
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, text := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(text))
		}
	}
	out := new(strings.Builder)
	fmt.Fprintf(out, "%s\n\n", heading)
	for n, line := range lines {
		for i, text := range line {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text))
			if i < 2 {
				fmt.Fprintf(out, "| %s%s ", text, pad)
			} else {
				fmt.Fprintf(out, "| %s%s ", pad, text)
			}
		}
		out.WriteString("|\n")
		if n == 0 {
			for i, width := range widths {
				dashes := strings.Repeat("-", width+2)
				if i >= 2 {
					dashes = dashes[1:] + ":"
				}
				out.WriteString("|" + dashes)
			}
			out.WriteString("|\n")
		}
	}
	for _, failure := range t.failures {
		fmt.Fprintf(out, "\nMissing: %s", failure)
	}
	if len(t.failures) > 0 {
		out.WriteString("\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// digits gives v three digits that count.
func digits(v float64) string {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return "0"
	}
	if math.Abs(v) >= 100 {
		return grouped(int64(math.Round(v)))
	}
	decimals := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	return strconv.FormatFloat(v, 'f', min(decimals, 4), 64)
}

// grouped writes n with commas.
func grouped(n int64) string {
	text := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(text) - 3; i > start; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func ratio(v float64) string {
	if math.Abs(v) < 0.1 {
		return strconv.FormatFloat(v, 'f', 3, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}
