package metric

import (
	"strings"
	"testing"
	"time"

	"wschat/hub/loop"
)

func TestText(t *testing.T) {
	var text Text
	text.Gauge("up", "Is it up.", 1)
	text.Counter("seen_total", "What was seen.", 1e6)
	text.CounterBy("closed_total", "By code.", "code", map[string]uint64{"1006": 2, "1000": 1})
	text.CounterBy("odd_total", "Any value.", "value", map[string]uint64{"a\"b\\c\nd": 1})
	want := `# HELP up Is it up.
# TYPE up gauge
up 1
# HELP seen_total What was seen.
# TYPE seen_total counter
seen_total 1e+06
# HELP closed_total By code.
# TYPE closed_total counter
closed_total{code="1000"} 1
closed_total{code="1006"} 2
# HELP odd_total Any value.
# TYPE odd_total counter
odd_total{value="a\"b\\c\nd"} 1
`
	if got := string(text.Bytes()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestHistogram(t *testing.T) {
	var h, more loop.Histogram
	h.Observe(100*time.Microsecond, 1) // a bound belongs to its bucket
	h.Observe(time.Millisecond, 3)
	more.Observe(time.Minute, 1)
	h.Add(&more)
	if h.Count() != 5 {
		t.Errorf("count %d, want 5", h.Count())
	}
	var text Text
	text.Histogram("took_seconds", "How long.", &h)
	for _, line := range []string{
		`took_seconds_bucket{le="0.0001"} 1`,
		`took_seconds_bucket{le="0.0005"} 1`,
		`took_seconds_bucket{le="0.001"} 4`,
		`took_seconds_bucket{le="10"} 4`,
		`took_seconds_bucket{le="+Inf"} 5`,
		`took_seconds_sum 60.0031`,
		`took_seconds_count 5`,
	} {
		if !strings.Contains(string(text.Bytes()), line+"\n") {
			t.Errorf("no line %q in\n%s", line, text.Bytes())
		}
	}
}
