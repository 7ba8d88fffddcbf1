package suite

import (
	"math"
	"reflect"
	"strings"
	"testing"
)

func TestParsePeers(t *testing.T) {
	for _, row := range []struct {
		text string
		want []Subject
	}{
		{"", nil},
		{" ; ", nil},
		{"gws=ws://127.0.0.1:9201,77", []Subject{{Name: "gws", Base: "ws://127.0.0.1:9201", PID: 77, kind: plain}}},
		{"gws=http://127.0.0.1:9201/, 77", []Subject{{Name: "gws", Base: "ws://127.0.0.1:9201", PID: 77, kind: plain}}},
		{"uws=wss://h:1,./uws {cert}", []Subject{{Name: "uws", Base: "wss://h:1", Command: []string{"./uws", "{cert}"}, kind: plain}}},
		{"a=ws://h:1,./a -x 1; b=ws://h:2,./b", []Subject{
			{Name: "a", Base: "ws://h:1", Command: []string{"./a", "-x", "1"}, kind: plain},
			{Name: "b", Base: "ws://h:2", Command: []string{"./b"}, kind: plain},
		}},
	} {
		if got, err := ParsePeers(row.text); err != nil || !reflect.DeepEqual(got, row.want) {
			t.Errorf("%q: %+v, %v", row.text, got, err)
		}
	}
	for _, text := range []string{"gws", "gws=ws://h:1", "=ws://h:1,2", "gws=ws://h:1,", "gws=h,2", "gws=ws://h,2", "gws=ws://h:1/echo,2"} {
		if got, err := ParsePeers(text); err == nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, row := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0}, {[]float64{3}, 3}, {[]float64{5, 1}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 100, 2}, 3},
	} {
		if got := median(row.values); got != row.want {
			t.Errorf("%v: %v, want %v", row.values, got, row.want)
		}
	}
}

func TestDigits(t *testing.T) {
	for _, row := range []struct {
		v    float64
		want string
	}{
		{0, "0"}, {math.NaN(), "0"}, {math.Inf(1), "0"}, {0.31234, "0.312"}, {0.0912, "0.0912"}, {0.00071, "0.0007"}, {5.2849, "5.28"},
		{33.333, "33.3"}, {99.96, "100.0"}, {512.4, "512"}, {1234.5, "1,235"}, {3093568, "3,093,568"}, {-1234, "-1,234"}, {-999, "-999"},
	} {
		if got := digits(row.v); got != row.want {
			t.Errorf("%v: %q, want %q", row.v, got, row.want)
		}
	}
	if a, b := ratio(0.0861), ratio(0.597); a != "0.086" || b != "0.60" {
		t.Errorf("ratios %q, %q", a, b)
	}
}

// The table has the medians, what was not measured is a dash, and lines that
// follow from others are worked out.
func TestTable(t *testing.T) {
	subjects := []Subject{{Name: "wschat", kind: chat}, {Name: "gws", Base: "ws://h:1", kind: plain}, {Name: "floor", kind: echo}, {Name: "uws", Base: "wss://h:2", kind: plain}}
	wanted, err := choose("fan-1000x16|fan-10000x16|private|tls-echo-1000")
	if err != nil {
		t.Fatal(err)
	}
	table := newTable(subjects, wanted)
	put := func(i, j int, values ...float64) {
		for _, v := range values {
			table.samples[i][j] = append(table.samples[i][j], sample{value: v})
		}
	}
	put(0, 0, 0.2, 9, 0.1)
	put(0, 1, 2)
	put(1, 0, 0.3)
	put(2, 0, 8)
	put(2, 3, 10)
	put(3, 0, 4000)
	table.failures = []string{"fan-10000x16, gws: it fell"}
	var out strings.Builder
	if err := table.write(&out, "heading"); err != nil {
		t.Fatal(err)
	}
	want := `heading

| work                                      | unit            | wschat |  gws | floor |  uws | wschat ÷ gws, uws |
|-------------------------------------------|-----------------|-------:|-----:|------:|-----:|------------------:|
| fan-out to 1,000, 16 senders              | µs CPU/delivery |  0.200 | 2.00 |     – |    – |              0.10 |
| fan-out to 10,000, 16 senders             | µs CPU/delivery |  0.300 |    – |     – |    – |                 – |
| TLS: echo, 1,000 connections, 1 in flight | µs CPU/message  |   8.00 |    – |     – | 10.0 |              0.80 |
| private message beside that flood: p99    | µs              |  4,000 |    – |     – |    – |                 – |
| CPU a delivery: 10,000 members ÷ 1,000    | ratio           |   1.50 |    – |     – |    – |                 – |

Missing: fan-10000x16, gws: it fell
`
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}
}

func TestChoose(t *testing.T) {
	if wanted, err := choose(""); err != nil || len(wanted) != len(rows()) {
		t.Errorf("all: %d rows, %v", len(wanted), err)
	}
	for _, pattern := range []string{"echo", "("} {
		if _, err := choose(pattern); err == nil {
			t.Errorf("%q: no error", pattern)
		}
	}
}

// Rows are told apart by their names, and the lines that follow from others name
// rows that exist.
func TestRowsAreConsistent(t *testing.T) {
	names := make(map[string]bool)
	for _, r := range rows() {
		if names[r.name] {
			t.Errorf("two rows are called %s", r.name)
		}
		names[r.name] = true
	}
	for _, x := range ratios {
		if !names[x.of] || !names[x.by] {
			t.Errorf("%s: no row %s or %s", x.title, x.of, x.by)
		}
	}
}

func rowOf(once bool, take func() sample) row {
	return row{once: once, measure: func(*bench, Subject) (sample, error) { return take(), nil }}
}

// A disturbed figure is taken again, and the least disturbed one counts.
func TestUndisturbed(t *testing.T) {
	for _, row := range []struct {
		name   string
		others []float64 // of one try after the other
		once   bool
		secs   float64
		want   float64 // the try that counts, from 1
		taken  int
	}{
		{"quiet", []float64{disturbance}, false, 1, 1, 1},
		{"quiet at the second try", []float64{50, 3}, false, 1, 2, 2},
		{"never quiet", []float64{50, 90, 40, 60}, false, 1, 3, 4},
		{"too long to be taken again", []float64{50}, true, 1, 1, 1},
		{"too short for that", []float64{50}, false, 0.9, 1, 1},
	} {
		taken := 0
		r := rowOf(row.once, func() sample {
			taken++
			return sample{value: float64(taken), others: row.others[taken-1]}
		})
		got, err := (&bench{config: &Config{Secs: row.secs}}).undisturbed(r, Subject{})
		if err != nil || got.value != row.want || taken != row.taken {
			t.Errorf("%s: try %v of %d counts, %v; want %v of %d", row.name, got.value, taken, err, row.want, row.taken)
		}
	}
}

func TestParseFigures(t *testing.T) {
	f, err := parseFigures([]byte(`{"mode":"echo","messages_per_s":12.5,"ok":true}` + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s, err := f.sample("messages_per_s", nil); err != nil || s.value != 12.5 {
		t.Errorf("messages_per_s: %v, %v", s, err)
	}
	if _, err := f.sample("latency_us_p99", nil); err == nil {
		t.Error("a figure that is not there is no error")
	}
	if _, err := parseFigures([]byte("oops")); err == nil {
		t.Error("no JSON is no error")
	}
}
