//go:build e2e || soak

package target

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// Usage is what a server costs at some moment.
type Usage struct {
	RSS, Peak   int64 // resident bytes: now, and at most since ResetPeak
	Descriptors int
	Goroutines  int
}

func (u Usage) String() string {
	const mib = 1 << 20
	return fmt.Sprintf("RSS %.1f MiB (peak %.1f), %d descriptors, %d goroutines",
		float64(u.RSS)/mib, float64(u.Peak)/mib, u.Descriptors, u.Goroutines)
}

// admin client: a connection for each request, so that none is left to be counted.
var admin = http.Client{Timeout: Patience, Transport: &http.Transport{DisableKeepAlives: true}}

// get returns an answer of the operator's listener.
func (s *Server) get(path string) string {
	s.t.Helper()
	response, err := admin.Get("http://" + s.AdminAddr + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: got %s %.80q, %v", path, response.Status, body, err)
	}
	return string(body)
}

// Usage measures, after a garbage collection. Not for many goroutines at once:
// requests to the operator's listener are counted, too. Like Metric and Admin, it
// needs a server with -admin.
func (s *Server) Usage() Usage {
	s.t.Helper()
	s.get("/debug/pprof/heap?gc=1")
	var u Usage
	profile := s.get("/debug/pprof/goroutine?debug=1")
	if _, err := fmt.Sscanf(profile, "goroutine profile: total %d", &u.Goroutines); err != nil {
		s.t.Fatalf("%v in %.80q", err, profile)
	}
	u.RSS, u.Peak = s.Memory()
	u.Descriptors = s.Descriptors()
	return u
}

// Descriptors counts those that the process has open.
func (s *Server) Descriptors() int {
	s.t.Helper()
	entries, err := os.ReadDir(s.proc("fd"))
	if err != nil {
		s.t.Fatal(err)
	}
	return len(entries)
}

func (s *Server) proc(name string) string {
	return "/proc/" + strconv.Itoa(s.cmd.Process.Pid) + "/" + name
}

// Memory returns the resident size in bytes, and its peak since ResetPeak.
func (s *Server) Memory() (rss, peak int64) {
	s.t.Helper()
	f, err := os.Open(s.proc("status"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ":")
		var kib int64
		fmt.Sscan(value, &kib) // 0 for what is no number
		switch name {
		case "VmRSS":
			rss = kib << 10
		case "VmHWM":
			peak = kib << 10
		}
	}
	return rss, peak
}

// ResetPeak makes the peak what the resident size is now.
func (s *Server) ResetPeak() {
	s.t.Helper()
	if err := os.WriteFile(s.proc("clear_refs"), []byte("5"), 0); err != nil {
		s.t.Fatal(err)
	}
}

// Processor returns how much processor time the server has used.
func (s *Server) Processor() time.Duration {
	s.t.Helper()
	stat, err := os.ReadFile(s.proc("stat"))
	if err != nil {
		s.t.Fatal(err)
	}
	_, behindName, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(behindName)
	var ticks int
	for _, field := range fields[11:13] { // utime and stime, see proc(5)
		n, err := strconv.Atoi(field)
		if err != nil {
			s.t.Fatal(err)
		}
		ticks += n
	}
	const perSecond = 100 // USER_HZ on every Linux there is
	return time.Duration(ticks) * time.Second / perSecond
}

// Metric returns a sample of /metrics by its name and labels, as it is printed
// there; 0 if there is none.
func (s *Server) Metric(name string) float64 {
	s.t.Helper()
	for line := range strings.Lines(s.get("/metrics")) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+" "); ok {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				s.t.Fatalf("%s: %v", line, err)
			}
			return n
		}
	}
	return 0
}

// Admin asks the operator's listener: with POST if there is a body. It returns the
// status and what was answered.
func (s *Server) Admin(path, body string) (status int, answer string) {
	s.t.Helper()
	ask := func() (*http.Response, error) { return admin.Get("http://" + s.AdminAddr + path) }
	if body != "" {
		ask = func() (*http.Response, error) {
			return admin.Post("http://"+s.AdminAddr+path, "application/json", strings.NewReader(body))
		}
	}
	response, err := ask()
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, string(text)
}
