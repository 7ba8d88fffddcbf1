package suite

import (
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
)

// A chart is well-formed XML. It has a bar for each server that was measured, none longer
// than there is room.
func TestChart(t *testing.T) {
	wanted, err := choose("fan-1000x16|private")
	if err != nil {
		t.Fatal(err)
	}
	table := newTable([]Subject{{Name: "a < b", kind: chat}, {Name: "gws", kind: plain}}, wanted)
	table.samples[0][0] = []sample{{value: 2}}
	table.samples[0][1] = []sample{{value: 8}}
	table.samples[1][0] = []sample{{value: 4000}}
	drawn := string(table.chart())
	var widths []float64
	for decoder := xml.NewDecoder(strings.NewReader(drawn)); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in %s", err, drawn)
		}
		if element, ok := token.(xml.StartElement); ok && element.Name.Local == "rect" && attribute(element, "x") != "" {
			width, err := strconv.ParseFloat(attribute(element, "width"), 64)
			if err != nil {
				t.Error(err)
			}
			widths = append(widths, width)
		}
	}
	if len(widths) != 3 || widths[0] != 170 || widths[1] != 680 || widths[2] != 680 || !strings.Contains(drawn, "a &lt; b") {
		t.Errorf("bars of %v:\n%s", widths, drawn)
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
