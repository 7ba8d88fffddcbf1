// Package metric writes the Prometheus text format (version 0.0.4).
package metric

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"strings"

	"wschat/hub/loop"
)

// ContentType is that of a Text.
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// Text is a page of metrics under construction. Names and help are the
// program's own; label values may be anything. Not safe for concurrent use.
type Text struct{ buf bytes.Buffer }

// Bytes is the page so far.
func (t *Text) Bytes() []byte { return t.buf.Bytes() }

// Gauge writes a value that goes up and down.
func (t *Text) Gauge(name, help string, value float64) {
	t.head(name, help, "gauge")
	t.sample(name, "", value)
}

// GaugeBy writes a gauge for each value of one label, in order.
func (t *Text) GaugeBy(name, help, label string, values map[string]int64) {
	t.head(name, help, "gauge")
	samplesBy(t, name, label, values)
}

// Counter writes a value that only grows; its name ends in _total.
func (t *Text) Counter(name, help string, value float64) {
	t.head(name, help, "counter")
	t.sample(name, "", value)
}

// CounterBy writes a counter for each value of one label, in order.
func (t *Text) CounterBy(name, help, label string, values map[string]uint64) {
	t.head(name, help, "counter")
	samplesBy(t, name, label, values)
}

func samplesBy[N int64 | uint64](t *Text, name, label string, values map[string]N) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		t.sample(name, label+"="+quote(key), float64(values[key]))
	}
}

// Histogram writes durations in seconds; its name ends in _seconds.
func (t *Text) Histogram(name, help string, h *loop.Histogram) {
	t.head(name, help, "histogram")
	var sum uint64
	for end, n := range h.Buckets() {
		sum += n
		le := "+Inf"
		if end >= 0 {
			le = strconv.FormatFloat(end.Seconds(), 'g', -1, 64)
		}
		t.sample(name+"_bucket", "le="+quote(le), float64(sum))
	}
	t.sample(name+"_sum", "", h.Sum().Seconds())
	t.sample(name+"_count", "", float64(sum))
}

func (t *Text) head(name, help, kind string) {
	t.buf.WriteString("# HELP " + name + " " + help + "\n# TYPE " + name + " " + kind + "\n")
}

func (t *Text) sample(name, labels string, value float64) {
	t.buf.WriteString(name)
	if labels != "" {
		t.buf.WriteString("{" + labels + "}")
	}
	t.buf.WriteByte(' ')
	t.buf.Write(strconv.AppendFloat(t.buf.AvailableBuffer(), value, 'g', -1, 64))
	t.buf.WriteByte('\n')
}

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// quote writes a label value.
func quote(s string) string { return `"` + escapes.Replace(s) + `"` }
