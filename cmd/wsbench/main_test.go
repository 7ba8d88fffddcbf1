package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"wschat/frame/leaktest"
)

// binaries is where wschat, wsbench and floor were built.
var binaries string

// TestMain builds what the tests run.
func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if binaries, err = os.MkdirTemp("", "wsbench-test-"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(binaries)
		packages := []string{"wschat/cmd/wschat", "wschat/cmd/wsbench"}
		if runtime.GOOS == "linux" {
			packages = append(packages, "wschat/cmd/wsbench/testdata/floor")
		}
		if out, err := exec.Command("go", append([]string{"build", "-trimpath", "-o", binaries + "/"}, packages...)...).CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%s%v\n", out, err)
			return 1
		}
		return leaktest.Run(m)
	}())
}

// startServer runs a built server, with {addr} in its arguments replaced, until
// the test ends.
func startServer(t *testing.T, name string, args ...string) (addr string, pid int) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = ln.Addr().String()
	ln.Close()
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "{addr}", addr)
	}
	cmd := exec.Command(filepath.Join(binaries, name), args...)
	cmd.Stderr = os.Stderr
	if name == "wschat" {
		cmd.Stderr = nil
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	for end := time.Now().Add(20 * time.Second); ; runtime.Gosched() {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
			return addr, cmd.Process.Pid
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// wschat starts one as the benchmark does.
func wschat(t *testing.T) (addr string, pid int) {
	return startServer(t, "wschat", "-addr", "{addr}", "-echo", "-presence", "none", "-rate", "0")
}

// patiently measures for longer and longer until there is something to see within that time:
// a machine that others use as well may not get to it sooner, and Linux counts the time of a
// server by 10 ms.
func patiently(measure func(secs string) (said string)) {
	for _, secs := range []string{"0.1", "0.5", "2", "5"} {
		said := measure(secs)
		if !strings.Contains(said, "nothing came within the measured time") && !strings.Contains(said, `"server_cpu_percent": 0,`) {
			return
		}
	}
}

// object runs wsbench and returns what it has told.
func object(t *testing.T, args ...string) map[string]any {
	t.Helper()
	var out, errors strings.Builder
	var status int
	patiently(func(secs string) string {
		out.Reset()
		errors.Reset()
		status = run(t.Context(), append(slices.Clip(args), "--secs", secs, "--warmup", "0.1"), &out, &errors)
		return errors.String() + out.String()
	})
	var told map[string]any
	if err := json.Unmarshal([]byte(out.String()), &told); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out.String(), errors.String())
	}
	if status != exitOK || told["ok"] != true {
		t.Errorf("%v: exit status %d: %s%s", args, status, errors.String(), out.String())
	}
	return told
}

// Every mode measures the real server, through the chat as through /echo.
func TestWschat(t *testing.T) {
	t.Parallel()
	addr, pid := wschat(t)
	measured := []string{"--pid", fmt.Sprint(pid)}
	if runtime.GOOS != "linux" {
		measured = nil
	}
	user := "ws://" + addr + "/socket?userId={i}"
	for _, row := range []struct {
		name   string
		counts string // what must not be zero
		args   []string
	}{
		{"echo", "messages", []string{"echo", "--url", "ws://" + addr + "/echo", "--conns", "20", "--inflight", "4"}},
		{"echo, open loop", "messages", []string{"echo", "--url", "ws://" + addr + "/echo", "--conns", "20", "--rate", "500"}},
		{"echo, long messages", "messages", []string{"echo", "--url", "ws://" + addr + "/echo", "--conns", "4", "--size", "1000000"}},
		{"fan-out by the line protocol", "deliveries", []string{"fan", "--url", user, "--conns", "30", "--senders", "4", "--hello", "join,groupA", "--prefix", "groupA,"}},
		{"fan-out by JSON", "deliveries", []string{"fan", "--url", user, "--conns", "30", "--senders", "4", "--subprotocol", "wschat.v1.json",
			"--hello", `{"op":"join","group":"groupB"}`, "--prefix", `{"op":"send","to":"groupB","text":"`, "--suffix", `"}`}},
		{"private messages", "messages", []string{"echo", "--url", "ws://" + addr + "/socket?userId=p{i}", "--conns", "4", "--rate", "400", "--prefix", "p{j},"}},
		{"acknowledgements", "messages", []string{"echo", "--loose", "--url", user, "--conns", "8", "--size", "32", "--subprotocol", "wschat.v1.json",
			"--prefix", `{"op":"send","id":"`, "--suffix", `","to":"group{i}","text":"hello"}`}},
		{"idle", "clean_closes", []string{"idle", "--url", user, "--conns", "50", "--hello", "join,groupA"}},
		{"connect", "handshakes", []string{"connect", "--url", "ws://" + addr + "/echo", "--conns", "10"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			told := object(t, append(row.args, measured...)...)
			if n, _ := told[row.counts].(float64); n == 0 {
				t.Errorf("%s is %v", row.counts, told[row.counts])
			}
			if measured == nil {
				return
			}
			if n, _ := told["server_cpu_percent"].(float64); n == 0 && row.counts != "clean_closes" {
				t.Errorf("server_cpu_percent is %v", told["server_cpu_percent"])
			}
		})
	}
}

