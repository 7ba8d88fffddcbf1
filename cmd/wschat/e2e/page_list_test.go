//go:build e2e && linux

package e2e

import (
	"fmt"
	"slices"
	"testing"
)

// conversations are those listed, in order.
func (p *page) conversations() (names []string) {
	p.t.Helper()
	p.eval(`[...document.querySelectorAll("#conversations [data-kind=conversation]")].map((each) => each.dataset.open)`, &names)
	return names
}

func (p *page) lists(names ...string) {
	p.t.Helper()
	until(p.t, fmt.Sprintf("the conversations %q", names), func() bool { return slices.Equal(p.conversations(), names) })
}

// offers waits until exactly these can be begun.
func (p *page) offers(names ...string) {
	p.t.Helper()
	var got []string
	until(p.t, fmt.Sprintf("%q to be begun", names), func() bool {
		p.eval(`[...document.querySelectorAll("#begin [data-open]")].map((each) => each.dataset.open)`, &got)
		return slices.Equal(got, names)
	})
}

// away moves the mouse away from what it is on.
func (p *page) away() {
	p.t.Helper()
	p.call("Input.dispatchMouseEvent", params{"type": "mouseMoved", "x": 700, "y": 20}, nil)
}

// The list: by activity, with unread counts that survive, last lines, dots.
func TestPageList(t *testing.T) {
	t.Parallel()
	s := start(t)
	alice := startChromium(t).open(s, "en-GB")
	alice.connectAs("alice")
	alice.lists("all", "groupA", "groupB")
	bob, carol := s.login("bob"), s.login("carol")
	bob.say("alice,one", "alice,two")
	alice.lists("bob", "all", "groupA", "groupB")
	alice.says("#conversations [data-open=bob] .badge", "2")
	carol.say("alice,hi")
	alice.lists("carol", "bob", "all", "groupA", "groupB")
	alice.says("#conversations [data-open=carol] .last", "hi")
	bob.say("all,hello all")
	alice.lists("carol", "bob", "all", "groupA", "groupB")
	alice.says("#conversations [data-open=all] .last", "bob: hello all")
	alice.says("#conversations [data-open=all] .badge", "")

	alice.screenshot("list")
	alice.to("bob")
	alice.says("#conversations [data-open=bob] .badge", "")
	alice.until("a line above what is new", `document.querySelector("#messages li:has(.new) .body")?.textContent === "one"`)
	alice.to("all")
	alice.navigate("http://" + s.Addr + "/")
	alice.connected("alice")
	alice.says("#conversations [data-open=carol] .badge", "1")
	alice.says("#conversations [data-open=bob] .badge", "")
	alice.says("#conversations [data-open=bob] .last", "two")
	alice.lists("carol", "all", "groupA", "groupB", "bob")

	alice.people("alice", "bob", "carol")
	carol.Conn.Close()
	alice.people("alice", "bob")

	alice.fill("#find", "ar")
	alice.lists("carol")
	alice.offers("ar", "groupar")
	alice.people()
	alice.screenshot("list-filter")
	alice.audit("list, filtered")
	alice.fill("#find", "OB")
	alice.lists("bob")
	alice.offers("OB", "groupOB")
	alice.people("bob")
	alice.pressEnter()
	alice.isOpen("bob")
	alice.people("alice", "bob")
	alice.begins("front", "groupfront")
	alice.says("#empty", "Join to read along.")
	alice.click("#join")
	alice.says("#about", "1 online: alice")
	alice.chooseIn("#marking", "#leave")
	alice.says("#about", "not joined")

	// What is typed stays where it was.
	alice.to("bob")
	alice.fill("#text", "half a sentence")
	alice.to("all")
	alice.until("nothing typed here", `document.querySelector("#text").value === ""`)
	alice.to("bob")
	alice.until("what was typed there", `document.querySelector("#text").value === "half a sentence"`)
	alice.noProblems()
}

// Many people: the list is bounded, and typing finds the others.
func TestPageManyPeople(t *testing.T) {
	s := start(t, "-rate", "0")
	for i := range 300 {
		s.login(fmt.Sprintf("user%03d", i))
	}
	alice := startChromium(t).open(s, "en-GB")
	alice.connectAs("alice")
	alice.says("#count", "301")
	alice.until("some of them", `((n) => n > 10 && n < 40)(document.querySelectorAll("#list-people li").length)`)
	alice.until("all of them", `document.querySelector("#list-people li:last-child").ariaSetSize === "301"`)
	alice.fill("#find", "user299")
	alice.people("user299")
	alice.noProblems()
}
