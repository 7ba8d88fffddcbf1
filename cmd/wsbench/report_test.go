package main

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"wschat/cmd/wsbench/load"
)

func TestPrint(t *testing.T) {
	f := figures{{"mode", "echo"}, {"count", uint64(7)}, {"rate", 1234.56789}, {"none", math.NaN()}, {"ok", true}}
	var text, object strings.Builder
	if err := printText(&text, f); err != nil {
		t.Fatal(err)
	}
	want := "mode                           echo\ncount                          7\nrate                           1234.568\nnone                           0\nok                             true\n"
	if text.String() != want {
		t.Errorf("text:\n%s", text.String())
	}
	if err := printJSON(&object, f); err != nil {
		t.Fatal(err)
	}
	if want := `{"mode":"echo","count":7,"rate":1234.568,"none":0,"ok":true}` + "\n"; object.String() != want {
		t.Errorf("JSON: %s", object.String())
	}
}

// CPU time is divided by what came within the window.
func TestFigures(t *testing.T) {
	c := &load.Config{Mode: load.Fan, Conns: 10, Senders: 2, Inflight: 1, Size: 128, Time: 2 * time.Second, PIDs: []int{1}}
	r := &load.Result{Messages: 1000, Published: 100, Bytes: 128000, Window: 2 * time.Second, Client: time.Second}
	r.Server.After.User, r.Server.After.System = 30*time.Millisecond, 70*time.Millisecond
	r.Server.Start.RSS, r.Server.After.RSS = 1<<20, 1<<20+10*300
	var out strings.Builder
	if err := printJSON(&out, figuresOf(c, r)); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"deliveries_per_s": 500.0, "published_per_s": 50.0, "server_cpu_us_per_delivery": 100.0, "server_cpu_us_per_mb": 781250.0,
		"server_cpu_percent": 5.0, "server_rss_bytes_per_conn": 300.0, "client_cpu_percent": 50.0, "client_cpu_us_per_delivery": 1000.0,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
}

func TestNotes(t *testing.T) {
	c := &load.Config{PIDs: []int{1}}
	r := &load.Result{Window: time.Second, Client: 990 * time.Millisecond, Others: 500 * time.Millisecond, WithoutSubprotocol: 3}
	notes := strings.Join(notesOn(c, r), "\n")
	for _, want := range []string{"itself used 99 % of a core", "other processes used 50 %", "no subprotocol on 3 connections"} {
		if !strings.Contains(notes, want) {
			t.Errorf("%q is not in %q", want, notes)
		}
	}
	if notes := notesOn(c, &load.Result{Window: time.Second}); len(notes) > 0 {
		t.Errorf("notes on nothing: %q", notes)
	}
}
