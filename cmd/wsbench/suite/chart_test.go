package suite

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
)

// Every value has its place between the ends of the axis, which are powers of ten.
func TestAxis(t *testing.T) {
	for _, row := range []struct {
		name   string
		values []float64
		want   axis
	}{
		{"powers of ten", []float64{0.18, 1, 9}, axis{-1, 1}},
		{"a single value", []float64{3}, axis{0, 1}},
		{"one power of ten", []float64{100}, axis{2, 3}},
		{"no values", nil, axis{0, 1}},
		{"a 0 among powers of ten", []float64{0, 50}, axis{1, 2}},
	} {
		a := newAxis(row.values)
		if a != row.want {
			t.Errorf("%s: %v, want %v", row.name, a, row.want)
		}
		last := 0.0
		for _, v := range row.values {
			if at := a.at(v); !(at >= last && at <= 1) {
				t.Errorf("%s: %v is at %v", row.name, v, at)
			} else {
				last = at
			}
		}
		if ticks := a.ticks(); len(ticks) != int(a.high-a.low)+1 || ticks[0] != math.Pow(10, a.low) {
			t.Errorf("%s: ticks %v", row.name, ticks)
		}
	}
}

// A chart is well-formed XML, has a line for each server, and all points lie
// within the frame.
func TestChart(t *testing.T) {
	c := &chart{title: "a < b", x: "x & y", y: "µs", series: []series{
		{"one", []point{{1, 10}, {2, 1000}}},
		{"two", []point{{1, 5}, {2, 20}, {3, 20000}}},
	}}
	drawn := string(c.svg())
	lines := 0
	decoder := xml.NewDecoder(strings.NewReader(drawn))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in %s", err, drawn)
		}
		element, ok := token.(xml.StartElement)
		if !ok || element.Name.Local != "polyline" {
			continue
		}
		points := attribute(element, "points")
		if n := len(strings.Fields(points)); n != len(c.series[lines].points) {
			t.Errorf("line %d has %d points: %s", lines, n, points)
		}
		lines++
		for pair := range strings.FieldsSeq(points) {
			x, y, _ := strings.Cut(pair, ",")
			if !between(x, left, width-right) || !between(y, top, height-bottom) {
				t.Errorf("a point at %s", pair)
			}
		}
	}
	if lines != 2 || !strings.Contains(drawn, "a &lt; b") {
		t.Errorf("%d lines:\n%s", lines, drawn)
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func between(text string, low, high float64) bool {
	v, err := strconv.ParseFloat(text, 64)
	return err == nil && v >= low && v <= high
}
