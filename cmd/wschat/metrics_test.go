package main

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"wschat/frame"
	"wschat/handshake"
	"wschat/hub/chat"
)

// samples is a page of metrics: values by name and labels, as they are printed.
type samples map[string]float64

var sampleLine = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"\})? (\S+)$`)

// parseMetrics reads a page as Prometheus does (text format 0.0.4), and checks
// what is asked of names.
func parseMetrics(page string) (samples, error) {
	found := make(samples)
	kinds := make(map[string]string)
	var current string // the metric whose lines these are
	for line := range strings.Lines(page) {
		line, ended := strings.CutSuffix(line, "\n")
		switch words := strings.SplitN(line, " ", 4); {
		case !ended:
			return nil, fmt.Errorf("%q has no line end", line)
		case len(words) == 4 && words[0] == "#" && words[1] == "HELP":
			current = words[2]
			if kinds[current] != "" {
				return nil, fmt.Errorf("%s comes twice", current)
			}
		case len(words) == 4 && words[0] == "#" && words[1] == "TYPE" && words[2] == current:
			kinds[current] = words[3]
		default:
			if err := found.add(line, current, kinds[current]); err != nil {
				return nil, err
			}
		}
	}
	for name, kind := range kinds {
		if strings.HasSuffix(name, "_total") != (kind == "counter") {
			return nil, fmt.Errorf("%s is a %s", name, kind)
		}
		if kind == "histogram" {
			if err := found.checkHistogram(name, page); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

func (s samples) add(line, metric, kind string) error {
	parts := sampleLine.FindStringSubmatch(line)
	if parts == nil {
		return fmt.Errorf("%q is no sample", line)
	}
	name := parts[1]
	if kind == "histogram" {
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			name = strings.TrimSuffix(name, suffix)
		}
	}
	if kind == "" || name != metric {
		return fmt.Errorf("%q has no HELP and TYPE before it", line)
	}
	value, err := strconv.ParseFloat(parts[3], 64)
	if _, twice := s[parts[1]+parts[2]]; err != nil || twice || value < 0 || math.IsNaN(value) {
		return fmt.Errorf("%q: %v", line, err)
	}
	s[parts[1]+parts[2]] = value
	return nil
}

// checkHistogram: buckets are cumulative, and the last one holds all.
func (s samples) checkHistogram(name, page string) error {
	last, end := 0.0, math.Inf(-1)
	for _, found := range regexp.MustCompile(`(?m)^`+name+`_bucket\{le="([^"]+)"\} (\S+)$`).FindAllStringSubmatch(page, -1) {
		le, err := strconv.ParseFloat(found[1], 64)
		count, countErr := strconv.ParseFloat(found[2], 64)
		if err := errors.Join(err, countErr); err != nil || le <= end || count < last {
			return fmt.Errorf("%s: bucket %q of %q after %v of %v: %v", name, found[1], found[2], end, last, err)
		}
		end, last = le, count
	}
	sum, ok := s[name+"_sum"]
	if !math.IsInf(end, 1) || last != s[name+"_count"] || !ok || (sum > 0) != (last > 0) {
		return fmt.Errorf("%s: %v up to %v, but %v in sum and %v in count", name, last, end, sum, s[name+"_count"])
	}
	return nil
}

// scrape asks for the metrics now.
func (r *running) scrape() samples {
	r.t.Helper()
	response, page := r.ask("GET", "/metrics", "")
	if got := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || !strings.HasPrefix(got, "text/plain; version=0.0.4") {
		r.t.Fatalf("got %s, %s", response.Status, got)
	}
	found, err := parseMetrics(page)
	if err != nil {
		r.t.Fatalf("%v in\n%s", err, page)
	}
	return found
}

// wants waits until the metrics are these: some follow when a client already
// knows what they are about.
func (r *running) wants(want samples) {
	r.t.Helper()
	var wrong []string
	for end := time.Now().Add(patience); time.Now().Before(end); {
		wrong = nil
		got := r.scrape()
		for name, value := range want {
			if got[name] != value {
				wrong = append(wrong, fmt.Sprintf("%s is %v, want %v", name, got[name], value))
			}
		}
		if wrong == nil {
			return
		}
	}
	r.t.Errorf("%q", wrong)
}

func TestMetricsOfNothing(t *testing.T) {
	r := runServer(t)
	r.wants(samples{
		"wschat_users": 0, "wschat_groups": 0, "wschat_connections": 0, "wschat_queued_bytes": 0,
		"wschat_connections_opened_total": 0, "wschat_deliveries_total": 0,
		`wschat_messages_received_total{kind="text"}`: 0, `wschat_messages_received_total{kind="binary"}`: 0,
		"wschat_handshake_seconds_count": 0, "wschat_delivery_seconds_count": 0,
	})
	got := r.scrape()
	for _, name := range []string{"go_goroutines", "go_memstats_heap_alloc_bytes", "go_memstats_sys_bytes", "process_cpu_seconds_total"} {
		if got[name] <= 0 {
			t.Errorf("%s is %v", name, got[name])
		}
	}
}

func TestMetricsOfChat(t *testing.T) {
	r := runServer(t, "-presence", "none")
	a, b := r.login("A"), r.login("B")
	const question = 1 // that login asks, and its answer, which is a delivery
	r.wants(samples{
		"wschat_users": 2, "wschat_connections": 2, "wschat_connections_opened_total": 2, "wschat_handshake_seconds_count": 2,
		`wschat_messages_received_total{kind="text"}`: 2 * question,
	})
	before := r.scrape()["wschat_deliveries_total"]
	a.say("all,hello")
	a.hears("用户(A=>A):hello")
	b.hears("用户(A=>B):hello")
	a.say("groupX,hello")
	a.hears("用户(A=>A):hello")
	if err := b.Send(frame.Binary, []byte("A,\x00\xff")); err != nil {
		t.Fatal(err)
	}
	if m, err := a.Next(); err != nil || m.Opcode != frame.Binary {
		t.Fatalf("got %v, %v", m.Opcode, err)
	}
	r.wants(samples{
		`wschat_bound_used{bound="memberships"}`: 1,
		"wschat_groups":                          1, "wschat_deliveries_total": before + 4, "wschat_queued_bytes": 0,
		`wschat_messages_received_total{kind="text"}`: 2*question + 2, `wschat_messages_received_total{kind="binary"}`: 1,
	})
	a.leave()
	b.conn.Close()
	r.wants(samples{
		"wschat_users": 0, "wschat_groups": 1, "wschat_connections": 0, "wschat_connections_opened_total": 2,
		`wschat_connections_closed_total{code="1000"}`: 1, `wschat_connections_closed_total{code="1006"}`: 1,
	})
	if got := r.scrape(); got["wschat_delivery_seconds_count"] < 4 || got["wschat_read_bytes_total"] < 50 || got["wschat_written_bytes_total"] < 300 {
		t.Errorf("got %v", got)
	}
}

// Why connections end, and what they did wrong.
func TestMetricsOfDrops(t *testing.T) {
	r := runServer(t, "-presence", "none", "-max-message", "100")
	bad := func(name string, code frame.CloseCode, send []byte) {
		u := r.login(name)
		if err := u.Raw(send); err != nil {
			t.Fatal(err)
		}
		u.closedWith(code)
		u.conn.Close()
	}
	unmasked := frame.AppendFrame(nil, frame.Text, []byte("x"))
	bad("A", frame.ProtocolError, unmasked)
	bad("B", frame.ProtocolError, unmasked)
	bad("C", frame.ProtocolError, frame.AppendMaskedFrame(nil, 3, [4]byte{}, nil))
	bad("D", frame.InvalidPayload, frame.AppendMaskedFrame(nil, frame.Text, [4]byte{}, []byte("\xff")))
	bad("E", frame.MessageTooBig, frame.AppendMaskedFrame(nil, frame.Text, [4]byte{}, make([]byte, 101)))
	r.login("F")
	r.asks("POST", "/api/kick", `{"user":"F"}`, `{"connections":1}`)
	// What clients make up is one series, however much they make up.
	for i, code := range []frame.CloseCode{3000, 3456, 4999} {
		u := r.login("G" + strconv.Itoa(i))
		if err := u.Close(code, ""); err != nil {
			t.Fatal(err)
		}
		u.closedWith(code)
		u.conn.Close()
	}
	r.wants(samples{
		`wschat_connections_closed_total{code="1002"}`: 3, `wschat_connections_closed_total{code="1007"}`: 1,
		`wschat_connections_closed_total{code="1009"}`: 1, `wschat_connections_closed_total{code="1008"}`: 1,
		`wschat_connections_closed_total{code="other"}`: 3, `wschat_connections_closed_total{code="3000"}`: 0,
		`wschat_frames_malformed_total{kind="not_masked"}`: 2, `wschat_frames_malformed_total{kind="reserved_opcode"}`: 1,
		`wschat_frames_malformed_total{kind="invalid_utf8"}`: 1, `wschat_frames_malformed_total{kind="message_too_big"}`: 1,
	})
}

// Who is in too many groups is refused the next one, and the metrics say so.
func TestMetricsOfRefusedJoins(t *testing.T) {
	r := runServer(t, "-rate", "0")
	a := r.login("A")
	for i := range chat.MaxGroups + 1 {
		a.say(fmt.Sprint("join,group", i))
	}
	for i := range chat.MaxGroups {
		a.hears(fmt.Sprint("系统:已加入 group", i))
	}
	a.hears("错误:最多同时在 1000 个群组中")
	r.wants(samples{
		`wschat_bound_used{bound="memberships"}`: chat.MaxGroups, `wschat_bound_refused_total{bound="memberships"}`: 1,
	})
}

// Who reads too slowly is gone with 4100, and the metrics say so.
func TestMetricsOfASlowReader(t *testing.T) {
	r := runServer(t, "-queue", "100000", "-rate", "0")
	a, slow := r.login("A"), r.login("S")
	a.hears("用户(S)登录了")
	body := strings.Repeat("x", 50_000)
	for range (64 << 20) / len(body) { // the system keeps some megabytes at most
		a.say("S," + body)
		if r.scrape()[`wschat_connections_closed_total{code="4100"}`] > 0 {
			break
		}
	}
	a.hears("用户(S)退出了")
	r.wants(samples{"wschat_users": 1, `wschat_connections_closed_total{code="4100"}`: 1})
	slow.closedWith(frame.TooSlow)
}

// PROTOCOL 1: what is refused, by reason.
func TestMetricsOfRefusals(t *testing.T) {
	r := runServer(t, "-max-conns", "1")
	refused := func(target string, status int, fields ...handshake.Field) {
		d := handshake.Dialer{Header: fields}
		_, _, err := d.Dial(t.Context(), "ws://"+r.addr+target)
		var e *handshake.StatusError
		if !errors.As(err, &e) || e.Status != status {
			t.Errorf("%s: got %v, want %d", target, err, status)
		}
	}
	refused("/socket?userId=all", 400)
	refused("/socket?userId=who", 400)
	refused("/socket", 403, handshake.Field{Name: "Origin", Value: "https://evil.example"})
	refused("/nope", 404) // is the page's business
	a := r.login("A")
	refused("/socket", 503)
	a.leave()
	r.wants(samples{
		`wschat_handshakes_refused_total{reason="name"}`: 2, `wschat_handshakes_refused_total{reason="origin"}`: 1,
		`wschat_handshakes_refused_total{reason="full"}`: 1, `wschat_handshakes_refused_total{reason="404"}`: 0,
		"wschat_handshake_seconds_count": 1, "wschat_connections_opened_total": 1,
	})
}
