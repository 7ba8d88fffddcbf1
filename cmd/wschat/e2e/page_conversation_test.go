//go:build e2e && linux

package e2e

import "testing"

// meeting is two people with our page and one with wscat.
type meeting struct {
	alice, bob *page
	lin        *terminal
}

// Everything that people say to each other, in all ways there are.
func TestPageConversation(t *testing.T) {
	t.Parallel()
	s := start(t)
	browser := startChromium(t)
	m := meeting{browser.open(s, "en-GB"), browser.open(s, "zh-CN"), s.wscat("小林")}
	m.comeIn()
	m.talkPrivately()
	m.alice.screenshot("try")
	m.talkToEveryone()
	m.talkInGroups()
	m.talkInTheirOwnGroup()
	m.goAndComeBack()
	m.alice.noProblems()
	m.bob.noProblems()
}

func (m meeting) comeIn() {
	m.alice.screenshot("login")
	m.bob.screenshot("login-zh")
	m.alice.connectAs("alice")
	m.lin.sees("< 用户(alice)登录了")
	m.alice.people("alice", "小林")
	m.bob.connectAs("bob")
	m.lin.sees("< 用户(bob)登录了")
	m.alice.people("alice", "bob", "小林")
	m.bob.people("alice", "bob", "小林")
}

func (m meeting) talkPrivately() {
	m.alice.to("bob")
	m.alice.send("hello, Bob, with commas,")
	m.alice.shows("alice", "hello, Bob, with commas,")
	m.bob.says(`#conversations [data-open=alice] .badge`, "1")
	m.bob.says(`#conversations [data-open=alice] .last`, "hello, Bob, with commas,")
	m.bob.to("alice")
	m.bob.shows("alice", "hello, Bob, with commas,")
	m.bob.says(`#conversations [data-open=alice] .badge`, "")
	m.bob.to("小林")
	m.bob.send("你好,小林 👋🏽")
	m.lin.sees("< 用户(bob=>小林):你好,小林 👋🏽")
	m.lin.types("alice,hi from a terminal")
	m.lin.sees("> alice,hi from a terminal")
	m.alice.to("小林")
	m.alice.showsExactly("hi from a terminal")
	m.bob.to("bob")
	m.bob.send("note to myself")
	m.bob.shows("bob", "note to myself")
	m.bob.showsExactly("note to myself")
}

func (m meeting) talkToEveryone() {
	m.alice.to("all")
	m.bob.to("all")
	m.bob.send("大家早上好")
	m.bob.showsExactly("大家早上好")
	m.alice.showsExactly("大家早上好")
	m.lin.sees("< 用户(bob=>小林):大家早上好")
}

// talkInGroups has Alice in A, Lin in B, and Bob in both.
func (m meeting) talkInGroups() {
	m.alice.joins("groupA")
	m.alice.send("A is open")
	m.alice.showsExactly("A is open")
	m.bob.to("groupA")
	m.bob.click("#join")
	m.bob.showsExactly("A is open")
	m.bob.send("Bob in A")
	m.alice.showsExactly("A is open", "Bob in A")
	m.bob.joins("groupB")
	m.bob.send("Bob in B")
	m.lin.types("groupB,Lin in B")
	m.lin.sees("> groupB,Lin in B", "< 用户(小林=>小林):Lin in B")
	m.bob.showsExactly("Bob in B", "Lin in B")
	m.alice.send("for A alone")
	m.bob.says("#conversations [data-open=groupA] .badge", "1")
	m.lin.types("who,groupA")
	m.lin.sees("> who,groupA", "< 系统:在线 2: alice bob") // and nothing before it
	m.alice.showsExactly("A is open", "Bob in A", "for A alone")
	m.alice.until("members of A", `document.querySelector("#about").textContent === "2 online: alice, bob"`)
}

func (m meeting) talkInTheirOwnGroup() {
	for _, each := range []*page{m.alice, m.bob} {
		each.begins("前端", "group前端")
		each.click("#join")
		each.until("to be in it", `document.querySelector("#join").hidden`)
	}
	m.lin.asks("who,group前端", "< 系统:在线 2: alice bob")
	m.alice.send("first")
	m.bob.showsExactly("first")
	m.bob.chooseIn("#marking", "#leave")
	m.lin.asks("who,group前端", "< 系统:在线 1: alice")
	m.alice.send("second")
	m.alice.showsExactly("first", "second")
	m.alice.to("bob")
	m.alice.send("third")
	m.bob.to("alice")
	m.bob.shows("alice", "third")
	m.bob.to("group前端")
	m.bob.showsExactly("first")
}

func (m meeting) goAndComeBack() {
	m.bob.chooseIn("#account", "#disconnect")
	m.bob.state("closed")
	m.bob.people()
	m.alice.people("alice", "小林")
	m.lin.sees("< 用户(bob)退出了")
	m.lin.press("\x04")
	m.alice.people("alice")
	m.bob.click("#now")
	m.bob.connected("bob")
	m.alice.people("alice", "bob")
	m.bob.to("alice")
	m.bob.send("back again")
	m.alice.to("bob")
	m.alice.shows("bob", "back again")
}
