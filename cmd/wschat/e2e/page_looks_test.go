//go:build e2e && linux

package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"testing"
)

// picture of what is seen of an element.
func (p *page) seen(selector string) image.Image {
	p.t.Helper()
	var at struct{ X, Y, Width, Height float64 }
	p.eval(fmt.Sprintf(`(({x, y, width, height}) => ({x, y, width, height}))(document.querySelector(%s).getBoundingClientRect())`, quoted(selector)), &at)
	var shot struct{ Data []byte }
	p.call("Page.captureScreenshot", params{"format": "png", "clip": params{"x": at.X, "y": at.Y, "width": at.Width, "height": at.Height, "scale": 1}}, &shot)
	seen, err := png.Decode(bytes.NewReader(shot.Data))
	p.must(err)
	return seen
}

// colours are how many pixels have each colour.
func colours(seen image.Image) map[string]int {
	all := make(map[string]int)
	for y := seen.Bounds().Min.Y; y < seen.Bounds().Max.Y; y++ {
		for x := seen.Bounds().Min.X; x < seen.Bounds().Max.X; x++ {
			r, g, b, _ := seen.At(x, y).RGBA()
			all[fmt.Sprintf("%02x%02x%02x", r>>8, g>>8, b>>8)]++
		}
	}
	return all
}

// differ checks that two elements do not look the same: much of one has a colour that the other has not.
func (p *page) differ(what, one, other string) {
	p.t.Helper()
	has, hasNot := colours(p.seen(one)), colours(p.seen(other))
	count := 0
	for colour, n := range has {
		if hasNot[colour] == 0 {
			count += n
		}
	}
	if count < 20 {
		p.t.Errorf("%s cannot be seen: only %d px are of another colour", what, count)
	}
}

// The list has all conversations and is windowed; what is unread comes first, mentions look
// otherwise, and the open one is in view.
func TestPageManyConversations(t *testing.T) {
	t.Parallel()
	s := start(t, "-rate", "0")
	alice := startChromium(t).open(s, "en-GB")
	alice.connectAs("alice")
	other, _ := s.program("alice")
	for i := range 300 {
		other.say(fmt.Sprintf(`{"op":"join","group":"group%03d"}`, i))
	}
	alice.until("all of them", `document.querySelector("#list-groups li")?.ariaSetSize === "303"`)
	bob := s.login("bob")
	bob.say("alice,one", "alice,two", "group007,x", "alice,three", "join,group007")
	bob.say("group007,hello @alice")
	alice.until("first what is unread", `[...document.querySelectorAll("#conversations [data-open]")].slice(0, 2).map((each) => each.dataset.open).join() === "group007,bob"`)
	alice.sees("image", "2 unread, you are mentioned")
	alice.sees("image", "3 unread")
	alice.until("the title", `document.title === "(5) wschat"`)
	alice.differ("a mention", "#list-unread [data-open=group007] .badge", "#list-unread [data-open=bob] .badge")
	alice.screenshot("many-conversations")
	alice.audit("many conversations")
	for i := range 200 {
		bob.say(fmt.Sprint("all,number ", i))
	}
	alice.shows("bob", "number 199")
	var elements int
	alice.eval(`document.querySelectorAll("*").length`, &elements)
	if elements >= 400 {
		t.Errorf("%d elements in the document, want fewer than 400", elements)
	}
	t.Logf("%d elements", elements)

	// By keys through all of it; what is opened is in view.
	inView := func(name string) {
		t.Helper()
		alice.until(name+" in view", fmt.Sprintf(`(([row, list]) => row && row.top >= list.top && row.bottom <= list.bottom)([document.querySelector('#conversations [data-open="%s"]'), document.querySelector("#conversations")].map((each) => each?.getBoundingClientRect()))`, name))
	}
	alice.eval(`location.hash = "#/group280"`, nil)
	alice.isOpen("group280")
	inView("group280")
	alice.strike("k", "", 75, ctrl)
	for range 40 {
		alice.press("ArrowDown", "", 40)
	}
	alice.until("the focus far below", `Number(document.activeElement.closest("li").ariaPosInSet) > 30`)
	var name string
	alice.eval(`document.activeElement.dataset.open`, &name)
	inView(name)
	alice.pressEnter()
	alice.isOpen(name)
	alice.noProblems()
}

// Who cannot see colours, or sees the system's alone, sees who is there, what is open, and what
// calls; a screen reader says of each message from whom it is, and when.
func TestPageForcedColours(t *testing.T) {
	t.Parallel()
	s := start(t)
	alice := startChromium(t).open(s, "en-GB")
	alice.connectAs("alice")
	bob, carol := s.login("bob"), s.login("carol")
	bob.say("all,one", "all,two @alice", "all,three", "alice,one")
	carol.say("alice,one")
	alice.shows("bob", "three")
	carol.Conn.Close()
	alice.people("alice", "bob")
	alice.until("the author and the time of each", `[...document.querySelectorAll("#messages [data-from=bob] .line")].map((each) => /^bob: \d\d:\d\d$/.test(each.querySelector("time")?.textContent)).join() === "false,true,true"`)
	alice.call("Emulation.setEmulatedMedia", params{"features": []params{{"name": "forced-colors", "value": "active"}}}, nil)
	alice.away()
	alice.screenshot("forced-colours")
	alice.audit("forced colours")
	alice.differ("who is online", "#conversations [data-open=bob] .tile", "#conversations [data-open=carol] .tile")
	alice.differ("what is open", "#conversations [data-open=all]", "#conversations [data-open=groupA]")
	alice.differ("a mention", ".mentions .line", "#messages [data-from=bob]:not(.mentions) .line")
	alice.noProblems()
}

