package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"wschat/cmd/wsbench/histogram"
	"wschat/cmd/wsbench/load"
)

// figure is one line of a report, or one member of the JSON object. Its value is
// a string, a bool, a uint64, an int64 or a float64.
type figure struct {
	name  string
	value any
}

// figures is a report under construction.
type figures []figure

func (f *figures) add(name string, value any) { *f = append(*f, figure{name, value}) }

// latencies adds the percentiles of a histogram, in microseconds.
func (f *figures) latencies(name string, h *histogram.Histogram) {
	for _, q := range []struct {
		name string
		q    float64
	}{{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}} {
		f.add(name+"_us_"+q.name, micros(h.Quantile(q.q)))
	}
	f.add(name+"_us_max", micros(h.Max()))
	f.add(name+"_us_mean", micros(h.Mean()))
}

func micros(d time.Duration) float64 { return float64(d) / 1e3 }

// figuresOf is the report on a run.
func figuresOf(c *load.Config, r *load.Result) figures {
	var f figures
	f.add("mode", string(c.Mode))
	f.add("url", c.URL)
	f.add("conns", int64(c.Conns))
	f.add("secs", c.Time.Seconds())
	var unit string // what CPU time is divided by
	var units uint64
	switch c.Mode {
	case load.Echo, load.Fan:
		unit, units = f.messages(c, r)
	case load.Connect:
		unit, units = "handshake", r.Handshakes
		f.add("handshakes", r.Handshakes)
		f.add("handshakes_per_s", rate(r.Handshakes, c.Time))
		f.latencies("cycle", &r.Cycle)
		f.latencies("handshake", &r.Handshake)
	case load.Idle:
		f.latencies("handshake", &r.Handshake)
	}
	if c.Mode != load.Connect {
		f.add("connect_s", r.OpenTime.Seconds())
		f.add("connects_per_s", rate(uint64(c.Conns), r.OpenTime))
	}
	f.add("clean_closes", r.CleanCloses)
	f.add("other", r.Other)
	f.add("pings", r.Pings)
	if c.Subprotocol != "" {
		f.add("without_subprotocol", r.WithoutSubprotocol)
	}
	if len(c.PIDs) > 0 {
		f.server(c, r, unit, units)
	}
	f.add("client_cpu_s", r.Client.Seconds())
	f.add("client_cpu_percent", percent(r.Client, r.Window))
	if units > 0 {
		f.add("client_cpu_us_per_"+unit, micros(r.Client)/float64(units))
	}
	f.add("ok", r.Good(c.Mode))
	return f
}

// messages adds what Echo and Fan have measured.
func (f *figures) messages(c *load.Config, r *load.Result) (unit string, units uint64) {
	f.add("size", int64(c.Size))
	if c.Rate > 0 {
		f.add("rate", c.Rate)
		f.add("send_lag_us_max", micros(r.MaxLag))
		f.add("skipped", r.Skipped)
	} else {
		f.add("inflight", int64(c.Inflight))
	}
	if c.Mode == load.Echo {
		unit = "message"
		f.add("messages", r.Messages)
		f.add("messages_per_s", rate(r.Messages, c.Time))
	} else {
		unit = "delivery"
		f.add("senders", int64(c.Senders))
		f.add("published", r.Published)
		f.add("published_per_s", rate(r.Published, c.Time))
		f.add("deliveries", r.Messages)
		f.add("deliveries_per_s", rate(r.Messages, c.Time))
	}
	f.add("mb_per_s", float64(r.Bytes)/1e6/c.Time.Seconds())
	f.latencies("latency", &r.Latency)
	f.add("sent_total", r.Sent)
	f.add("expected_total", r.Checks.Expected)
	f.add("received_total", r.Checks.Received)
	f.add("lost", r.Checks.Lost)
	f.add("duplicates", r.Checks.Duplicates)
	f.add("order_gaps", r.Checks.Gaps)
	f.add("order_gap_messages", r.Checks.GapMessages)
	f.add("order_late", r.Checks.Late)
	f.add("corrupt", r.Checks.Corrupt)
	f.add("stalls", r.Stalls)
	return unit, r.Messages
}

