//go:build e2e && linux

package e2e

import (
	"slices"
	"testing"
)

// The title counts; notifications and sound come for private messages and
// mentions that nobody looks at, and only once they have been asked for.
func TestPageNotifications(t *testing.T) {
	s := start(t)
	browser := startChromium(t)
	alice := browser.open(s, "en-GB")
	alice.must(browser.tools.call("", "Browser.grantPermissions", params{"permissions": []string{"notifications"}, "browserContextId": alice.context}, nil))
	alice.call("Page.addScriptToEvaluateOnNewDocument", params{"source": `
		window.told = []; window.beeps = 0;
		const Real = Notification;
		window.Notification = class { constructor(title, {body}) { told.push(title + ": " + body); } close() {} static get permission() { return Real.permission; } static requestPermission() { return Real.requestPermission(); } };
		const start = OscillatorNode.prototype.start;
		OscillatorNode.prototype.start = function (when) { beeps++; return start.call(this, when); };`}, nil)
	alice.navigate("http://" + s.Addr + "/")
	alice.connectAs("alice")
	bob := s.login("bob")
	told := func(want int, beeps int) {
		t.Helper()
		var got struct {
			Told  []string
			Beeps int
		}
		until(t, "notifications", func() bool {
			alice.eval(`({told, beeps})`, &got)
			return len(got.Told) >= want && got.Beeps >= beeps
		})
		if len(got.Told) != want || got.Beeps != beeps {
			t.Fatalf("got %q and %d beeps, want %d and %d", got.Told, got.Beeps, want, beeps)
		}
	}
	bob.say("alice,off")
	alice.until("the badge", `document.title === "(1) wschat"`)
	told(0, 0)

	alice.chooseIn("#account", "#settings")
	alice.click("#notify")
	alice.click("#sound")
	alice.until("both on", `document.querySelector("#notify").checked && document.querySelector("#sound").checked`)
	alice.screenshot("settings")
	alice.click("#options .main")
	told(0, 1) // how it sounds
	bob.say("alice,private", "all,to everyone", "all,@alice: a mention")
	bob.say("groupA,x", "alice,last")
	alice.until("the badge", `document.title === "(3) wschat"`)
	told(2, 3) // the mention was seen
	alice.call("Emulation.setFocusEmulationEnabled", params{"enabled": false}, nil)
	alice.eval(`Object.defineProperty(document, "hidden", {value: true, configurable: true}); document.hasFocus = () => false`, nil)
	bob.say("all,hello again", "all,@alice, are you there?")
	alice.until("the badge", `document.title === "(5) wschat"`)
	told(3, 4)
	var last []string
	alice.eval(`told`, &last)
	if !slices.Contains(last, "bob: @alice, are you there?") {
		t.Errorf("got %q", last)
	}
	alice.eval(`delete document.hidden; delete document.hasFocus; dispatchEvent(new Event("focus"))`, nil)
	alice.until("the badge to be less", `document.title === "(3) wschat"`)
	alice.to("bob")
	alice.until("no badge", `document.title === "wschat"`)
	alice.noProblems()
}

// Of several tabs one calls, and none while one of them is in use; what is read elsewhere calls
// no more.
func TestPageOneTabCalls(t *testing.T) {
	t.Parallel()
	s := start(t)
	browser := startChromium(t)
	first := browser.open(s, "en-GB")
	second := first.tab(s)
	first.must(browser.tools.call("", "Browser.grantPermissions", params{"permissions": []string{"notifications"}, "browserContextId": first.context}, nil))
	tabs := []*page{first, second}
	for _, each := range tabs {
		each.call("Page.addScriptToEvaluateOnNewDocument", params{"source": `
			window.told = []; window.closed_ = 0; window.used = false;
			window.Notification = class { constructor(title, {body}) { told.push(body); } close() { closed_++; } static permission = "granted"; };
			document.hasFocus = () => window.used;`}, nil)
		each.eval(`localStorage.wschat = '{"notify":true,"id":"alice","enter":true}'`, nil)
		each.reload(s)
		each.connected("alice")
	}
	bob := s.login("bob")
	told := func() (n int) {
		for _, each := range tabs {
			var here int
			each.eval(`told.length`, &here)
			n += here
		}
		return n
	}
	for n := 1; n <= 3; n++ {
		bob.say("alice,are you there?")
		until(t, "one of them to call", func() bool { return told() >= n })
		for _, each := range tabs {
			each.says("#conversations [data-open=bob] .badge", string(rune('0'+n)))
		}
	}
	second.eval(`window.used = true; dispatchEvent(new Event("focus"))`, nil)
	bob.say("alice,I see you")
	second.says("#conversations [data-open=bob] .badge", "4")
	second.to("bob")
	until(t, "the notification to be closed", func() bool {
		var a, b int
		first.eval(`closed_`, &a)
		second.eval(`closed_`, &b)
		return a+b > 0
	})
	bob.say("alice,and now") // which is seen
	second.shows("bob", "and now")
	first.says("#conversations [data-open=bob] .last", "and now")
	first.says("#conversations [data-open=bob] .badge", "")
	// Of the fourth the tab in use tells, since something else is open in it.
	if n := told(); n != 4 {
		t.Errorf("%d notifications, want 4", n)
	}
	second.noProblems()
	second.call("Page.navigate", params{"url": "about:blank"}, nil) // the one that was in use is gone
	second.until("it to be gone", `location.href === "about:blank"`)
	tabs = tabs[:1]
	before := told()
	bob.say("alice,are you gone?")
	until(t, "the tab that is left to call", func() bool { return told() > before })
	first.noProblems()
}