// Days change at midnight, and what is printed is the conversation, all of it.
func TestPageMidnightAndPrint(t *testing.T) {
	t.Parallel()
	s := start(t, "-rate", "0")
	alice := startChromium(t).open(s, "en-GB")
	alice.connectAs("alice")
	bob := s.login("bob")
	for i := range 300 {
		bob.say(fmt.Sprint("all,number ", i))
	}
	alice.shows("bob", "number 299")
	alice.until("the style of what is printed", `document.querySelector("link[href*='/dialogs.css']")?.sheet`)
	var pdf struct{ Data []byte }
	alice.call("Page.printToPDF", params{}, &pdf)
	if pages := bytes.Count(pdf.Data, []byte("/Type /Page\n")); pages < 5 {
		t.Errorf("%d pages are printed", pages)
	}
	alice.call("Emulation.setEmulatedMedia", params{"media": "print"}, nil)
	alice.until("the conversation alone", `!document.querySelector("#side").offsetWidth && !document.querySelector("#compose").offsetWidth && document.querySelector("#title").offsetWidth`)
	alice.screenshot("print")
	alice.call("Emulation.setEmulatedMedia", params{"media": ""}, nil)

	alice.sees("textbox", "Message to Everyone")
	alice.until("today", `document.querySelector("#messages time").textContent`)
	alice.eval(`{const now = Date.now; Date.now = () => now() + 864e5; Date = new Proxy(Date, {construct: (made, args) => args.length ? new made(...args) : new made(Date.now())})}`, nil)
	alice.until("another day", `document.querySelector("#conversations [data-open=all] time").textContent.match(/^[A-Z][a-z]+$/)`)
	alice.eval(`document.querySelector("#log").scrollTop = 0`, nil)
	alice.until("yesterday", `document.querySelector("#messages .day")?.textContent === "Yesterday"`)
	alice.noProblems()
}

// On a phone the first screen is the list, the way back says what is unread, and nothing is below
// a notch.
func TestPagePhone(t *testing.T) {
	t.Parallel()
	s := start(t)
	alice := startChromium(t).open(s, "en-GB")
	alice.resize(360, 740, true)
	alice.call("Emulation.setSafeAreaInsetsOverride", params{"insets": params{"top": 40, "bottom": 30}}, nil)
	alice.connectAs("alice")
	alice.sees("searchbox", "Find or start a conversation")
	alice.seesNo("textbox", "Message to Everyone")
	alice.until("nothing below the notch", `document.querySelector("#account").getBoundingClientRect().top >= 40 && document.querySelector("#side footer").getBoundingClientRect().bottom <= innerHeight - 30`)
	alice.to("groupA")
	alice.sees("button", "All conversations")
	alice.until("the field above the edge", `document.querySelector(".field").getBoundingClientRect().bottom <= innerHeight - 30`)
	bob := s.login("bob")
	bob.say("alice,one", "alice,two")
	alice.sees("button", "All conversations, 2 unread")
	alice.screenshot("phone-back")
	alice.audit("the way back")
	alice.click("#back")
	alice.sees("searchbox", "Find or start a conversation")
	alice.to("bob")
	alice.eval(`history.go(-2)`, nil)
	alice.sees("searchbox", "Find or start a conversation")
	alice.noProblems()
}

// Messages, day lines and the composer have one left edge; the column is no wider than 60 rem;
// only the last message of one's own says that it was sent.
func TestPageColumn(t *testing.T) {
	t.Parallel()
	s := start(t)
	alice := startChromium(t).open(s, "en-GB")
	alice.connectAs("alice")
	for i := range 40 {
		alice.send(fmt.Sprint("number ", i))
	}
	alice.shows("alice", "number 39")
	alice.until("one mark", `document.querySelectorAll("#messages [role=img][aria-label=Sent]").length === 1 && document.querySelector("#messages li:last-child [aria-label=Sent]")`)
	for _, size := range [][2]int{{2560, 1300}, {1920, 1000}, {1100, 720}, {550, 360}, {360, 740}} {
		alice.resize(size[0], size[1], size[0] == 360)
		alice.fitsTheWindow()
		alice.until("the top", `(document.querySelector("#log").scrollTop = 0, document.querySelector(".head .tile"))`)
		alice.until(fmt.Sprint("one left edge at ", size), `((all) => Math.max(...all) - Math.min(...all) < 1.5)([".head .tile", ".field"].map((each) => document.querySelector(each).getBoundingClientRect().left).concat((({left}, style) => left + parseFloat(style.paddingLeft))(document.querySelector(".day").getBoundingClientRect(), getComputedStyle(document.querySelector(".day")))))`)
		alice.until("a column of 60 rem", `document.querySelector("#messages").getBoundingClientRect().width <= 960`)
		alice.screenshot(fmt.Sprint("column-", size[0]))
	}
	alice.noProblems()
}
