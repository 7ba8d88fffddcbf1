//go:build e2e && linux

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"wschat/cmd/wschat/e2e/target"
)

// firefox is a headless browser over WebDriver BiDi, for one test: a window with a storage of its
// own. All have the same process.
type firefox struct {
	t     *testing.T
	tools *devTools
	page  string
}

var (
	bidiAddress    = regexp.MustCompile(`WebDriver BiDi listening on (ws://\S+)`)
	runningFirefox *devTools // set by the first test that needs it; under starting
)

// startFirefox opens a window, until the test ends.
func startFirefox(t *testing.T) *firefox {
	t.Helper()
	f := &firefox{t: t, tools: findFirefox(t)}
	var storage struct{ UserContext string }
	var window struct{ Context string }
	f.call("browser.createUserContext", params{}, &storage)
	f.call("browsingContext.create", params{"type": "window", "userContext": storage.UserContext}, &window)
	f.page = window.Context
	t.Cleanup(func() {
		if t.Failed() {
			f.screenshot("failed-firefox")
		}
		if err := f.tools.call("", "browser.removeUserContext", params{"userContext": storage.UserContext}, nil); err != nil {
			t.Error(err)
		}
	})
	return f
}

// findFirefox returns the connection to the process, which the first who asks starts.
func findFirefox(t *testing.T) *devTools {
	t.Helper()
	starting.Lock()
	defer starting.Unlock()
	if runningFirefox == nil {
		runningFirefox = startFirefoxProcess(t)
	}
	return runningFirefox
}

func startFirefoxProcess(t *testing.T) (tools *devTools) {
	t.Helper()
	program, err := exec.LookPath("firefox-esr")
	if err != nil {
		if program, err = exec.LookPath("firefox"); err != nil {
			t.Fatal("there is no Firefox; install.sh installs it")
		}
	}
	profile, err := os.MkdirTemp("", "wschat-firefox-")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0", "about:blank")
	var errs target.Output
	cmd.Stderr, cmd.Stdout = &errs, &errs
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
	atTheEnd = append(atTheEnd, func() {
		if tools != nil {
			tools.call("", "browser.close", params{}, nil) // if it cannot, it is killed
			select {
			case <-ended:
			case <-timeout():
			}
			tools.close()
		}
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
		os.RemoveAll(profile)
	})
	address := ""
	until(t, "the address of Firefox", func() bool {
		if found := bidiAddress.FindStringSubmatch(errs.String()); found != nil {
			address = found[1]
		}
		select {
		case <-ended:
			t.Fatalf("Firefox did not start:\n%s", errs.String())
		default:
		}
		return address != ""
	})
	tools = dialDevTools(t, address+"/session", func(string, string, json.RawMessage) {})
	if err := tools.call("", "session.new", params{"capabilities": params{}}, nil); err != nil {
		t.Fatal(err)
	}
	return tools
}

func (f *firefox) call(method string, p params, result any) {
	f.t.Helper()
	if err := f.tools.call("", method, p, result); err != nil {
		f.t.Fatal(err)
	}
}

func (f *firefox) open(s *server) {
	f.t.Helper()
	f.call("browsingContext.navigate", params{"context": f.page, "url": "http://" + s.Addr + "/", "wait": "complete"}, nil)
	f.until("the page", `!!document.body.dataset.state`)
}

func (f *firefox) eval(expression string, value any) {
	f.t.Helper()
	var answer struct {
		Type             string
		Result           struct{ Value string }
		ExceptionDetails struct{ Text string }
	}
	f.call("script.evaluate", params{
		"expression": "(async () => JSON.stringify(await (" + expression + ")) ?? 'null')()", "awaitPromise": true, "target": params{"context": f.page},
	}, &answer)
	if answer.Type != "success" {
		f.t.Fatalf("%s: %s", expression, answer.ExceptionDetails.Text)
	}
	if value == nil {
		return
	}
	if err := json.Unmarshal([]byte(answer.Result.Value), value); err != nil {
		f.t.Fatalf("%s: %v", expression, err)
	}
}

