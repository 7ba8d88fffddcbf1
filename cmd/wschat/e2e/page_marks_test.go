//go:build e2e && linux

package e2e

import "testing"

// PROTOCOL 5.2, marks: a pinned conversation is the first; a hidden one is not shown until there is
// something new; a muted one does not call. They hold on all devices.
func TestPageMarks(t *testing.T) {
	t.Parallel()
	s := start(t)
	browser := startChromium(t)
	alice, phone := browser.open(s, "en-GB"), browser.open(s, "zh-CN")
	alice.connectAs("alice")
	phone.connectAs("alice")
	bob := s.login("bob")
	bob.say("alice,one")
	alice.lists("bob", "all", "groupA", "groupB")
	mark := func(name, label string) {
		t.Helper()
		alice.to(name)
		alice.away()
		alice.click("#marking")
		alice.sees("button", label)
		alice.click("#marks [data-mark=" + map[string]string{"Pin to the top": "pin", "Mute": "mute", "Hide until something is new": "hide"}[label] + "]")
		alice.seesNo("button", label)
	}
	mark("groupA", "Pin to the top")
	alice.lists("groupA", "bob", "all", "groupB")
	phone.lists("groupA", "bob", "all", "groupB")
	alice.click("#marking")
	alice.until("it to be pressed", `document.querySelector("[data-mark=pin]").ariaPressed === "true"`)
	alice.screenshot("marks")
	alice.audit("marks")
	alice.press("Escape", "", 27)
	alice.seesNo("button", "Mute")

	// Hidden: it is there while it is open, and when something is new.
	mark("bob", "Hide until something is new")
	alice.lists("groupA", "bob", "all", "groupB")
	alice.to("all")
	alice.away()
	alice.lists("groupA", "all", "groupB")
	alice.find("bob")
	alice.isOpen("bob")
	alice.to("all")
	alice.away()
	bob.say("alice,two")
	alice.lists("groupA", "bob", "all", "groupB")
	alice.until("the title", `document.title === "(1) wschat"`)

	// Muted: its badge says how much is new, and nothing else does.
	mark("bob", "Mute")
	alice.to("all")
	alice.until("the title", `document.title === "wschat"`)
	bob.say("alice,three", "alice,four")
	alice.says("#conversations [data-open=bob] .badge", "2")
	alice.until("the title as it was", `document.title === "wschat"`)
	phone.says("#conversations [data-open=bob] .badge", "2")
	phone.screenshot("marks-list-zh")
	alice.reload(s)
	alice.connected("alice")
	alice.lists("groupA", "all", "groupB", "bob")
	alice.says("#conversations [data-open=bob] .badge", "2")
	alice.until("the title", `document.title === "wschat"`)
	alice.noProblems()
	phone.noProblems()
}
