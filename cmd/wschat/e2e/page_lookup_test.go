//go:build e2e && linux

package e2e

import (
	"fmt"
	"testing"
)

// PROTOCOL 5.2, search: everywhere from Find, in the conversation with Ctrl+F; what is found leads
// to where it was said.
func TestPageSearch(t *testing.T) {
	t.Parallel()
	s := start(t, "-rate", "0")
	browser := startChromium(t)
	alice := browser.open(s, "en-GB")
	alice.connectAs("alice")
	alice.joins("groupA")
	bob := s.login("bob")
	bob.say("groupA,The Invoice (of May) is 40.5% paid")
	for i := range 400 {
		bob.say(fmt.Sprint("groupA,number ", i))
	}
	bob.say("alice,another invoice, for you", "alice,the end")
	alice.to("bob")
	alice.shows("bob", "the end")

	alice.fill("#find", "invoice")
	alice.sees("button", "Search messages for “invoice”")
	alice.click("#search")
	alice.sees("dialog", "Search messages")
	alice.until("both, the newest first", `((rows) => rows.length === 2 && rows[0].textContent.includes("another invoice, for you") && rows[1].textContent.includes("# A"))([...document.querySelectorAll("#found li")])`)
	alice.until("what was sought to be marked", `[...document.querySelectorAll("#found mark")].map((each) => each.textContent).join() === "invoice,Invoice"`)
	alice.screenshot("search")
	alice.audit("search")
	alice.click("#found li:last-child button")
	alice.isOpen("groupA")
	inSight := func(words string) {
		t.Helper()
		alice.until(words+" in sight", fmt.Sprintf(`[...document.querySelectorAll("#messages .sought .body")].some((each) => each.textContent === %s &&
			(({top, bottom}) => top > 50 && bottom < innerHeight - 50)(each.getBoundingClientRect()))`, quoted(words)))
	}
	inSight("The Invoice (of May) is 40.5% paid")
	alice.screenshot("search-found")

	ctrlF := func() {
		t.Helper()
		alice.call("Input.dispatchKeyEvent", params{"type": "keyDown", "key": "f", "code": "KeyF", "windowsVirtualKeyCode": 70, "modifiers": 2}, nil)
		alice.call("Input.dispatchKeyEvent", params{"type": "keyUp", "key": "f", "code": "KeyF", "windowsVirtualKeyCode": 70, "modifiers": 2}, nil)
	}
	ctrlF()
	alice.sees("dialog", "Search in # A")
	alice.call("Input.insertText", params{"text": "number"}, nil)
	alice.until("the newest", `document.querySelectorAll("#found li").length === 20 && document.querySelector("#found .last").textContent === "number 399"`)
	alice.click("#found-more")
	alice.until("more", `document.querySelectorAll("#found li").length === 40`)
	alice.fill("#sought", "number 7 nowhere")
	alice.says("#found-what", "Nothing found.")
	alice.fill("#sought", "(of may) 40.5%")
	alice.until("one", `document.querySelectorAll("#found li").length === 1`)
	alice.fill("#sought", "number 200")
	alice.until("one", `document.querySelector("#found .last")?.textContent === "number 200"`)
	alice.click("#found button")
	inSight("number 200")
	alice.fitsTheWindow()
	alice.noProblems()
}

// PROTOCOL 5.2, groups: which there are, with members and topic; one of them is joined.
func TestPageGroupDirectory(t *testing.T) {
	t.Parallel()
	s := start(t)
	alice := startChromium(t).open(s, "zh-CN")
	alice.connectAs("alice")
	bob, _ := s.program("bob")
	bob.say(`{"op":"join","group":"groupPlans"}`, `{"op":"topic","group":"groupPlans","text":"what to do in May"}`, `{"op":"join","group":"groupplay"}`)
	alice.people("alice", "bob")
	alice.away()
	alice.click("#groups")
	alice.sees("dialog", "所有组…")
	alice.until("both", `document.querySelectorAll("#found li").length === 2`)
	alice.until("members and topic", `document.querySelector("#found li").textContent.includes("1 名成员，1 人在线") && document.querySelector("#found .last").textContent === "what to do in May"`)
	alice.screenshot("groups-zh")
	alice.audit("groups")
	alice.fill("#sought", "Pla")
	alice.until("one", `document.querySelectorAll("#found li").length === 1`)
	alice.click("#found li > button:last-child")
	alice.isOpen("groupPlans")
	alice.click("#marking")
	alice.sees("button", "离开")
	alice.press("Escape", "", 27)
	bob.say(`{"op":"send","to":"groupPlans","text":"welcome"}`)
	alice.shows("bob", "welcome")
	alice.noProblems()
}
