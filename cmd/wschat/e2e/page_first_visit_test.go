//go:build e2e && linux

package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// Ids that the server would refuse, the page refuses; who leaves the name empty is given
// one by the server, and keeps it over broken connections and visits; the last one is kept, and used when the page is loaded again, until one leaves.
func TestPageFirstVisit(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := startChromium(t).open(s, "en-GB")
	p.until("no name that the page has made", `document.querySelector("#name").value === "" && document.activeElement.id === "name"`)
	p.screenshot("login")
	for _, bad := range []string{"all", "groupies", "a b", "a,b", "WHO", "p\u0430ypal", "क\u09bf", strings.Repeat("中", 22)} {
		p.fill("#name", bad)
		p.click("#enter")
		p.until(bad+" refused", `document.querySelector("#name").ariaInvalid === "true" && document.querySelector("#login-why").textContent`)
	}
	p.screenshot("login-refused")
	p.audit("login refused")
	p.fill("#name", "小林@home")
	p.pressEnter()
	p.connected("小林@home")
	p.navigate("http://" + s.Addr + "/")
	p.connected("小林@home")
	p.chooseIn("#account", "#disconnect")
	p.state("closed")
	p.says("#why", "Disconnected: you left.")
	p.click("#now")
	p.connected("小林@home")
	p.chooseIn("#account", "#disconnect")
	p.navigate("http://" + s.Addr + "/")
	p.until("the id to be kept", `document.querySelector("#name").value === "小林@home"`)
	p.state("idle")
	p.fill("#name", "")
	p.click("#enter")
	p.until("an id from the server", `/^\d{6}$/.test(document.querySelector("#me").title)`)
	var given string
	p.eval(`document.querySelector("#me").title`, &given)
	p.chooseIn("#account", "#disconnect")
	p.click("#now")
	p.connected(given)
	p.navigate("http://" + s.Addr + "/")
	p.connected(given)
	p.chooseIn("#account", "#other-name")
	p.state("idle")
	p.fill("#name", "Alice Smith")
	p.pressEnter()
	p.sees("button", "Use alice.smith")
	p.until("the rules in red below the name", `(({color}, why, name) => color === getComputedStyle(document.querySelector("#name")).borderTopColor && why.top - name.bottom < 20 && why.height > 20)(
		getComputedStyle(document.querySelector("#login-why")), document.querySelector("#login-why").getBoundingClientRect(), document.querySelector("#name").getBoundingClientRect())`)
	p.screenshot("login-suggestion")
	p.audit("a suggestion")
	p.click("#suggested")
	p.connected("alice.smith")
	p.noProblems()
}

// Names whose vowels are marks are names; what is typed in another canonical form is
// written in the only one there is.
func TestPageNamesWithMarks(t *testing.T) {
	t.Parallel()
	s := start(t)
	for typed, name := range map[string]string{"हिन्दी": "हिन्दी", "Ade\u0301bayo\u0323\u0300": "Ad\u00e9bay\u1ecd\u0300"} {
		p := startChromium(t).open(s, "en-GB")
		p.fill("#name", typed)
		p.pressEnter()
		p.connected(name)
		p.begins(typed+"2", "group"+name+"2")
	}
}

// PROTOCOL 2: a token in the address says who one is. It stays with the tab: nowhere else, and
// no longer than it is good.
func TestPageToken(t *testing.T) {
	t.Parallel()
	k := newTokens(t)
	s := start(t, "-auth-secret-file", k.file)
	browser := startChromium(t)
	alice := browser.open(s, "en-GB")
	alice.call("Page.navigate", params{"url": "about:blank"}, nil)
	token := k.token("小林", "-ttl", "4s")
	alice.navigate("http://" + s.Addr + "/#token=" + token)
	alice.connected("小林")
	var places string
	alice.eval(`location.href + JSON.stringify(localStorage) + document.cookie + JSON.stringify(history.state) + document.documentElement.outerHTML`, &places)
	if strings.Contains(places, token[:20]) || strings.Contains(places, "小林\\\"") {
		t.Errorf("the token or its user is kept: %s", places)
	}
	alice.says("#why", "Disconnected: your access has expired; open a new link.")
	alice.until("no token left", `sessionStorage.length === 0`)
	alice.screenshot("token-expired")
	alice.noProblems()

	alice.eval(fmt.Sprintf(`location.hash = "token=%s"`, k.token("bob")), nil) // a new link, in the same page
	alice.connected("bob")
	alice.until("a clean address", `location.hash === ""`)
	alice.noProblems()

	// What mail and editors leave behind an address is no part of it.
	for i, behind := range []string{" ", "%20", "%0D%0A", "%", "%zz", "%ff", ".", "\u200b)"} {
		user := fmt.Sprint("visitor", i)
		if link := "#token=" + k.token(user) + behind; i == 0 {
			alice.call("Page.navigate", params{"url": "about:blank"}, nil)
			alice.navigate("http://" + s.Addr + "/" + link)
		} else {
			alice.eval(`location.hash = `+quoted(link), nil)
		}
		alice.connected(user)
		alice.until("a clean address", `location.hash === ""`)
		alice.noProblems()
	}
	p := browser.open(s, "en-GB")
	for _, empty := range []string{"", "%", "%20"} { // that is no token; the form is there
		p.call("Page.navigate", params{"url": "about:blank"}, nil)
		p.navigate("http://" + s.Addr + "/#token=" + empty)
		p.until("the form", `!document.querySelector("#login").hidden && !document.querySelector("#name").readOnly && !document.querySelector("#enter").disabled`)
		p.noProblems()
	}

	// A program's token that no header can carry ends its attempt; the next one begins another.
	var states []string
	alice.eval(fmt.Sprintf(`(async () => {
		const {Chat} = await import("/chat.js");
		window.states = [];
		window.chat = new Chat({token: "a b"});
		chat.addEventListener("state", ({detail}) => states.push(detail.state));
		chat.connect();
		chat.token = %s;
		chat.connect();
	})()`, quoted(k.token("program"))), nil)
	alice.until("the connection", `states.includes("connected")`)
	alice.eval(`(chat.disconnect(), states)`, &states)
	if got := strings.Join(states, " "); got != "closed connecting connected closed" {
		t.Errorf("the states are %q", got)
	}

	bob := browser.open(s, "zh-CN")
	bob.fill("#name", "bob")
	bob.click("#enter")
	bob.until("why it does not work", `document.querySelector("#login-why").textContent.startsWith("服务器拒绝进入")`)
	bob.screenshot("login-not-let-in-zh")
	k.areNotLogged(s)
}
