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
	context string // its own, for storage and permissions
	reloads int
}

// message is one that is shown.
type message struct{ From, Body, State string }

// open opens the page of s in a language.
func (b *chromium) open(s *server, language string) *page {
	b.t.Helper()
	var made struct{ BrowserContextID string }
	if err := b.tools.call("", "Target.createBrowserContext", nil, &made); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		if err := b.tools.call("", "Target.disposeBrowserContext", params{"browserContextId": made.BrowserContextID}, nil); err != nil {
			b.t.Error(err)
		}
	})
	return b.openIn(made.BrowserContextID, s, language)
}

// openIn opens the page in one more tab, beside others that share its storage.
func (b *chromium) openIn(context string, s *server, language string) *page {
	b.t.Helper()
	var target struct{ TargetID string }
	var attached struct{ SessionID string }
	p := &page{t: b.t, browser: b, context: context}
	p.must(b.tools.call("", "Target.createTarget", params{"url": "about:blank", "browserContextId": context}, &target))
	p.must(b.tools.call("", "Target.attachToTarget", params{"targetId": target.TargetID, "flatten": true}, &attached))
	p.session = attached.SessionID
	b.t.Cleanup(func() {
		if b.t.Failed() {
			p.screenshot("failed-" + p.session[:6])
			p.noProblems()
		}
	})
	for _, domain := range []string{"Page", "Runtime", "Log"} {
		p.call(domain+".enable", nil, nil)
	}
	p.call("Emulation.setUserAgentOverride", params{"userAgent": b.agent, "acceptLanguage": language}, nil)
	p.call("Emulation.setFocusEmulationEnabled", params{"enabled": true}, nil)
	p.resize(1100, 720, false)
	p.navigate("http://" + s.Addr + "/")
	return p
}

// navigate loads the page, and waits until its script has begun its work.
func (p *page) navigate(url string) {
	p.t.Helper()
	p.call("Page.navigate", params{"url": url}, nil)
	p.until("the page", `document.readyState === "complete" && !!document.body.dataset.state`)
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
	p.clickAt(at.X, at.Y)
}

func (p *page) clickAt(x, y float64) {
	p.t.Helper()
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		p.call("Input.dispatchMouseEvent", params{"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}, nil)
	}
}

// chooseIn opens the menu of a button, and chooses in it.
func (p *page) chooseIn(menu, choice string) {
	p.t.Helper()
	p.click(menu)
	p.click(choice)
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
	p.fill("#name", user)
	p.click("#enter")
	p.connected(user)
}

func (p *page) connected(user string) {
	p.t.Helper()
	p.until("connected as "+user, `document.body.dataset.state === "connected" && document.querySelector("#me").title === `+quoted(user))
}

// state waits until the connection is in this state.
func (p *page) state(state string) {
	p.t.Helper()
	p.until("the state "+state, `document.body.dataset.state === `+quoted(state))
}

// to opens a conversation: all, a group that is listed, or with a person. The list
// may change while the mouse is on its way.
func (p *page) to(name string) {
	p.t.Helper()
	until(p.t, "to open "+name, func() (ok bool) {
		p.click(fmt.Sprintf(`#side [data-open="%s"]`, name))
		p.eval(`document.querySelector("#title").title === `+quoted(name), &ok)
		return ok
	})
	p.isOpen(name)
}

func (p *page) isOpen(name string) {
	p.t.Helper()
	p.until("the conversation "+name, `document.querySelector("#conversations [aria-current=true]")?.dataset.open === `+quoted(name))
}

// joins opens a group, and joins it.
func (p *page) joins(group string) {
	p.t.Helper()
	p.to(group)
	p.click("#join")
	p.until("to be in it", `document.querySelector("#join").hidden`)
}

// begins types into the field that finds conversations, and chooses one that there is not yet.
func (p *page) begins(typed, name string) {
	p.t.Helper()
	p.fill("#find", typed)
	p.click(fmt.Sprintf(`#begin [data-open="%s"]`, name))
	p.isOpen(name)
}

// find types into the field that finds conversations, and takes the best.
func (p *page) find(typed string) {
	p.t.Helper()
	p.fill("#find", typed)
	p.pressEnter()
}

// send writes a message in the open conversation.
func (p *page) send(text string) {
	p.t.Helper()
	p.fill("#text", text)
	p.pressEnter()
	p.until("the field to be empty", `document.querySelector("#text").value === ""`)
}

// shown are the messages of the open conversation that are in the document.
func (p *page) shown() (messages []message) {
	p.t.Helper()
	p.eval(`[...document.querySelectorAll("#messages > li[data-kind=message]")].map((li) =>
		({from: li.dataset.from, body: li.querySelector(".body").textContent, state: li.dataset.state}))`, &messages)
	return messages
}

// shows waits for messages of the open conversation, each of which must be there
// exactly once, and sent.
func (p *page) shows(from string, bodies ...string) {
	p.t.Helper()
	for _, body := range bodies {
		want, count := message{from, body, "sent"}, 0
		until(p.t, fmt.Sprintf("%.200q of %s on the page", body, from), func() bool {
			count = 0
			for _, got := range p.shown() {
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

// showsExactly waits until exactly these are shown, in this order.
func (p *page) showsExactly(bodies ...string) {
	p.t.Helper()
	var got []string
	until(p.t, fmt.Sprintf("exactly %q", bodies), func() bool {
		got = nil
		for _, m := range p.shown() {
			got = append(got, m.Body)
		}
		return slices.Equal(got, bodies)
	})
}

// people waits until exactly these are listed as online.
func (p *page) people(users ...string) {
	p.t.Helper()
	var got []string
	want := slices.Sorted(slices.Values(users))
	until(p.t, fmt.Sprintf("the people %q", want), func() bool {
		p.eval(`[...document.querySelectorAll("#conversations [data-open]:has(.person.on)")].map((each) => each.dataset.open).sort()`, &got)
		return slices.Equal(got, slices.Sorted(slices.Values(want)))
	})
}

// says waits until an element has this text.
func (p *page) says(selector, text string) {
	p.t.Helper()
	p.until(fmt.Sprintf("%s to say %q", selector, text), fmt.Sprintf(`document.querySelector(%s)?.textContent.trim() === %s`, quoted(selector), quoted(text)))
}

// fitsTheWindow checks that nothing is wider than the window.
func (p *page) fitsTheWindow() {
	p.t.Helper()
	p.until("no scrolling sideways", `[document.documentElement, ...document.querySelectorAll("#log, .lists, #side, #chat, #login, #compose, dialog[open]")].every((each) =>
		each.scrollWidth <= Math.max(each.clientWidth, each.offsetWidth))`)
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
