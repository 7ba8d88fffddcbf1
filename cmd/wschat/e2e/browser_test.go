//go:build e2e && linux

package e2e

import (
	"strings"
	"testing"
)

// meeting is two people with our page and one with wscat.
type meeting struct {
	alice, bob *page
	lin        *terminal
}

// Everything that people say to each other, in all ways there are.
func TestPageConversation(t *testing.T) {
	s := start(t)
	browser := startChromium(t)
	m := meeting{browser.open(s, "en-GB"), browser.open(s, "zh-CN"), s.wscat("小林")}
	m.comeIn()
	m.talkPrivately()
	m.talkToEveryone()
	m.talkInGroups()
	m.talkInTheirOwnGroup()
	m.pictures()
	m.goAndComeBack()
	m.alice.noProblems()
	m.bob.noProblems()
}

func (m meeting) comeIn() {
	m.alice.until("six random digits as id", `/^\d{6}$/.test(document.querySelector("#userId").value)`)
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
	m.bob.shows(item{"message", "alice", "bob", "hello, Bob, with commas,"})
	m.alice.shows(item{"own", "alice", "bob", "hello, Bob, with commas,"})
	m.bob.to("小林")
	m.bob.send("你好,小林 👋🏽")
	m.lin.sees("< 用户(bob=>小林):你好,小林 👋🏽")
	m.lin.types("alice,hi from a terminal")
	m.lin.sees("> alice,hi from a terminal")
	m.alice.shows(item{"message", "小林", "alice", "hi from a terminal"})
	m.alice.showsNothingOf("你好,小林 👋🏽")
	m.bob.to("bob")
	m.bob.send("note to myself")
	m.bob.shows(item{"own", "bob", "bob", "note to myself"})
	m.bob.showsNothingOf("hi from a terminal")
}

func (m meeting) talkToEveryone() {
	m.bob.to("all")
	m.bob.fill("#text", "大家早上好")
	m.bob.pressEnter()
	m.bob.shows(item{"own", "bob", "all", "大家早上好"})
	m.alice.shows(item{"message", "bob", "all", "大家早上好"})
	m.lin.sees("< 用户(bob=>小林):大家早上好")
}

// talkInGroups has Alice in A, Lin in B, and Bob in both.
func (m meeting) talkInGroups() {
	m.alice.to("groupA")
	m.alice.send("A is open")
	m.alice.shows(item{"own", "alice", "groupA", "A is open"})
	m.bob.to("groupA")
	m.bob.send("Bob in A")
	m.alice.shows(item{"message", "bob", "groupA", "Bob in A"})
	m.bob.to("groupB")
	m.bob.send("Bob in B")
	m.bob.shows(item{"own", "bob", "groupB", "Bob in B"})
	m.lin.types("groupB,Lin in B")
	m.lin.sees("> groupB,Lin in B", "< 用户(小林=>小林):Lin in B")
	m.bob.shows(item{"message", "小林", "groupB", "Lin in B"})
	m.alice.send("for A alone")
	m.bob.shows(item{"message", "alice", "groupA", "for A alone"})
	m.lin.types("who,groupA")
	m.lin.sees("> who,groupA", "< 系统:在线 2: alice bob") // and nothing before it
	m.alice.shows(item{"own", "alice", "groupA", "for A alone"})
	m.alice.showsNothingOf("Lin in B")
	m.alice.showsNothingOf("Bob in B")
}

func (m meeting) talkInTheirOwnGroup() {
	for _, each := range []*page{m.alice, m.bob} {
		each.fill("#groupName", "group前端")
		each.click("#joinGroup")
	}
	m.lin.asks("who,group前端", "< 系统:在线 2: alice bob")
	m.alice.to("group前端")
	m.alice.send("first")
	m.bob.shows(item{"message", "alice", "group前端", "first"})
	m.bob.fill("#groupName", "group前端")
	m.bob.click("#leaveGroup")
	m.lin.asks("who,group前端", "< 系统:在线 1: alice")
	m.alice.send("second")
	m.alice.shows(item{"own", "alice", "group前端", "second"})
	m.alice.to("bob")
	m.alice.send("third")
	m.bob.shows(item{"message", "alice", "bob", "third"})
	m.bob.showsNothingOf("second")
}

// pictures shows the page on a desk, on a phone and in the dark.
func (m meeting) pictures() {
	m.alice.screenshot("desktop-alice")
	m.bob.screenshot("desktop-bob")
	for _, each := range []*page{m.alice, m.bob} {
		each.resize(390, 844, true)
		each.until("no scrolling sideways", `document.documentElement.scrollWidth <= innerWidth`)
	}
	m.alice.screenshot("phone-alice")
	m.bob.click("#choose")
	m.bob.screenshot("phone-bob-choosing")
	m.bob.to("groupA")
	m.bob.send("from the phone")
	m.alice.shows(item{"message", "bob", "groupA", "from the phone"})
	m.alice.resize(1100, 720, false)
	for _, each := range []*page{m.alice, m.bob} {
		each.call("Emulation.setEmulatedMedia", params{"features": []params{{"name": "prefers-color-scheme", "value": "dark"}}}, nil)
	}
	m.alice.screenshot("desktop-alice-dark")
	m.bob.screenshot("phone-bob-dark")
	m.bob.resize(1100, 720, false)
}

func (m meeting) goAndComeBack() {
	m.bob.click("#disconnect")
	m.bob.until("disconnected", `document.querySelector("#state").dataset.state !== "connected"`)
	m.bob.people()
	m.alice.people("alice", "小林")
	m.lin.sees("< 用户(bob)退出了")
	m.lin.press("\x04")
	m.alice.people("alice")
	m.bob.click("#connect")
	m.bob.connected("bob")
	m.alice.people("alice", "bob")
	m.bob.to("alice")
	m.bob.send("back again")
	m.alice.shows(item{"message", "bob", "alice", "back again"})
}

