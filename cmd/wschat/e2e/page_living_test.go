//go:build e2e && linux

package e2e

import (
	"fmt"
	"testing"

	"wschat/cmd/wschat/account"
)

// over moves the mouse to the message with this text.
func (p *page) over(body string) {
	p.t.Helper()
	var at struct{ X, Y float64 }
	until(p.t, "the message "+body, func() bool {
		p.eval(fmt.Sprintf(`(() => {
			const found = [...document.querySelectorAll("#messages .body")].find((each) => each.textContent === %s);
			if (!found) return {};
			const {x, y, height} = found.getBoundingClientRect();
			return {X: x + 5, Y: y + height / 2};
		})()`, quoted(body)), &at)
		return at.X > 0
	})
	p.call("Input.dispatchMouseEvent", params{"type": "mouseMoved", "x": at.X, "y": at.Y}, nil)
}

// chooses clicks on the button of that name that a person sees, at the message with this text.
func (p *page) chooses(body, name string) {
	p.t.Helper()
	p.over(body)
	p.sees("button", name)
	p.click(fmt.Sprintf(`.bar [aria-label=%s], .bar [data-react=%[1]s]`, quoted(name)))
}

// again loads the page again, at the same address.
func (p *page) again() {
	p.t.Helper()
	p.eval(`window.old = true`, nil)
	p.call("Page.reload", nil, nil)
	p.until("another page", `!window.old && document.body?.dataset.state === "connected"`)
	p.isOpen("groupA")
}

// two are alice and bob, each with a browser window of their own, in groupA.
func two(t *testing.T, s *server) (alice, bob *page) {
	t.Helper()
	browser := startChromium(t)
	alice, bob = browser.open(s, "en-GB"), browser.open(s, "en-GB")
	for p, name := range map[*page]string{alice: "alice", bob: "bob"} {
		p.connectAs(name)
		p.joins("groupA")
	}
	return alice, bob
}

// What one does with a message: the others see it at once, and after a reload.
func TestPageReactionsAndReplies(t *testing.T) {
	t.Parallel()
	s := start(t)
	alice, bob := two(t, s)
	alice.send("lunch at noon?")
	alice.shows("alice", "lunch at noon?")
	bob.shows("alice", "lunch at noon?")
	bob.chooses("lunch at noon?", "👍")
	alice.sees("button", "👍 1: bob")
	alice.click(`[aria-label="👍 1: bob"]`)
	bob.sees("button", "👍 2: bob, alice")
	bob.click(`[aria-label="👍 2: bob, alice"]`)
	alice.sees("button", "👍 1: alice")

	// The actions move nothing.
	var before, after float64
	const top = `document.querySelector("#messages li:last-child").getBoundingClientRect().top`
	bob.call("Input.dispatchMouseEvent", params{"type": "mouseMoved", "x": 5, "y": 5}, nil)
	bob.seesNo("group", "alice: …")
	bob.eval(top, &before)
	bob.over("lunch at noon?")
	bob.sees("group", "alice: …")
	bob.eval(top, &after)
	if before != after {
		t.Errorf("the message moved from %v to %v", before, after)
	}
	bob.chooses("lunch at noon?", "Reply")
	bob.says("#what", "Reply to alice: lunch at noon?")
	bob.screenshot("message-actions")
	bob.audit("the actions of a message")
	bob.press("Escape", "", 27)
	bob.seesNo("button", "Cancel")
	bob.chooses("lunch at noon?", "Reply")
	bob.send("gladly")
	alice.shows("bob", "gladly")
	const quote = "Reply to alice: lunch at noon?"
	alice.sees("button", quote)
	for i := range 80 {
		bob.send(fmt.Sprint("number ", i))
	}
	bob.chooses("number 79", "Reply")
	bob.send("to the last")
	for _, p := range []*page{alice, bob} {
		p.shows("bob", "to the last")
		p.again()
		p.sees("button", "Reply to bob: number 79")
	}
	alice.eval(`location.hash = "#/groupA/1"`, nil)
	alice.sees("button", "👍 1: alice")
	alice.sees("button", quote)
	alice.click(".quote")
	alice.until("to be at what is quoted", `document.activeElement.querySelector(".body")?.textContent === "lunch at noon?"`)
	alice.chooses("gladly", "Copy link")
	alice.says("#said", "Link copied")
	alice.noProblems()
	bob.noProblems()
}

// One's own text is edited in the field, and deleted after one could still undo it.
func TestPageEditsAndDeletions(t *testing.T) {
	t.Parallel()
	s := start(t)
	alice, bob := two(t, s)
	for _, text := range []string{"one", "two", "three"} {
		alice.send(text)
	}
	bob.shows("alice", "one", "two", "three")
	alice.press("ArrowUp", "", 38)
	alice.until("the last in the field", `document.querySelector("#text").value === "three"`)
	alice.says("#what", "Edit: three")
	alice.press("Escape", "", 27)
	alice.until("an empty field", `document.querySelector("#text").value === ""`)
	alice.fill("#text", "a draft")
	alice.chooses("two", "Edit")
	alice.audit("editing")
	alice.screenshot("message-edit")
	alice.fill("#text", "two, better")
	alice.pressEnter()
	for _, p := range []*page{alice, bob} {
		p.shows("alice", "two, better")
		p.until("(edited)", `/^\(edited \d\d:\d\d\)$/.test(document.querySelector("#messages .line small")?.textContent)`)
	}
	alice.until("the draft", `document.querySelector("#text").value === "a draft"`)

	alice.chooses("three", "Delete")
	alice.sees("button", "Undo")
	alice.screenshot("message-undo")
	alice.audit("undo")
	alice.click(`[data-does=undo]`)
	alice.shows("alice", "three")
	alice.chooses("one", "Delete")
	bob.shows("alice", "one")
	for _, p := range []*page{alice, bob} {
		p.showsExactly("two, better", "three")
	}
	alice.chooses("three", "Delete")
	alice.again() // sends it
	for _, p := range []*page{alice, bob} {
		p.showsExactly("two, better")
	}
	// By keys alone.
	alice.eval(`document.querySelector("#log").focus()`, nil)
	alice.press("ArrowUp", "", 38)
	alice.sees("group", "alice: …")
	alice.press("Tab", "", 9)
	alice.pressEnter()
	bob.sees("button", "👍 1: alice")
	alice.sees("button", "👍 1: alice")
	alice.press("Tab", "", 9)
	alice.until("the next", `document.activeElement.textContent === "❤️"`)
	alice.noProblems()
	bob.noProblems()
}