func (f *firefox) until(what, condition string) {
	f.t.Helper()
	until(f.t, what+" in Firefox", func() (ok bool) {
		f.eval("!!("+condition+")", &ok)
		return ok
	})
}

// click clicks into the middle of an element.
func (f *firefox) click(selector string) {
	f.t.Helper()
	var at struct{ X, Y float64 }
	f.until(selector+" to be there", fmt.Sprintf(`((each) => each && !each.disabled && each.getBoundingClientRect().width)(document.querySelector(%s))`, quoted(selector)))
	f.eval(fmt.Sprintf(`(({x, y, width, height}) => ({x: x + width / 2, y: y + height / 2}))(document.querySelector(%s).getBoundingClientRect())`, quoted(selector)), &at)
	f.call("input.performActions", params{"context": f.page, "actions": []params{{"type": "pointer", "id": "mouse", "actions": []params{
		{"type": "pointerMove", "x": int(at.X), "y": int(at.Y)}, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0},
	}}}}, nil)
}

// types types a text, in which \uE004 is Tab and \uE007 Enter.
func (f *firefox) types(text string) {
	f.t.Helper()
	var keys []params
	for _, letter := range text {
		keys = append(keys, params{"type": "keyDown", "value": string(letter)}, params{"type": "keyUp", "value": string(letter)})
	}
	f.call("input.performActions", params{"context": f.page, "actions": []params{{"type": "key", "id": "keys", "actions": keys}}}, nil)
}

func (f *firefox) screenshot(name string) {
	var shot struct{ Data []byte }
	if err := f.tools.call("", "browsingContext.captureScreenshot", params{"context": f.page}, &shot); err != nil {
		f.t.Error(err)
	} else if err := os.WriteFile(filepath.Join(artefacts, name+".png"), shot.Data, 0o644); err != nil {
		f.t.Error(err)
	}
}

