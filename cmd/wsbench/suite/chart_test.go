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

// Every value has its place between the ends of the axis, and ticks stand in
// order.
func TestAxes(t *testing.T) {
	for _, row := range []struct {
		name   string
		axis   *axis
		values []float64
		ticks  int
	}{
		{"from 0", newAxis([]float64{1000, 10000}, false), []float64{0, 1000, 10000}, 11},
		{"a single value", newAxis([]float64{3}, false), []float64{3}, 7},
		{"nothing but 0", newAxis([]float64{0}, false), []float64{0}, 2},
		{"powers of ten", newAxis([]float64{0.18, 9}, true), []float64{0.18, 1, 9}, 3},
		{"one power of ten", newAxis([]float64{100}, true), []float64{100}, 2},
		{"no values", newAxis(nil, true), []float64{5}, 2},
		{"a 0 among powers of ten", newAxis([]float64{0, 50}, true), []float64{0, 50}, 2},
		{"percentiles", ninesAxis(), []float64{0, 0.5, 0.99, 0.9999, 1}, 6},
	} {
		last := math.Inf(-1)
		for _, v := range row.values {
			at := row.axis.at(v)
			if !(at >= -1e-9 && at <= 1+1e-9) || at < last {
				t.Errorf("%s: %v is at %v", row.name, v, at)
			}
			last = at
		}
		last = math.Inf(-1)
		for _, v := range row.axis.ticks {
			if at := row.axis.at(v); !(at >= -1e-9 && at <= 1+1e-9) || at <= last {
				t.Errorf("%s: tick %v is at %v, behind one at %v", row.name, v, at, last)
			} else {
				last = at
			}
		}
		if len(row.axis.ticks) != row.ticks {
			t.Errorf("%s: ticks %v, want %d", row.name, row.axis.ticks, row.ticks)
		}
	}
}

// A chart is well-formed XML, has a line for each server, and all points lie
// within the frame.
func TestChart(t *testing.T) {
	c := &chart{title: "a < b", x: "x & y", y: "µs", logY: true, series: []series{
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