// Who is typing is told, both ways, until it is said.
func TestPageTyping(t *testing.T) {
	t.Parallel()
	s := start(t)
	alice, bob := two(t, s)
	alice.fill("#text", "hm")
	bob.says("#typing", "alice typing…")
	bob.fill("#text", "well")
	alice.says("#typing", "bob typing…")
	alice.screenshot("typing")
	alice.audit("typing")
	alice.pressEnter()
	bob.shows("alice", "hm")
	bob.says("#typing", "")
	alice.says("#typing", "") // bob has stopped
	alice.noProblems()
}

// A moderator deletes what others say, and removes them, after a question.
func TestPageModerator(t *testing.T) {
	t.Parallel()
	users := usersFile(t, "bob")
	hash, err := account.NewHash("secret", 1000)
	if err != nil {
		t.Fatal(err)
	}
	if err := account.Edit(users, func(table *account.Table) error {
		return table.Add(account.Account{Name: "mary", Password: hash, Role: account.Moderator})
	}); err != nil {
		t.Fatal(err)
	}
	s := start(t, "-users", users)
	browser := startChromium(t)
	mary, bob := browser.open(s, "en-GB"), browser.open(s, "en-GB")
	for p, name := range map[*page]string{mary: "mary", bob: "bob"} {
		p.fill("#name", name)
		p.fill("#password", "secret")
		p.pressEnter()
		p.connected(name)
		p.joins("groupA")
	}
	bob.send("rude")
	bob.send("kind")
	mary.send("please")
	bob.over("please")
	bob.sees("button", "Reply")
	bob.seesNo("button", "Delete")
	mary.chooses("rude", "Delete")
	mary.sees("dialog", "Delete this message of bob? rude")
	mary.screenshot("moderator-delete")
	mary.audit("a moderator's question")
	mary.press("Escape", "", 27)
	mary.seesNo("dialog", "Delete this message…")
	bob.showsExactly("rude", "kind", "please")
	mary.chooses("rude", "Delete")
	mary.click("#yes")
	for _, p := range []*page{mary, bob} {
		p.showsExactly("kind", "please")
	}
	mary.chooses("kind", "Remove bob")
	mary.sees("dialog", "Disconnect bob for 10 minutes?")
	mary.click("#yes")
	bob.says("#why", "Disconnected: removed by the operator.")
	mary.people("mary")
	mary.noProblems()
}

// The actions fit a phone, where one presses long, in Chinese, dark, and in forced colours.
func TestPageActionsOnAPhone(t *testing.T) {
	t.Parallel()
	s := start(t)
	alice := startChromium(t).open(s, "zh-CN")
	alice.connectAs("alice")
	alice.send("你好")
	alice.shows("alice", "你好")
	alice.resize(360, 740, true)
	alice.call("Emulation.setTouchEmulationEnabled", params{"enabled": true}, nil)
	alice.navigate("http://" + s.Addr + "/?phone#/all") // as a phone
	alice.shows("alice", "你好")
	var at struct{ X, Y float64 }
	alice.eval(`(({x, y}) => ({X: x + 5, Y: y + 5}))(document.querySelector("#messages .body").getBoundingClientRect())`, &at)
	alice.call("Input.dispatchTouchEvent", params{"type": "touchStart", "touchPoints": []params{{"x": at.X, "y": at.Y}}}, nil)
	alice.sees("group", "alice：你好")
	alice.call("Input.dispatchTouchEvent", params{"type": "touchEnd", "touchPoints": []params{}}, nil)
	alice.sees("button", "复制链接")
	for _, look := range []params{{"name": "prefers-color-scheme", "value": "dark"}, {"name": "forced-colors", "value": "active"}} {
		alice.call("Emulation.setEmulatedMedia", params{"features": []params{look}}, nil)
		alice.fitsTheWindow()
		alice.until("all of it in sight", `(({left, right, top}) => left >= 0 && right <= innerWidth && top > 0)(document.querySelector(".bar").getBoundingClientRect())`)
		alice.audit("the actions on a phone")
		alice.screenshot("phone-actions-" + look["value"].(string))
	}

	// Enter begins a line there, beside the button that sends; nothing but a touch raises the keyboard.
	alice.click("#text")
	alice.types("一")
	alice.pressEnter()
	alice.types("二")
	alice.showsExactly("你好")
	alice.until("two lines", `document.querySelector("#text").value === "一\n二"`)
	alice.sees("button", "发送")
	alice.click("#send")
	alice.shows("alice", "一\n二")
	alice.click("#back")
	alice.to("groupA")
	alice.until("no field with the focus", `!document.activeElement.matches("input, textarea")`)
	alice.noProblems()
}