// Load, log in, send, receive, a file, reconnect.
func TestPageFirefox(t *testing.T) {
	t.Parallel()
	s := start(t, "-rate", "0")
	network := breakNetwork(t, s, nil)
	f := startFirefox(t)
	bob := s.login("bob")
	f.open(&server{&target.Server{Addr: network.listener.Addr().String()}, t})
	f.until("the focus on the name", `document.activeElement.id === "name"`)
	f.types("fox\uE007")
	f.until("being connected", `document.body.dataset.state === "connected" && document.querySelector("#me").title === "fox"`)
	bob.hears("用户(fox)登录了")
	bob.say("all,hello Firefox", "fox,privately, `code` and https://example.com/")
	f.until("both messages", `document.querySelector("#messages li:last-child .body")?.textContent === "hello Firefox" && document.querySelector("#conversations [data-open=bob] .badge")?.textContent === "1"`)
	bob.hears("用户(bob=>bob):hello Firefox")
	f.click("#conversations [data-open=bob]")
	f.until("the private one", `document.querySelector("#messages a[rel~=noopener]") && document.querySelector("#messages code")?.textContent === "code"`)
	f.types("hello Bob\uE007")
	bob.hears("用户(fox=>bob):hello Bob")
	bob.say("fox,**bold**, a [name](https://example.com/)\n- and *more*")
	f.until("what is marked up", `((li) => li.querySelector("strong") && getComputedStyle(li.querySelector("strong")).fontWeight >= 600 && li.querySelector("[title='https://example.com/']").textContent === "name" &&
		getComputedStyle(li.querySelector("ul em")).fontStyle === "italic")(document.querySelector("#messages > li:last-child"))`)
	f.types("@bo")
	f.until("a name to be offered", `document.querySelector("[role=listbox] [aria-selected=true]")?.textContent.includes("bob")`)
	f.types("\uE004:tada:")
	f.until("the name and the emoji", `document.querySelector("#text").value === "@bob 🎉 "`)
	f.types("\uE007")
	bob.hears("用户(fox=>bob):@bob 🎉 ")
	if err := bob.Send(2, append([]byte("fox,"), picture(t, 300, 120)...)); err != nil {
		t.Fatal(err)
	}
	f.until("a picture", `document.querySelector("#messages img")?.naturalWidth === 300`)
	f.eval(`{}, (() => {const d = new DataTransfer(); d.items.add(new File(["content"], "fox.txt")); document.querySelector("#log").dispatchEvent(new DragEvent("drop", {dataTransfer: d, bubbles: true, cancelable: true}))})()`, nil)
	f.until("a file to send", `document.querySelector("#files li")`)

	network.hold()
	f.until("that the network is away", `document.body.dataset.state === "waiting"`)
	f.types("written offline\uE007")
	f.until("both to wait", `document.querySelectorAll("#messages [data-state=sending]").length === 2`)
	f.screenshot("firefox-offline")
	bob.say("fox,missed")
	network.release()
	f.eval(`(document.querySelector("#now").click(), 1)`, nil) // unless it has come back by itself
	f.until("being connected again, and all there", `document.body.dataset.state === "connected" && !document.querySelector("#messages [data-state=sending]") &&
		[...document.querySelectorAll("#messages .body")].map((each) => each.textContent).join("|").endsWith("missed|written offline|fox.txt7 BDownload")`)
	f.screenshot("firefox")
	var wide bool
	f.eval(`document.documentElement.scrollWidth > innerWidth`, &wide)
	if wide {
		t.Error("the page is wider than the window")
	}
	for i := range 500 {
		bob.say(fmt.Sprint("fox,number ", i))
	}
	f.until("the last of many", `document.querySelector("#messages li:last-child .body").textContent === "number 499"`)
	f.eval(`(document.querySelector("#log").scrollTop = 0, 1)`, nil)
	f.until("the first of all, and few in the document", `document.querySelector("#messages li .body").textContent.startsWith("privately") && document.querySelectorAll("#messages li").length < 150`)
	f.click("#newest")
	f.until("the last again", `document.querySelector("#messages li:last-child .body").textContent === "number 499"`)

	// Whoever has scrolled up reads on: what comes moves nothing.
	talker(bob, "fox", 0, 130)
	f.until("these", `document.querySelector("#messages li:last-child .body").textContent.startsWith("message 129")`)
	const frame = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))`
	f.eval(`(document.querySelector("#log").scrollTop -= 2000, `+frame+`)`, nil)
	f.eval(follow, nil)
	talker(bob, "fox", 130, 50)
	f.until("50 more", `document.querySelector("#conversations [data-open=bob] .last").textContent.startsWith("message 179")`)
	var moved float64
	f.eval(frame+`.then(moved_)`, &moved)
	if max(moved, -moved) >= 0.5 {
		t.Errorf("what is read moved by %.3f px", moved)
	}
	for line := ""; !strings.HasSuffix(line, "written offline"); {
		var err error
		if line, err = bob.NextText(); err != nil {
			t.Fatal(err)
		}
	}
}

// A message over the limit ends the connection cleanly, as Firefox sees it: it has the
// time to answer the close frame, also if it is still sending.
func TestFirefoxCallsAFailedConnectionClean(t *testing.T) {
	t.Parallel()
	s := start(t, "-max-message", "100000")
	f := startFirefox(t)
	f.open(s)
	for _, size := range []int{100_001, 8 << 20} {
		var closed struct {
			Code     int
			WasClean bool
			Took     int // ms since it was sent
		}
		f.eval(fmt.Sprintf(`new Promise((done) => {
			const socket = new WebSocket("ws://" + location.host + "/socket?userId=big")
			let sent
			socket.onopen = () => { sent = performance.now(); socket.send(new Uint8Array(%d)) }
			socket.onclose = (e) => done({code: e.code, wasClean: e.wasClean, took: Math.round(performance.now() - sent)})
		})`, size), &closed)
		if closed.Code != 1009 || !closed.WasClean {
			t.Errorf("%d bytes: %+v, want 1009 and clean", size, closed)
		}
		t.Logf("%d bytes: %+v", size, closed)
	}
}
