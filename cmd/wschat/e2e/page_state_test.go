//go:build e2e && linux

package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// tab opens another tab of the same browser window, with the same storage.
func (p *page) tab(s *server) *page {
	p.t.Helper()
	return p.browser.openIn(p.context, s, "en-GB")
}

// reload loads the page again, in this tab.
func (p *page) reload(s *server) {
	p.t.Helper()
	p.navigate("http://" + s.Addr + "/?" + fmt.Sprint(p.reloads))
	p.reloads++
}

// sees waits until the accessibility tree has a node of this role with this name.
func (p *page) sees(role, name string) {
	p.t.Helper()
	until(p.t, fmt.Sprintf("a %s that is called %q", role, name), func() bool { return p.count(role, name) > 0 })
}

// seesNo waits until there is none.
func (p *page) seesNo(role, name string) {
	p.t.Helper()
	until(p.t, fmt.Sprintf("no %s that is called %q", role, name), func() bool { return p.count(role, name) == 0 })
}

// count counts nodes of the accessibility tree; a name that ends with … is the beginning of one.
func (p *page) count(role, name string) (n int) {
	p.t.Helper()
	var tree struct {
		Nodes []struct {
			Ignored    bool
			Role, Name struct{ Value any }
		}
	}
	p.call("Accessibility.getFullAXTree", params{}, &tree)
	begin, isBegin := strings.CutSuffix(name, "…")
	for _, node := range tree.Nodes {
		got := strings.TrimSpace(fmt.Sprint(node.Name.Value))
		if !node.Ignored && node.Role.Value == role && (got == name || isBegin && strings.HasPrefix(got, begin)) {
			n++
		}
	}
	return n
}

// A private text never lands in a group: Enter takes who is meant, groups are begun by choosing
// that, and one that one is not in asks before it is told anything.
func TestPageFindMeansPeople(t *testing.T) {
	t.Parallel()
	s := start(t)
	alice := startChromium(t).open(s, "en-GB")
	carl := s.login("carla")
	alice.connectAs("alice")
	alice.people("alice", "carla")
	alice.find("carl")
	alice.isOpen("carla")
	alice.send("for you alone")
	carl.hears("用户(alice)登录了", "用户(alice=>carla):for you alone")
	for _, typed := range []string{"CARL", "arl"} {
		alice.to("all")
		alice.find(typed)
		alice.isOpen("carla")
	}

	// Nobody is called that: Enter begins nothing, and offers a person first.
	alice.find("zoe")
	alice.until("nothing to be opened", `document.querySelector("#title").title === "carla" && document.activeElement.dataset.open === "zoe"`)
	alice.sees("button", "Write to zoe")
	alice.sees("button", "Open or create # zoe")
	alice.press("Escape", "", 27)

	alice.begins("plans", "groupplans")
	alice.fill("#text", "a private text")
	alice.pressEnter()
	alice.sees("button", "Join and send")
	alice.screenshot("join-first")
	alice.audit("join first")
	carl.say("who,groupplans")
	carl.hears("系统:在线 0:")
	alice.to("carla")
	alice.seesNo("button", "Join and send")
	alice.to("groupplans")
	alice.until("what was typed", `document.querySelector("#text").value === "a private text"`)
	alice.click("#text")
	alice.pressEnter()
	alice.hasFocus("join-here")
	alice.pressEnter()
	alice.shows("alice", "a private text")
	carl.say("who,groupplans")
	carl.hears("系统:在线 1: alice")
	alice.noProblems()
}