// Whatever is sent is shown as text.
func TestPageShowsTextOnly(t *testing.T) {
	s := start(t)
	browser := startChromium(t)
	alice, bob := browser.open(s, "en-GB"), browser.open(s, "zh-CN")
	alice.connectAs("alice")
	bob.connectAs("bob")
	alice.to("bob")
	for _, text := range []string{
		strings.Repeat("long", 500),
		`<script>window.injected = 1</script>`,
		`<img src=x onerror="window.injected = 1"><b>bold</b>`,
		`</li></ol><iframe src="javascript:parent.injected = 1"></iframe>`,
		`javascript:window.injected=1`,
		"用户(bob=>alice):not by Bob",
		"&lt;b&gt; &amp; \"quoted\" 'text' ${injected} \u202e right to left",
		"line one\nline two",
	} {
		alice.send(text)
		alice.shows(item{"own", "alice", "bob", text})
		bob.shows(item{"message", "alice", "bob", text})
	}
	for _, each := range []*page{alice, bob} {
		var made int
		each.eval(`document.querySelectorAll("#messages :is(script, img, iframe, b, a)").length + (window.injected ?? 0)`, &made)
		if made != 0 {
			t.Error("a text was taken as markup")
		}
		each.until("no scrolling sideways", `document.documentElement.scrollWidth <= innerWidth`)
		each.noProblems()
	}
	bob.screenshot("hostile-texts")
}

// The server stops, which the page tells, and comes again, which it finds.
func TestPageReconnects(t *testing.T) {
	s := start(t)
	browser := startChromium(t)
	alice, bob := browser.open(s, "en-GB"), browser.open(s, "zh-CN")
	lin := s.wscat("小林")
	alice.connectAs("alice")
	bob.connectAs("bob")
	lin.sees("< 用户(alice)登录了", "< 用户(bob)登录了")
	for _, each := range []*page{alice, bob} {
		each.fill("#groupName", "groupA")
		each.click("#joinGroup")
	}
	lin.asks("who,groupA", "< 系统:在线 2: alice bob")
	alice.noProblems()
	bob.noProblems()

	s.stop()
	for _, each := range []*page{alice, bob} {
		each.until("that the server is away", `document.querySelector("#state").dataset.state === "waiting"`)
		each.people()
	}
	alice.screenshot("desktop-waiting")
	s = startAt(t, s.addr)
	alice.connected("alice")
	bob.connected("bob")
	alice.people("alice", "bob")
	for _, each := range []*page{alice, bob} {
		for _, problem := range browser.takeProblems(each.session) {
			if !strings.Contains(problem, "WebSocket connection to") {
				t.Errorf("while the server was away, the console said %q", problem)
			}
		}
	}
	s.wscat("late").asks("who,groupA", "< 系统:在线 2: alice bob")
	alice.to("groupA")
	alice.send("members again")
	bob.shows(item{"message", "alice", "groupA", "members again"})

	alice.navigate("http://" + s.addr + "/")
	alice.until("the same id on the page that was loaded anew", `document.querySelector("#userId").value === "alice"`)
	alice.noProblems()
	bob.noProblems()
}

// Ids that the server would refuse, the page refuses; an empty one is given.
func TestPageUserIDs(t *testing.T) {
	s := start(t)
	p := startChromium(t).open(s, "en-GB")
	for _, bad := range []string{"all", "groupies", "a b", "a,b", strings.Repeat("中", 22)} {
		p.fill("#userId", bad)
		p.click("#connect")
		p.until(bad+" refused", `document.querySelector("#userId").ariaInvalid === "true"`)
	}
	p.fill("#userId", "小林@home")
	p.pressEnter()
	p.connected("小林@home")
	p.people("小林@home")
	p.click("#disconnect")
	p.fill("#userId", "")
	p.click("#connect")
	p.until("an id from the server", `/^\d{6}$/.test(document.querySelector("#userId").value)`)
	p.noProblems()
}

// The Content-Security-Policy keeps out what the page did not bring with it.
func TestPagePolicy(t *testing.T) {
	s, other := start(t), start(t)
	p := startChromium(t).open(s, "en-GB")
	p.noProblems()
	for _, row := range []struct{ directive, attack string }{
		{"script-src-elem", `document.body.append(Object.assign(document.createElement("script"), {textContent: "window.injected = 1"}))`},
		{"script-src-attr", `document.body.insertAdjacentHTML("beforeend", '<p onclick="window.injected = 1">x</p>'); document.body.lastChild.click()`},
		{"script-src", `try { Function("window.injected = 1")() } catch {}`},
		{"style-src-elem", `document.body.append(Object.assign(document.createElement("style"), {textContent: "body { display: none }"}))`},
		{"style-src-attr", `document.body.setAttribute("style", "display: none")`},
		{"img-src", `new Image().src = "http://` + other.addr + `/favicon.svg"`},
		{"connect-src", `try { new WebSocket("ws://` + other.addr + `/socket") } catch {}`},
		{"frame-src", `document.body.append(Object.assign(document.createElement("iframe"), {src: "/"}))`},
	} {
		var stopped string
		p.eval(`new Promise((done) => {
			document.addEventListener("securitypolicyviolation", (event) => done(event.effectiveDirective), {once: true});
			setTimeout(() => done("nothing"), 5000);
			`+row.attack+`;
		})`, &stopped)
		var injected bool
		p.eval(`"injected" in window || getComputedStyle(document.body).display === "none"`, &injected)
		if stopped != row.directive || injected {
			t.Errorf("%s: stopped by %s, injected: %v", row.directive, stopped, injected)
		}
	}
}
