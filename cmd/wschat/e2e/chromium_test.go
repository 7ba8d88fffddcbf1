//go:build e2e && linux

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"wschat/cmd/wschat/e2e/target"
)

// chromium is a headless browser, for one test. All have the same process.
type chromium struct {
	*browserProcess
	t *testing.T
}

type browserProcess struct {
	tools *devTools
	agent string // its User-Agent

	mu       sync.Mutex
	problems map[string][]string // by session: errors and warnings in the console
}

var (
	starting sync.Mutex
	running  *browserProcess // set by the first test that needs it; under starting, as is atTheEnd
)

// startChromium returns a browser, whose pages are closed when the test ends.
func startChromium(t *testing.T) *chromium {
	t.Helper()
	starting.Lock()
	defer starting.Unlock()
	if running == nil {
		running = startBrowserProcess(t)
	}
	return &chromium{running, t}
}

func startBrowserProcess(t *testing.T) *browserProcess {
	t.Helper()
	profile, err := os.MkdirTemp("", "wschat-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(findChromium(t), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		// Each window would load pages of the browser's own, for what it may show below the address.
		"--disable-extensions", "--disable-features=WebUIOmniboxAimPopup,WebUIOmniboxPopup",
		"--user-data-dir="+profile, "--remote-debugging-port=0", "about:blank")
	var errs target.Output
	cmd.Stderr = &errs
	cmd.Env = target.Environment("HOME=" + profile)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that its children can be ended with it
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cmd.Wait() // how it ends is not of interest
	}()
	b := &browserProcess{problems: make(map[string][]string)}
	atTheEnd = append(atTheEnd, func() {
		if b.tools != nil {
			b.tools.call("", "Browser.close", nil, nil) // if it cannot, it is killed
			select {
			case <-ended:
			case <-timeout():
			}
			b.tools.close()
		}
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
		os.RemoveAll(profile)
	})
	var port, path string
	until(t, "port of Chromium", func() bool {
		written, err := os.ReadFile(filepath.Join(profile, "DevToolsActivePort"))
		var whole bool
		port, path, whole = strings.Cut(string(written), "\n")
		select {
		case <-ended:
			t.Fatalf("Chromium did not start:\n%s", errs.String())
		default:
		}
		return err == nil && whole && path != ""
	})
	b.tools = dialDevTools(t, "ws://127.0.0.1:"+port+strings.TrimSpace(path), b.event)
	var about struct{ UserAgent string }
	if err := b.tools.call("", "Browser.getVersion", nil, &about); err != nil {
		t.Fatal(err)
	}
	b.agent = about.UserAgent
	return b
}

func findChromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("there is no Chromium; install.sh installs it")
	return ""
}

// event keeps what a page's console says beyond information.
func (b *browserProcess) event(session, method string, params json.RawMessage) {
	var p struct {
		Type  string
		Entry struct{ Level, Text, URL string }
	}
	if err := json.Unmarshal(params, &p); err != nil {
		params, p.Type, method = json.RawMessage(err.Error()), "error", "Runtime.consoleAPICalled"
	}
	var problem string
	switch {
	case method == "Runtime.exceptionThrown",
		method == "Runtime.consoleAPICalled" && (p.Type == "error" || p.Type == "warning" || p.Type == "assert"):
		problem = string(params)
	case method == "Log.entryAdded" && (p.Entry.Level == "error" || p.Entry.Level == "warning"):
		problem = p.Entry.Level + ": " + p.Entry.Text + " " + p.Entry.URL
	default:
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.problems[session] = append(b.problems[session], problem)
}

// takeProblems returns what has been kept for a page, and forgets it.
func (b *browserProcess) takeProblems(session string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	taken := b.problems[session]
	delete(b.problems, session)
	return taken
}