// What was written while the network was away, drafts and what was refused outlast a reload;
// each is delivered once, and belongs to its user.
func TestPageOutboxOutlastsAReload(t *testing.T) {
	t.Parallel()
	s := start(t)
	browser := startChromium(t)
	alice := browser.open(s, "en-GB")
	bob := s.login("bob")
	alice.connectAs("alice")
	bob.hears("用户(alice)登录了")
	alice.to("bob")

	// Half of them reach the server, whose acks do not come back.
	alice.eval(`WebSocket.prototype.send = new Proxy(WebSocket.prototype.send, {apply: (send, socket, [data]) => {
		socket.onmessage = () => {};
		if (!window.cut_) send.call(socket, data);
	}})`, nil)
	alice.send("the server has it")
	bob.hears("用户(alice=>bob):the server has it")
	alice.eval(`window.cut_ = true`, nil)
	alice.send("nobody has it")
	alice.fill("#text", "half a sen")
	alice.to("all")
	alice.fill("#text", "for all")
	alice.says("#conversations [data-open=bob] .last", "Draft: half a sen")
	alice.eval(`WebSocket.prototype.send = function () {}`, nil)
	alice.reload(s)
	alice.connected("alice")
	bob.hears("用户(alice=>bob):nobody has it")
	alice.until("the draft of this conversation", `document.querySelector("#text").value === "for all"`)
	alice.to("bob")
	alice.until("the draft", `document.querySelector("#text").value === "half a sen"`)
	alice.until("both, once", `(([a, b, ...rest]) => a === "the server has it" && b === "nobody has it" && !rest.length)([...document.querySelectorAll("#messages [data-state=sent] .body")].map((each) => each.textContent))`)
	alice.fill("#text", "")
	alice.reload(s)
	alice.connected("alice")
	alice.to("bob")
	alice.showsExactly("the server has it", "nobody has it")
	alice.until("no draft", `document.querySelector("#text").value === ""`)

	// What cannot be sent says so, also later, until one edits or discards it.
	alice.begins("nobody", "nobody")
	alice.send("one")
	alice.send("two")
	alice.sees("button", "Discard")
	alice.reload(s)
	alice.connected("alice")
	alice.to("nobody")
	alice.showsExactly("one", "two")
	alice.screenshot("outbox-failed")
	alice.audit("failed")
	alice.click("#messages li:last-child [data-discard]")
	alice.showsExactly("one")
	alice.click("#messages li:last-child [data-edit]")
	alice.showsExactly()
	alice.until("the text to be edited", `document.querySelector("#text").value === "one"`)
	alice.send("three")
	s.login("nobody")
	alice.click("#messages li:last-child [data-retry]")
	alice.shows("alice", "three")

	// Somebody else at this browser sees none of it.
	alice.fill("#text", "a secret draft")
	alice.chooseIn("#account", "#other-name")
	alice.connectAs("eve")
	alice.to("nobody")
	alice.until("nothing typed", `document.querySelector("#text").value === ""`)
	alice.seesNo("button", "Discard")
	bob.say("history,alice")
	alice.noProblems()
	var kept string
	alice.eval(`JSON.stringify(Object.keys(localStorage).filter((key) => key.startsWith("wschat out")))`, &kept)
	if kept != "[]" {
		t.Errorf("the outbox still has %s", kept)
	}
}

// Read marks: the same in all tabs and on all devices, over reloads; a line above what is new
// that stays until one leaves; one's own are never unread.
func TestPageReadMarks(t *testing.T) {
	t.Parallel()
	s := start(t)
	browser := startChromium(t)
	desktop, phone := browser.open(s, "en-GB"), browser.open(s, "en-GB")
	bob := s.login("bob")
	desktop.connectAs("alice")
	phone.connectAs("alice")
	for i := range 40 {
		bob.say(fmt.Sprint("alice,number ", i))
	}
	desktop.says("#conversations [data-open=bob] .badge", "40")
	phone.says("#conversations [data-open=bob] .badge", "40")
	phone.until("the title", `document.title === "(40) wschat"`)

	// It opens at the first that is new, not at the end; what is in sight has been read.
	desktop.to("bob")
	desktop.until("the first of them, below the line", `(([line, log]) => line && line.getBoundingClientRect().top >= log.getBoundingClientRect().top &&
		line.closest("li").querySelector(".body").textContent === "number 0")([document.querySelector("#messages .new"), document.querySelector("#log")])`)
	desktop.until("some of them read", `((n) => n > 0 && n < 40)(Number(document.querySelector("#conversations [data-open=bob] .badge").textContent))`)
	desktop.screenshot("new-line")
	desktop.click("#newest")
	for _, each := range []*page{desktop, phone} {
		each.says("#conversations [data-open=bob] .badge", "")
		each.until("the title", `document.title === "wschat"`)
	}
	desktop.eval(`document.querySelector("#log").scrollTop = 0`, nil)
	desktop.until("the line to be there still", `document.querySelector("#messages .new")`)
	desktop.to("all")
	desktop.to("bob")
	desktop.until("no line", `document.querySelector("#messages .body") && !document.querySelector("#messages .new")`)

	phone.to("bob")
	phone.send("one of mine")
	phone.to("all")
	for _, each := range []*page{desktop, phone} {
		each.says("#conversations [data-open=bob] .badge", "")
		each.says("#conversations [data-open=bob] .last", "one of mine")
	}
	desktop.to("all")
	bob.say("alice,while they look elsewhere")
	phone.says("#conversations [data-open=bob] .badge", "1")
	phone.reload(s)
	phone.connected("alice")
	phone.says("#conversations [data-open=bob] .badge", "1")
	phone.to("bob")
	desktop.says("#conversations [data-open=bob] .badge", "")
	desktop.noProblems()
	phone.noProblems()
}