// server adds what the server's processes have used.
func (f *figures) server(c *load.Config, r *load.Result, unit string, units uint64) {
	s := r.Server
	f.add("server_cpu_s", s.CPU().Seconds())
	f.add("server_cpu_user_s", (s.After.User - s.Before.User).Seconds())
	f.add("server_cpu_system_s", (s.After.System - s.Before.System).Seconds())
	f.add("server_cpu_percent", percent(s.CPU(), r.Window))
	if units > 0 {
		f.add("server_cpu_us_per_"+unit, micros(s.CPU())/float64(units))
	}
	if r.Bytes > 0 {
		f.add("server_cpu_us_per_mb", micros(s.CPU())/(float64(r.Bytes)/1e6))
	}
	f.add("server_rss_kib_start", s.Start.RSS>>10)
	f.add("server_rss_kib_before", s.Before.RSS>>10)
	f.add("server_rss_kib_after", s.After.RSS>>10)
	f.add("server_peak_kib", s.After.Peak>>10)
	if c.Mode != load.Connect {
		f.add("server_rss_kib_open", s.Open.RSS>>10)
		f.add("server_rss_bytes_per_conn", (s.After.RSS-s.Start.RSS)/int64(c.Conns))
	}
	f.add("others_cpu_percent", percent(r.Others, r.Window))
}

func rate(n uint64, d time.Duration) float64 { return float64(n) / d.Seconds() }

func percent(d, of time.Duration) float64 { return 100 * d.Seconds() / of.Seconds() }

// notesOn says what makes a result less worth.
func notesOn(c *load.Config, r *load.Result) []string {
	var notes []string
	if p := percent(r.Client, r.Window); p > 95 && c.Rate == 0 {
		notes = append(notes, fmt.Sprintf("wsbench itself used %.0f %% of a core: it may be what limits the rate", p))
	}
	if p := percent(r.Others, r.Window); p > 10 && len(c.PIDs) > 0 {
		notes = append(notes, fmt.Sprintf("other processes used %.0f %% of a core: rates and latencies may suffer", p))
	}
	if r.WithoutSubprotocol > 0 {
		notes = append(notes, fmt.Sprintf("the server chose no subprotocol on %d connections", r.WithoutSubprotocol))
	}
	return notes
}

// whatIsWrong is one line on a result that is not good.
func whatIsWrong(r *load.Result) string {
	if r.Messages == 0 && r.Handshakes == 0 {
		return "nothing came within the measured time"
	}
	c := r.Checks
	return fmt.Sprintf("messages went wrong: %d lost, %d duplicates, %d gaps, %d late, %d corrupt, %d not sent",
		c.Lost, c.Duplicates, c.Gaps, c.Late, c.Corrupt, r.Skipped)
}

func printText(w io.Writer, f figures) error {
	for _, figure := range f {
		value := figure.value
		if n, ok := value.(float64); ok {
			value = strconv.FormatFloat(rounded(n), 'f', -1, 64)
		}
		if _, err := fmt.Fprintf(w, "%-30s %v\n", figure.name, value); err != nil {
			return err
		}
	}
	return nil
}

// rounded leaves n three digits behind the point.
func rounded(n float64) float64 {
	if math.IsNaN(n) || math.IsInf(n, 0) { // by a division by no time or no messages
		return 0
	}
	return math.Round(n*1000) / 1000
}

// printJSON writes one object, its members in the order of the report.
func printJSON(w io.Writer, f figures) error {
	out := []byte("{")
	for i, figure := range f {
		if i > 0 {
			out = append(out, ',')
		}
		value := figure.value
		if n, ok := value.(float64); ok {
			value = rounded(n)
		}
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		out = append(strconv.AppendQuote(out, figure.name), ':')
		out = append(out, text...)
	}
	_, err := w.Write(append(out, "}\n"...))
	return err
}

// printFailure is printJSON for a run that failed.
func printFailure(w io.Writer, mode load.Mode, err error) {
	printJSON(w, figures{{"mode", string(mode)}, {"ok", false}, {"error", err.Error()}})
}
