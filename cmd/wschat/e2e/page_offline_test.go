//go:build e2e && linux

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"wschat/cmd/wschat/e2e/target"
)

// What was said while the network was away appears in its place, once; what was
// written meanwhile is sent, once, a file too.
func TestPageCatchesUp(t *testing.T) {
	t.Parallel()
	s := start(t)
	network := breakNetwork(t, s, nil)
	browser := startChromium(t)
	far := &server{&target.Server{Addr: network.listener.Addr().String()}, t}
	alice := browser.open(far, "en-GB")
	alice.connectAs("alice")
	alice.joins("groupA")
	alice.send("before")
	alice.shows("alice", "before")
	bob := s.login("bob")
	bob.say("groupA,between 1", "who,groupA")
	alice.shows("bob", "between 1")
	alice.noProblems()

	network.hold()
	alice.state("waiting")
	alice.until("a countdown", `/^The connection was lost. Trying again in \d+ s.$|^The server cannot be reached/.test(document.querySelector("#why").textContent)`)
	alice.send("written offline")
	alice.eval(`{const d = new DataTransfer(); d.items.add(new File(["content"], "offline.txt"));
		document.querySelector("#text").dispatchEvent(new ClipboardEvent("paste", {clipboardData: d, bubbles: true, cancelable: true})) }`, nil)
	alice.click("#send")
	alice.until("both to wait", `document.querySelectorAll("#messages [data-state=sending]").length === 2`)
	alice.says("#more-why", "2 messages will be sent then.")
	alice.fill("#text", "typed, not sent")
	for i := range 100 {
		bob.say(fmt.Sprint("groupA,missed ", i), fmt.Sprint("alice,private ", i))
	}
	bob.say("history,Z")
	for line := ""; line != "系统:没有历史消息"; {
		var err error
		if line, err = bob.NextText(); err != nil {
			t.Fatal(err)
		}
	}
	alice.screenshot("offline")
	alice.audit("offline")
	network.release()
	alice.comesBack()
	alice.until("all to be sent", `!document.querySelector("#messages [data-state=sending]")`)
	alice.until("what was typed to be there", `document.querySelector("#text").value === "typed, not sent"`)
	alice.says("#conversations [data-open=bob] .badge", "100")
	alice.scrollsThrough(append(append([]string{"before", "between 1"}, numbered("missed ", 100)...), "written offline", "offline.txt7 BDownload"))
	alice.to("bob")
	alice.scrollsThrough(numbered("private ", 100))

	// What will never be sent says so, and can be sent again.
	alice.to("all")
	network.hold()
	alice.state("waiting")
	alice.send("too late")
	alice.chooseIn("#account", "#disconnect")
	alice.until("the message not to be sent", `document.querySelector("#messages .why")?.textContent.startsWith("Not sent: you are not connected.")`)
	alice.screenshot("not-sent")
	alice.audit("not sent")
	network.release()
	alice.comesBack()
	alice.click("#messages [data-retry]")
	alice.showsExactly("too late")
	bob.say("history,all")
	browser.takeProblems(alice.session) // a page's console tells of each connection that could not be made
}

// comesBack clicks on "now", unless the page has come back by itself.
func (p *page) comesBack() {
	p.t.Helper()
	until(p.t, "to come back", func() bool {
		var now struct {
			State string
			X, Y  float64
		}
		p.eval(`(({x, y, width, height}) => ({state: document.body.dataset.state, x: x + width / 2, y: y + height / 2}))(document.querySelector("#now").getBoundingClientRect())`, &now)
		if now.X > 0 {
			p.clickAt(now.X, now.Y)
		}
		return now.State == "connected"
	})
}

func numbered(text string, count int) (all []string) {
	for i := range count {
		all = append(all, fmt.Sprint(text, i))
	}
	return all
}

// scrollsThrough reads the open conversation from its beginning to its end, and
// checks that it is this.
func (p *page) scrollsThrough(want []string) {
	p.t.Helper()
	until(p.t, "the beginning", func() (ok bool) {
		p.eval(`document.querySelector("#log").scrollTop = 0`, nil)
		p.eval(`document.querySelector("#earlier").textContent !== "" && document.querySelector("#messages li .body")?.textContent === `+quoted(want[0]), &ok)
		return ok
	})
	var got []string
	p.eval(`(async () => {
		const log = document.querySelector("#log");
		const seen = new Map();
		for (let last = -1; log.scrollTop !== last;) {
			for (const li of document.querySelectorAll("#messages [data-kind=message]")) seen.set(li.item, li.querySelector(".body").textContent);
			last = log.scrollTop;
			log.scrollTop += 300;
			await new Promise(requestAnimationFrame);
			await new Promise(requestAnimationFrame);
		}
		return [...seen.values()];
	})()`, &got)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		p.t.Fatalf("got  %q\nwant %q", got, want)
	}
}

// The server stops, which the page tells, and comes again, which it finds.
func TestPageReconnects(t *testing.T) {
	t.Parallel()
	s := start(t)
	browser := startChromium(t)
	alice, bob := browser.open(s, "en-GB"), browser.open(s, "zh-CN")
	lin := s.wscat("小林")
	alice.connectAs("alice")
	bob.connectAs("bob")
	lin.sees("< 用户(alice)登录了", "< 用户(bob)登录了")
	for _, each := range []*page{alice, bob} {
		each.to("groupA")
		each.click("#join")
		each.until("to be in it", `document.querySelector("#join").hidden`)
	}
	alice.send("before the end")
	bob.shows("alice", "before the end")
	alice.noProblems()
	bob.noProblems()

	s.Stop()
	for _, each := range []*page{alice, bob} {
		each.state("waiting")
		each.people()
	}
	bob.until("the time to wait", `/\d+ 秒后重连。$/.test(document.querySelector("#why").textContent)`)
	bob.screenshot("waiting-zh")
	s = start(t, "-addr", s.Addr)
	for _, each := range []*page{alice, bob} {
		each.state("connected")
		each.people("alice", "bob")
		for _, problem := range browser.takeProblems(each.session) {
			if !strings.Contains(problem, "WebSocket connection to") && !strings.Contains(problem, "net::ERR_CONNECTION_REFUSED") && !strings.Contains(problem, "/healthz") {
				t.Errorf("while the server was away, the console said %q", problem)
			}
		}
	}
	s.wscat("late").asks("who,groupA", "< 系统:在线 2: alice bob")
	alice.send("members again")
	bob.shows("alice", "members again")
	bob.showsExactly("before the end", "members again")
	alice.noProblems()
	bob.noProblems()
}

// PROTOCOL 4: after some codes a client does not come back by itself, and the page
// says why. Who is replaced by a newer page can come back, which replaces that one.
func TestPageDoesNotComeBack(t *testing.T) {
	t.Parallel()
	s := start(t, "-single")
	browser := startChromium(t)
	first, second := browser.open(s, "en-GB"), browser.open(s, "zh-CN")
	first.connectAs("alice")
	second.connectAs("alice")
	first.state("closed")
	first.says("#why", "Disconnected: you have connected elsewhere.")
	first.until("that nothing can be sent", `document.querySelector("#send").disabled`)
	first.click("#now")
	first.connected("alice")
	second.state("closed")
	second.says("#why", "已断开：你已在别处连接。")
	second.screenshot("replaced-zh")
	first.noProblems()
	second.noProblems()
}