// Conversations and messages have addresses; back, forward and reload work.
func TestPageAddresses(t *testing.T) {
	t.Parallel()
	s := start(t)
	alice := startChromium(t).open(s, "en-GB")
	bob := s.login("bob")
	alice.connectAs("alice")
	alice.joins("groupA")
	bob.say("groupA,hello")
	for i := range 300 {
		bob.say(fmt.Sprint("groupA,number ", i))
	}
	alice.shows("bob", "number 299")
	at := func(hash string) {
		t.Helper()
		alice.until("the address "+hash, `location.hash === `+quoted(hash))
	}
	at("#/groupA")
	alice.to("bob")
	at("#/bob")
	alice.begins("前端", "group前端")
	alice.eval(`history.back()`, nil)
	alice.isOpen("bob")
	alice.eval(`history.back()`, nil)
	alice.isOpen("groupA")
	alice.eval(`history.go(2)`, nil)
	alice.isOpen("group前端")
	alice.call("Page.reload", params{}, nil)
	alice.isOpen("group前端")

	// Where one was in it.
	alice.to("groupA")
	alice.shows("bob", "number 299")
	until(t, "to have left the end", func() (ok bool) {
		alice.eval(`{const log = document.querySelector("#log"); if (log.scrollHeight > 1.8 * log.clientHeight) log.scrollTop = log.scrollHeight - 1.7 * log.clientHeight}`, nil)
		alice.eval(`!document.querySelector("#newest").hidden`, &ok)
		return ok
	})
	const top = `[...document.querySelectorAll("#messages li .body")].find((each) => each.getBoundingClientRect().top > 100).textContent`
	var before, after string
	until(t, "the log to stand still", func() bool { // older messages may still come, and what is drawn last
		last := before
		alice.eval(`new Promise((still) => requestAnimationFrame(() => setTimeout(still, 100)))`, nil)
		alice.eval(top, &before)
		return before == last
	})
	alice.to("bob")
	alice.to("groupA")
	alice.until("the same place", top+` === `+quoted(before))
	alice.eval(top, &after)

	// A message.
	alice.eval(`location.hash = "#/groupA/41"`, nil)
	inSight := func(text string) {
		t.Helper()
		alice.until(text+" in sight", fmt.Sprintf(`[...document.querySelectorAll("#messages li")].some((li) => li.querySelector(".body")?.textContent === %s &&
			(({top, bottom}) => top > 50 && bottom < innerHeight - 50)(li.getBoundingClientRect()))`, quoted(text)))
	}
	inSight("number 39")
	alice.navigate("http://" + s.Addr + "/?fresh#/groupA/7")
	alice.connected("alice")
	inSight("number 5")
	for _, bad := range []string{"#/a b", "#/%zz", "#/groupA/x", "#nothing"} {
		alice.eval(`location.hash = `+quoted(bad), nil)
		alice.isOpen("groupA")
	}
	alice.noProblems()
}

// What is too large is refused before it is sent, each by its name.
func TestPageRespectsLimits(t *testing.T) {
	t.Parallel()
	s := start(t, "-max-message", "20000")
	alice := startChromium(t).open(s, "en-GB")
	alice.connectAs("alice")
	alice.eval(`document.querySelector("#text").value = "猫".repeat(7000)`, nil)
	alice.click("#text")
	alice.pressEnter()
	alice.says("#complaint", "This text has 20.8 KiB; at most 19.5 KiB can be sent.")
	alice.until("the text to be there still", `document.querySelector("#text").value.length === 7000`)
	alice.eval(`{const d = new DataTransfer();
		for (const [name, size] of [["a.bin", 30000], ["b.bin", 40000], ["fits.txt", 100], ["empty.txt", 0]]) d.items.add(new File([new Uint8Array(size)], name));
		document.querySelector("#text").value = "";
		document.querySelector("#text").dispatchEvent(new ClipboardEvent("paste", {clipboardData: d, bubbles: true, cancelable: true})) }`, nil)
	alice.says("#complaint", "a.bin has 29.3 KiB; at most 18.5 KiB can be sent.\nb.bin has 39.1 KiB; at most 18.5 KiB can be sent.\nempty.txt is empty.")
	alice.click("#send")
	alice.until("the one that fits", `document.querySelector("#messages [data-state=sent] a[download='fits.txt']")`)

	// A chosen file belongs to its conversation.
	alice.eval(`{const d = new DataTransfer(); d.items.add(new File(["x"], "mine.txt"));
		document.querySelector("#text").dispatchEvent(new ClipboardEvent("paste", {clipboardData: d, bubbles: true, cancelable: true})) }`, nil)
	alice.says("#files .name", "mine.txt")
	alice.to("groupA")
	alice.until("no file", `!document.querySelector("#files li")`)
	alice.to("all")
	alice.says("#files .name", "mine.txt")
	alice.noProblems()
}

// The beginning is called that only where it is.
func TestPageBeginning(t *testing.T) {
	t.Parallel()
	s := start(t, "-history", "10", "-rate", "0")
	bob := s.login("bob")
	for i := range 30 {
		bob.say(fmt.Sprint("all,number ", i))
	}
	bob.say("groupA,the first")
	alice := startChromium(t).open(s, "en-GB")
	alice.connectAs("alice")
	alice.shows("bob", "number 29")
	until(t, "the oldest", func() (ok bool) {
		alice.eval(`document.querySelector("#log").scrollTop = 0`, nil)
		alice.eval(`document.querySelector("#earlier").textContent === "Older messages are no longer kept."`, &ok)
		return ok
	})
	alice.joins("groupA")
	alice.shows("bob", "the first")
	alice.says("#earlier", "This is the beginning.")
	alice.noProblems()
}
