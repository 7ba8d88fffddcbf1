//go:build e2e && linux

package e2e

import "testing"

// Who is in a group is beside it where there is room, otherwise behind its title: those who are
// online, and those who are away. Its topic is in its head, and members change it (PROTOCOL 5.2).
func TestPageMembers(t *testing.T) {
	t.Parallel()
	s := start(t)
	browser := startChromium(t)
	alice, phone := browser.open(s, "en-GB"), browser.open(s, "zh-CN")
	alice.resize(1440, 800, false)
	alice.connectAs("alice")
	bob, _ := s.program("bob")
	bob.say(`{"op":"join","group":"groupA"}`)
	alice.sees("complementary", "Members")
	alice.says("#count-on", "Online 2")
	alice.joins("groupA")
	alice.until("both online", `[...document.querySelectorAll("#members-on .name")].map((each) => each.textContent).join() === "alice,bob"`)
	bob.Conn.Close()
	alice.says("#count-on", "Online 1")
	alice.says("#count-away", "Away 1")
	alice.says("#members-away .name", "bob")
	alice.screenshot("members")
	alice.audit("members")
	bob, _ = s.program("bob")
	alice.says("#count-on", "Online 2")
	alice.seesNo("heading", "Away…")

	alice.click("#marking")
	alice.fill("#topic", "what to do in May")
	alice.screenshot("topic")
	alice.audit("topic")
	alice.pressEnter()
	alice.says("#about", "what to do in May · 2 online: alice, bob")
	alice.screenshot("topic-set")

	// The title opens and closes it, and a person leads to the conversation with that person.
	alice.click("#title")
	alice.seesNo("complementary", "Members")
	alice.click("#title")
	alice.click("#members [data-open=bob]")
	alice.isOpen("bob")
	alice.seesNo("complementary", "Members")

	phone.resize(390, 800, true)
	phone.connectAs("carol")
	phone.eval(`location.hash = "#/groupA"`, nil)
	phone.click("#join")
	phone.says("#about", "what to do in May · 3 人在线: alice, bob, carol")
	phone.seesNo("complementary", "成员")
	phone.click("#title")
	phone.sees("complementary", "成员")
	phone.fitsTheWindow()
	phone.screenshot("members-phone-zh")
	phone.audit("members, on a phone")
	phone.click("#members [data-open=bob]")
	phone.until("the conversation with bob", `document.querySelector("#title").title === "bob"`)
	phone.seesNo("complementary", "成员")
	bob.say(`{"op":"leave","group":"groupA"}`)
	phone.eval(`history.back()`, nil)
	phone.says("#about", "what to do in May · 2 人在线: alice, carol")
	alice.noProblems()
	phone.noProblems()
}
