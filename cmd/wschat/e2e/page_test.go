//go:build e2e && linux

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// page is our page in a browser, with a storage of its own, used as a person
// does: with mouse and keys.
type page struct {
	t       *testing.T
	browser *chromium
	session string
}

// item is an element of the list of messages.
type item struct{ Kind, From, To, Body string }

// open opens the page of s in a language.
func (b *chromium) open(s *server, language string) *page {
	b.t.Helper()
	var browserContext struct{ BrowserContextID string }
	var target struct{ TargetID string }
	var attached struct{ SessionID string }
	p := &page{t: b.t, browser: b}
	p.must(b.tools.call("", "Target.createBrowserContext", nil, &browserContext))
	p.must(b.tools.call("", "Target.createTarget", params{"url": "about:blank", "browserContextId": browserContext.BrowserContextID}, &target))
	p.must(b.tools.call("", "Target.attachToTarget", params{"targetId": target.TargetID, "flatten": true}, &attached))
	p.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log"} {
		p.call(domain+".enable", nil, nil)
	}
	p.call("Emulation.setUserAgentOverride", params{"userAgent": b.agent, "acceptLanguage": language}, nil)
	p.call("Emulation.setFocusEmulationEnabled", params{"enabled": true}, nil)
	p.resize(1100, 720, false)
	p.navigate("http://" + s.addr + "/")
	return p
}

// navigate loads the page, and waits until its script has begun its work.
func (p *page) navigate(url string) {
	p.t.Helper()
	p.call("Page.navigate", params{"url": url}, nil)
	p.until("the page", `document.readyState === "complete" && !!document.querySelector("#destinations button")?.textContent`)
}

func (p *page) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *page) call(method string, with params, result any) {
	p.t.Helper()
	p.must(p.browser.tools.call(p.session, method, with, result))
}

// eval evaluates JavaScript, and waits for it if it is a promise. The page's
// Content-Security-Policy holds for what it does.
func (p *page) eval(expression string, value any) {
	p.t.Helper()
	var answer struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	p.call("Runtime.evaluate", params{
		"expression": expression, "returnByValue": true, "awaitPromise": true, "allowUnsafeEvalBlockedByCSP": false,
	}, &answer)
	if answer.ExceptionDetails != nil {
		p.t.Fatalf("%s: %s", expression, answer.ExceptionDetails)
	}
	if value != nil {
		p.must(json.Unmarshal(answer.Result.Value, value))
	}
}

// until waits until a JavaScript condition holds.
func (p *page) until(what, condition string) {
	p.t.Helper()
	until(p.t, what, func() (ok bool) {
		p.eval("!!("+condition+")", &ok)
		return ok
	})
}

// quoted is s as a literal of JavaScript.
func quoted(s string) string {
	literal, err := json.Marshal(s)
	if err != nil {
		panic(err) // no string does that
	}
	return string(literal)
}

// click clicks on an element, as soon as it is there to be clicked on: visible,
// enabled, and with nothing before it.
func (p *page) click(selector string) {
	p.t.Helper()
	var at struct {
		X, Y float64
		OK   bool
	}
	until(p.t, "to click on "+selector, func() bool {
		p.eval(fmt.Sprintf(`(() => {
			const element = document.querySelector(%s);
			if (!element || element.disabled) return {};
			element.scrollIntoView({block: "nearest"});
			const {x, y, width, height} = element.getBoundingClientRect();
			const at = {X: x + width / 2, Y: y + height / 2};
			at.OK = width > 0 && element.contains(document.elementFromPoint(at.X, at.Y));
			return at;
		})()`, quoted(selector)), &at)
		return at.OK
	})
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		p.call("Input.dispatchMouseEvent", params{"type": kind, "x": at.X, "y": at.Y, "button": "left", "clickCount": 1}, nil)
	}
}

