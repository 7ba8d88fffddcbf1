package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"wschat/cmd/wsbench/load"
)

// CPU time is divided by what came within the window.
func TestReport(t *testing.T) {
	c := &load.Config{Mode: load.Fan, Conns: 10, Senders: 2, Inflight: 1, Size: 128, Time: 2 * time.Second, PID: 1}
	r := &load.Result{Messages: 1000, Bytes: 128000, Window: 2 * time.Second, Client: time.Second}
	r.Server.After.CPU = 100 * time.Millisecond
	r.Server.Start.RSS, r.Server.After.RSS = 1<<20, 1<<20+10*300
	var out strings.Builder
	if err := reportOn(c, r).print(&out); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"mode": "fan", "deliveries": 1000.0, "deliveries_per_s": 500.0, "server_cpu_us_per_delivery": 100.0,
		"server_cpu_us_per_mb": 781250.0, "server_cpu_percent": 5.0, "server_rss_bytes_per_conn": 300.0, "client_cpu_percent": 50.0,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
}
