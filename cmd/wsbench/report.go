package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"

	"wschat/cmd/wsbench/load"
)

// report is what a run has measured, by name.
type report map[string]any

// reportOn reports on a run.
func reportOn(c *load.Config, r *load.Result) report {
	f := report{"mode": c.Mode, "url": c.URL, "conns": c.Conns, "secs": c.Time.Seconds(), "ok": r.Good(c.Mode)}
	f.add("client_cpu_percent", percent(r.Client, r.Window))
	var one, many string
	units := r.Messages
	switch c.Mode {
	case load.Echo:
		one, many = "message", "messages"
	case load.Fan:
		one, many = "delivery", "deliveries"
	case load.Connect:
		one, many, units = "handshake", "handshakes", r.Handshakes
	case load.Idle:
		f["clean_closes"] = r.CleanCloses
	}
	if many != "" {
		f[many] = units
		f.add(many+"_per_s", float64(units)/c.Time.Seconds())
	}
	if c.Mode == load.Echo || c.Mode == load.Fan {
		f.add("latency_us_p50", micros(r.Latency.Quantile(0.5)))
		f.add("latency_us_p99", micros(r.Latency.Quantile(0.99)))
		f["checks"] = r.Checks
	}
	if c.PID == 0 {
		return f
	}
	f.add("server_cpu_percent", percent(r.Server.CPU(), r.Window))
	f.add("others_cpu_percent", percent(r.Others, r.Window))
	if units > 0 {
		f.add("server_cpu_us_per_"+one, micros(r.Server.CPU())/float64(units))
	}
	if r.Bytes > 0 {
		f.add("server_cpu_us_per_mb", micros(r.Server.CPU())/(float64(r.Bytes)/1e6))
	}
	if c.Mode != load.Connect {
		f["server_rss_bytes_per_conn"] = (r.Server.After.RSS - r.Server.Start.RSS) / int64(c.Conns)
	}
	return f
}

// add adds a figure with three digits behind the point.
func (f report) add(name string, value float64) { f[name] = math.Round(value*1000) / 1000 }

func micros(d time.Duration) float64 { return float64(d) / 1e3 }

func percent(d, of time.Duration) float64 { return 100 * d.Seconds() / of.Seconds() }

// print writes the report as a JSON object.
func (f report) print(w io.Writer) error {
	out, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", out)
	return err
}

// whatIsWrong is one line on a result that is not good.
func whatIsWrong(r *load.Result) string {
	if r.Messages == 0 && r.Handshakes == 0 {
		return "nothing came within the measured time"
	}
	return fmt.Sprintf("messages went wrong: %+v, %d not sent", r.Checks, r.Skipped)
}