// The floor server of the benchmark echoes what a client sends.
func TestFloor(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		return // it is for Linux alone
	}
	addr, _ := startServer(t, "floor", "-addr", "{addr}")
	for _, size := range []string{"32", "125", "126", "65536", "1048576"} {
		object(t, "echo", "--url", "ws://"+addr, "--conns", "5", "--inflight", "3", "--size", size)
	}
	object(t, "connect", "--url", "ws://"+addr, "--conns", "5")
}

// The set measures and makes a table, with peers that run and that it starts.
func TestSet(t *testing.T) {
	t.Parallel()
	addr, pid := wschat(t)
	wschat := filepath.Join(binaries, "wschat")
	peers := fmt.Sprintf("first=ws://%s,%d; second=ws://127.0.0.1:1,false", addr, pid)
	if runtime.GOOS != "linux" {
		return // without /proc there is nothing to put into a table
	}
	var table, lasted string
	var progress strings.Builder
	patiently(func(secs string) string {
		cmd := exec.CommandContext(t.Context(), filepath.Join(binaries, "wsbench"), "set", "--wschat", wschat,
			"--floor", filepath.Join(binaries, "floor"), "--peers", peers, "--rounds", "2", "--secs", secs, "--rows", "echo-rate|data-p50|fsync")
		progress.Reset()
		cmd.Stderr = &progress
		out, err := cmd.Output()
		if err == nil {
			t.Error("a peer that cannot be started is no error")
		}
		table, lasted = string(out), secs
		return table
	})
	for _, want := range []string{
		"medians of 2, " + lasted + " s each: wsbench set --wschat ",
		"| work ", "| wschat ÷ first |",
		"| echo, 5,000/s over 1,000 connections ",
		"| the same: median time to the ack ", "| fsync of 4 KiB ",
		"\nMissing: echo-rate, second: the server ended at once",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("%q is not in the table:\n%s\n%s", want, table, progress.String())
		}
	}
	if n := strings.Count(table, "Missing:"); n != 1 {
		t.Errorf("%d figures are missing, want 1:\n%s", n, table)
	}
}

// What is wrong with a command line is said in one line, with exit status 2.
func TestUsageErrors(t *testing.T) {
	url := []string{"--url", "ws://127.0.0.1:1/"}
	for _, row := range []struct {
		want string
		args []string
	}{
		{"expected a command", nil},
		{`unknown command "ecko"`, []string{"ecko"}},
		{"--url is needed", []string{"echo"}},
		{"--url: expected ws://", []string{"echo", "--url", "example.org"}},
		{"flag provided but not defined: -conn", append([]string{"echo", "--conn", "5"}, url...)},
		{`unexpected argument "5"`, append([]string{"echo"}, append(url, "5")...)},
		{`invalid value "x" for flag -conns`, append([]string{"echo", "--conns", "x"}, url...)},
		{"--senders is not for echo", append([]string{"echo", "--senders", "5"}, url...)},
		{"--rate is not for idle", append([]string{"idle", "--rate", "5"}, url...)},
		{"--size: expected 32", append([]string{"fan", "--size", "5"}, url...)},
		{"expected a number of seconds", append([]string{"fan", "--secs", "soon"}, url...)},
		{"expected a number of seconds", append([]string{"fan", "--secs", "-1"}, url...)},
		{"--secs: expected more than 0", append([]string{"fan", "--secs", "0"}, url...)},
		{`invalid value "x" for flag -pid`, append([]string{"fan", "--pid", "x"}, url...)},
		{"--rounds: expected 1", []string{"set", "--rounds", "0"}},
		{"--secs: expected 0.1", []string{"set", "--secs", "0"}},
		{"expected NAME=URL,PID or NAME=URL,COMMAND", []string{"set", "--peers", "gws"}},
		{`unexpected argument "x"`, []string{"set", "x"}},
		{"--out is needed", []string{"plot"}},
	} {
		var stderr strings.Builder
		status := run(t.Context(), row.args, io.Discard, &stderr)
		if status != exitUsage || !strings.Contains(stderr.String(), row.want) || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%q: exit status %d, %q; want %d and one line with %q", row.args, status, stderr.String(), exitUsage, row.want)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"echo", "-help"}, {"set", "-help"}, {"plot", "-help"}} {
		var stdout strings.Builder
		if status := run(t.Context(), args, &stdout, io.Discard); status != exitOK || !strings.Contains(stdout.String(), "usage: wsbench") {
			t.Errorf("%q: exit status %d, %q", args, status, stdout.String())
		}
	}
}

// A server that is not there is no wrong usage.
func TestFailureIsTold(t *testing.T) {
	var stdout, stderr strings.Builder
	status := run(context.Background(), []string{"echo", "--url", "ws://127.0.0.1:1/"}, &stdout, &stderr)
	if status != exitFailed || !strings.Contains(stderr.String(), "refused") || stdout.Len() > 0 {
		t.Errorf("exit status %d: %s%s", status, stdout.String(), stderr.String())
	}
}