// fill types a text into a field, instead of what was there.
func (p *page) fill(selector, text string) {
	p.t.Helper()
	p.click(selector)
	p.eval(fmt.Sprintf(`document.querySelector(%s).select()`, quoted(selector)), nil)
	if text == "" {
		p.press("Backspace", "", 8)
		return
	}
	p.call("Input.insertText", params{"text": text}, nil)
}

func (p *page) pressEnter() {
	p.t.Helper()
	p.press("Enter", "\r", 13)
}

// press presses a key, which may type a text.
func (p *page) press(key, text string, code int) {
	p.t.Helper()
	stroke := params{"type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": code}
	if text != "" {
		stroke["text"] = text
	}
	p.call("Input.dispatchKeyEvent", stroke, nil)
	p.call("Input.dispatchKeyEvent", params{"type": "keyUp", "key": key, "code": key, "windowsVirtualKeyCode": code}, nil)
}

func (p *page) connectAs(user string) {
	p.t.Helper()
	p.fill("#userId", user)
	p.click("#connect")
	p.connected(user)
}

func (p *page) connected(user string) {
	p.t.Helper()
	p.until("connected as "+user, `document.querySelector("#state").dataset.state === "connected"`)
	p.until(user+" in the state", fmt.Sprintf(`document.querySelector("#state").textContent.includes(%s)`, quoted(user)))
}

// to chooses a destination: all, a group that is listed, or a person.
func (p *page) to(destination string) {
	p.t.Helper()
	p.click(fmt.Sprintf(`#destinations [data-to="%s"], #people [data-user="%[1]s"]`, destination))
	p.until("the destination "+destination, fmt.Sprintf(`document.querySelector("#to").dataset.to === %s`, quoted(destination)))
}

// send writes a message to the chosen destination.
func (p *page) send(text string) {
	p.t.Helper()
	p.fill("#text", text)
	p.click("#send")
	p.until("the field to be empty", `document.querySelector("#text").value === ""`)
}

func (p *page) items() (items []item) {
	p.t.Helper()
	p.eval(`[...document.querySelectorAll("#messages > li")].map(({dataset: {kind, from, to}, children}) =>
		({kind, from, to, body: [...children].find((each) => each.className === "body").textContent}))`, &items)
	return items
}

// shows waits for messages, each of which must be there exactly once.
func (p *page) shows(wanted ...item) {
	p.t.Helper()
	for _, want := range wanted {
		count := 0
		until(p.t, fmt.Sprintf("%+v on the page", want), func() bool {
			count = 0
			for _, got := range p.items() {
				if got == want {
					count++
				}
			}
			return count > 0
		})
		if count > 1 {
			p.t.Fatalf("%+v is there %d times", want, count)
		}
	}
}

// showsNothingOf checks that no message has this text.
func (p *page) showsNothingOf(body string) {
	p.t.Helper()
	if items := p.items(); slices.ContainsFunc(items, func(i item) bool { return i.Body == body }) {
		p.t.Fatalf("%q is on the page", body)
	}
}

// people waits until exactly these are listed as online.
func (p *page) people(users ...string) {
	p.t.Helper()
	var got []string
	want := slices.Sorted(slices.Values(users))
	until(p.t, fmt.Sprintf("the people %q", want), func() bool {
		p.eval(`[...document.querySelectorAll("#people [data-user]")].map((each) => each.dataset.user)`, &got)
		return slices.Equal(got, want)
	})
}

// noProblems checks that the console has no error and no warning.
func (p *page) noProblems() {
	p.t.Helper()
	if problems := p.browser.takeProblems(p.session); len(problems) > 0 {
		p.t.Errorf("the console says %q", problems)
	}
}

func (p *page) resize(width, height int, mobile bool) {
	p.t.Helper()
	p.call("Emulation.setDeviceMetricsOverride", params{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}, nil)
}

// screenshot writes what is seen to the artefacts.
func (p *page) screenshot(name string) {
	p.t.Helper()
	var shot struct{ Data []byte }
	p.call("Page.captureScreenshot", params{"format": "png"}, &shot)
	p.must(os.WriteFile(filepath.Join(artefacts, name+".png"), shot.Data, 0o644))
}
