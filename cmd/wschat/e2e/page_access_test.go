//go:build e2e && linux

package e2e

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// What a key is held down with.
const (
	alt   = 1
	ctrl  = 2
	shift = 8
)

// strike presses a key while others are held down.
func (p *page) strike(key, text string, code, modifiers int) {
	p.t.Helper()
	stroke := params{"type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
	if text != "" {
		stroke["text"] = text
	}
	p.call("Input.dispatchKeyEvent", stroke, nil)
	p.call("Input.dispatchKeyEvent", params{"type": "keyUp", "key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}, nil)
}

func (p *page) types(text string) {
	p.t.Helper()
	p.call("Input.insertText", params{"text": text}, nil)
}

func (p *page) hasFocus(id string) {
	p.t.Helper()
	p.until("the focus on "+id, `document.activeElement.id === `+quoted(id))
}

// Everything without a mouse.
func TestPageKeyboard(t *testing.T) {
	t.Parallel()
	s := start(t)
	bob := s.login("bob")
	p := startChromium(t).open(s, "en-GB")
	p.hasFocus("name")
	p.strike("a", "", 65, ctrl)
	p.eval(`document.activeElement.select()`, nil)
	p.types("alice")
	p.pressEnter()
	p.connected("alice")
	p.hasFocus("text")
	p.people("alice", "bob")
	p.types("one")
	p.strike("Enter", "\r", 13, shift)
	p.types("two")
	p.pressEnter()
	p.shows("alice", "one\ntwo")
	p.strike("k", "", 75, ctrl)
	p.hasFocus("find")
	p.types("bob")
	p.until("Bob to be found", `document.querySelector("#side li button")?.dataset.open === "bob"`)
	p.pressEnter()
	p.isOpen("bob")
	p.hasFocus("text")
	p.types("hello")
	p.pressEnter()
	bob.hears("用户(alice)登录了", "用户(alice=>bob):one\n\ttwo", "用户(alice=>bob):hello")
	p.lists("all", "groupA", "groupB", "bob")
	p.strike("ArrowDown", "", 40, alt)
	p.isOpen("all")
	p.strike("ArrowDown", "", 40, alt)
	p.isOpen("groupA")
	p.strike("ArrowUp", "", 38, alt)
	p.isOpen("all")

	// From the field that finds down into the list, and out again.
	p.strike("k", "", 75, ctrl)
	p.press("ArrowDown", "", 40)
	p.press("ArrowDown", "", 40)
	p.pressEnter()
	p.isOpen("groupA")
	p.press("Tab", "\t", 9)
	p.press("Escape", "", 27)
	p.hasFocus("text")

	// Tab comes by everything, and shows where it is.
	var stops []string
	for range 40 {
		p.press("Tab", "\t", 9)
		var stop struct {
			ID      string
			Visible bool
		}
		p.eval(`(() => {
			const it = document.activeElement;
			if (it === document.body) return {id: "body", visible: true};
			const style = getComputedStyle(it), around = getComputedStyle(it.parentElement);
			const {width, height} = it.getBoundingClientRect();
			return {id: it.id || it.dataset.open || it.className, visible: width > 0 && height > 0 && (style.outlineStyle !== "none" || around.boxShadow !== "none")};
		})()`, &stop)
		if !stop.Visible {
			t.Errorf("the focus on %q cannot be seen", stop.ID)
		}
		if stop.ID == "find" {
			p.screenshot("keyboard-focus")
		}
		stops = append(stops, stop.ID)
	}
	for _, id := range []string{"account", "find", "all", "groupA", "groupB", "alice", "bob", "search", "groups", "marking", "join", "log", "attach", "text", "send"} {
		if !strings.Contains(" "+strings.Join(stops, " ")+" ", " "+id+" ") {
			t.Errorf("Tab does not come to %q: %q", id, stops)
		}
	}

	// The settings are a dialog that keeps the focus until it ends.
	p.eval(`document.querySelector("#account").focus()`, nil)
	p.pressEnter()
	p.hasFocus("settings")
	for _, id := range []string{"language", "other-name", "disconnect", "settings"} {
		p.press("ArrowDown", "", 40)
		p.hasFocus(id)
	}
	p.pressEnter()
	p.until("the dialog", `document.querySelector("#options")?.open && document.querySelector("#options").contains(document.activeElement)`)
	p.press("Escape", "", 27)
	p.until("the dialog to end", `!document.querySelector("#options")?.open`)
	p.hasFocus("account")

	// What comes is read out.
	p.strike("ArrowUp", "", 38, alt)
	p.isOpen("all")
	bob.say("all,read this out")
	p.says("#said", "bob: read this out")
	p.noProblems()
}

// audit runs axe-core on what is seen now.
func (p *page) audit(what string) {
	p.t.Helper()
	source, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	p.must(err)
	p.eval(string(source)+`;undefined`, nil)
	var violations []struct {
		ID, Help string
		Nodes    []struct{ HTML, FailureSummary string }
	}
	p.eval(`axe.run(document, {resultTypes: ["violations"]}).then(({violations}) => violations)`, &violations)
	for _, v := range violations {
		for _, n := range v.Nodes {
			p.t.Errorf("%s: %s: %s: %.300s: %.400s", what, v.ID, v.Help, n.HTML, n.FailureSummary)
		}
	}
}

// No violation in any of the main states, light and dark, wide and narrow, in both
// languages; nothing is wider than the window.
func TestPageAccessibility(t *testing.T) {
	t.Parallel()
	browser := startChromium(t)
	for _, language := range []string{"en-GB", "zh-CN"} {
		s := start(t)
		bob := s.login("bob")
		for _, scheme := range []string{"light", "dark"} {
			p := browser.open(s, language)
			name := func(what string) string { return what + "-" + language[:2] + "-" + scheme }
			p.call("Emulation.setEmulatedMedia", params{"features": []params{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
			p.audit(name("login"))
			p.screenshot(name("login"))
			p.connectAs("alice")
			if scheme == "light" {
				talk(t, p, bob)
			}
			p.to("bob")
			p.until("a picture and a mention", `document.querySelector("#messages img")?.naturalWidth && document.querySelector("#messages mark")`)
			p.away()
			for _, size := range []struct {
				name          string
				width, height int
			}{{"desktop", 1100, 720}, {"wide", 1920, 1000}, {"phone", 360, 740}} {
				p.resize(size.width, size.height, size.name == "phone")
				p.until("the end", `(({scrollTop, clientHeight, scrollHeight}) => scrollTop + clientHeight > scrollHeight - 3)(document.querySelector("#log"))`)
				p.fitsTheWindow()
				if size.name != "wide" {
					p.audit(name(size.name))
				}
				p.screenshot(name(size.name))
			}
			p.click("#back")
			p.fitsTheWindow()
			p.audit(name("phone-list"))
			p.screenshot(name("phone-list"))
			p.to("groupA")
			p.until("only the conversation", `document.querySelector("#side").offsetWidth === 0 && document.querySelector("#text").offsetWidth > 100`)
			p.click("#back")
			p.chooseIn("#account", "#settings")
			p.fitsTheWindow()
			p.audit(name("phone-settings"))
			p.screenshot(name("phone-settings"))
			p.noProblems()
		}
	}
}

// talk fills a private conversation with all that there can be.
func talk(t *testing.T, p *page, bob *client) {
	t.Helper()
	if err := bob.Send(2, append([]byte("alice,"), picture(t, 320, 140)...)); err != nil {
		t.Fatal(err)
	}
	bob.say("alice,Good morning @alice! The plan is at https://example.com/plan",
		"alice,```\nmake test   # takes eight minutes\n```", "alice,مرحبا، كيف حالك؟", "alice,👍🏽", "all,大家早上好")
	p.to("bob")
	p.send("Thanks, `make test` it is.")
	p.shows("alice", "Thanks, make test it is.")
	if err := bob.Send(2, append([]byte("alice,"), "a file of somebody else's"...)); err != nil {
		t.Fatal(err)
	}
	p.until("the file", `document.querySelector("#messages a[download]")`)
}

// Both languages, switched at any time, say everything.
func TestPageLanguages(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := startChromium(t).open(s, "zh-CN")
	words := func() (said string) {
		p.eval(`[document.documentElement.lang, ...[...document.querySelectorAll("body, [aria-label], [placeholder], [title]")].flatMap((each) =>
			[each.ariaLabel, each.placeholder, each.title, each === document.body ? each.innerText : ""])].filter(Boolean).join("\n")`, &said)
		return said
	}
	p.connectAs("1")
	s.login("2").say("all,3")
	p.shows("2", "3")
	for _, unwanted := range []string{"Message", "Send", "online", "came", "Today", "Conversations", "Everyone", "undefined"} {
		if strings.Contains(words(), unwanted) {
			t.Errorf("in Chinese it says %q", unwanted)
		}
	}
	p.chooseIn("#account", "#language")
	p.says("#title", "Everyone")
	p.says("#messages li:nth-child(1) .quiet", "2 came")
	english := ""
	until(t, "all to be English", func() bool {
		english = words()
		return !strings.ContainsFunc(english, func(r rune) bool { return r >= 0x2E80 && r < 0xA000 })
	})
	if strings.Contains(english, "undefined") {
		t.Errorf("something is not said: %q", english)
	}
	p.navigate("http://" + s.Addr + "/")
	p.connected("1")
	p.says("#title", "Everyone")
	var kept map[string]any
	var text string
	p.eval(`localStorage.wschat`, &text)
	if err := json.Unmarshal([]byte(text), &kept); err != nil || kept["language"] != "en" {
		t.Errorf("kept is %s, %v", text, err)
	}
	p.noProblems()
}
