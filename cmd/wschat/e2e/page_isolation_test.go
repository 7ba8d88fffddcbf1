//go:build e2e && linux

package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"wschat/frame"
)

// hostileTrailers are such as stand where the page looks for what a file is called.
var hostileTrailers = []string{
	`{"id":{"toString":0}}`, `{"id":{"toString":null,"valueOf":null}}`, `{"id":[{"toString":0}]}`, `{"id":[[[]]]}`, `{"id":null}`, `{"id":1e999}`,
	`{"name":{"toString":0}}`, `{"name":["a"]}`, `{"name":"\u202e\u0000/"}`, `{"type":{"toString":0}}`,
	`{"__proto__":{"name":1}}`, `{"toString":0}`, `"wschat/1"`, `[]`, `0`, `null`, `{`,
}

// trailed is a binary message to all that ends as a file of the page does.
func trailed(trailer string) []byte {
	return fmt.Appendf(nil, "all,hello%s%c%c%s", trailer, len(trailer)>>8, len(trailer)&255, "wschat/1")
}

// numbered are the texts of bob that are shown, each "message N", and how many files.
func (p *page) numbered() (texts []string, files int) {
	p.t.Helper()
	var got struct {
		Texts []string
		Files int
	}
	p.eval(`({
		texts: [...document.querySelectorAll("#messages [data-from=bob] .body")].map((each) => each.textContent).filter((each) => each.startsWith("message ")),
		files: document.querySelectorAll("#messages [data-from=bob] a[download]").length,
	})`, &got)
	return got.Texts, got.Files
}

// No message hides another, whatever it contains: neither as it comes nor out of
// the history.
func TestPageEveryMessageIsShown(t *testing.T) {
	s := start(t, "-rate", "0")
	alice := startChromium(t).open(s, "en-GB")
	alice.resize(1100, 4000, false) // so that all of them are in the document
	alice.connectAs("alice")
	bob := s.login("bob")
	var want []string
	say := func() {
		want = append(want, fmt.Sprint("message ", len(want)))
		bob.say("all," + want[len(want)-1])
	}
	for range 30 {
		say()
	}
	for _, trailer := range hostileTrailers {
		if err := bob.Send(frame.Binary, trailed(trailer)); err != nil {
			t.Fatal(err)
		}
		say()
	}
	for range 28 {
		say()
	}
	for _, how := range []string{"as they come", "after a reload"} {
		var texts []string
		var files int
		until(t, "all messages "+how, func() bool {
			texts, files = alice.numbered()
			return len(texts) >= len(want) && files >= len(hostileTrailers)
		})
		if !slices.Equal(texts, want) || files != len(hostileTrailers) {
			t.Errorf("%s: %q and %d files", how, texts, files)
		}
		alice.noProblems()
		alice.navigate("http://" + s.Addr + "/")
		alice.connected("alice")
	}
}

// What the browser refuses to do for one message costs nothing but that: a sound,
// a notification, storage, a file's address, the reading of a file.
func TestPageRefusedByTheBrowser(t *testing.T) {
	const refuses = `() => { throw new Error("refused by the browser") }`
	for _, row := range []struct {
		what, script string
		silent       bool // nothing is lost by it that the console would have to tell
	}{
		{what: "sound", script: `AudioContext = class { constructor() { (` + refuses + `)() } }`},
		{what: "a tone", script: `OscillatorNode.prototype.start = ` + refuses},
		{what: "notifications", script: `Notification = class { constructor() { (` + refuses + `)() } static permission = "granted" }`},
		{what: "storage", script: `Object.defineProperty(window, "localStorage", {get: ` + refuses + `})`, silent: true},
		{what: "writing to storage", script: `Storage.prototype.setItem = ` + refuses, silent: true},
		{what: "reading of files", script: `Uint8Array.fromBase64 = atob = ` + refuses},
		{what: "the address of files", script: `URL.createObjectURL = ` + refuses},
	} {
		t.Run(row.what, func(t *testing.T) {
			s, browser := start(t), startChromium(t)
			alice := browser.open(s, "en-GB")
			if !row.silent {
				alice.eval(`localStorage.wschat = '{"sound":true,"notify":true}'`, nil)
			}
			alice.call("Page.addScriptToEvaluateOnNewDocument", params{"source": row.script}, nil)
			alice.navigate("http://" + s.Addr + "/")
			alice.connectAs("alice")
			bob := s.login("bob")
			bob.say("alice,first " + row.what)
			alice.says("#conversations [data-open=bob] .badge", "1")
			alice.to("bob")
			alice.call("Emulation.setFocusEmulationEnabled", params{"enabled": false}, nil)
			alice.eval(`Object.defineProperty(document, "hidden", {value: true, configurable: true}); document.hasFocus = () => false`, nil)
			if err := bob.Send(frame.Binary, []byte("alice,a file")); err != nil {
				t.Fatal(err)
			}
			bob.say("alice,last " + row.what)
			alice.shows("bob", "first "+row.what, "last "+row.what)
			alice.until("the file's row", `document.querySelectorAll("#messages > li").length === 3`)
			said := strings.Contains(strings.Join(browser.takeProblems(alice.session), " "), "refused by the browser")
			if said == row.silent {
				t.Errorf("the console tells of it: %v", said)
			}
			bob.leave()
		})
	}
}

// What storage holds may be of anybody who had this address before.
func TestPageForeignStorage(t *testing.T) {
	s := start(t)
	alice := startChromium(t).open(s, "en-GB")
	alice.connectAs("alice")
	bob := s.login("bob")
	bob.say("all,hello", "alice,hello")
	alice.says("#conversations [data-open=bob] .badge", "1")
	alice.navigate("http://" + s.Addr + "/")
	alice.connected("alice")
	var kept string
	alice.eval(`localStorage.wschat`, &kept)
	var marks struct{ Read map[string]any }
	if err := json.Unmarshal([]byte(kept), &marks); err != nil || marks.Read["epoch"] == nil {
		t.Fatalf("kept is %s, %v", kept, err)
	}
	for _, seen := range []string{`1`, `"x"`, `null`, `{}`, `[1]`, `[["bob","x"],["all",{"toString":0}]]`} {
		var script struct{ Identifier string }
		alice.call("Page.addScriptToEvaluateOnNewDocument", params{"source": fmt.Sprintf(
			`const all = JSON.parse(localStorage.wschat); all.read.seen = %s; localStorage.wschat = JSON.stringify(all)`, seen)}, &script)
		alice.navigate("http://" + s.Addr + "/")
		alice.connected("alice")
		alice.call("Page.removeScriptToEvaluateOnNewDocument", params{"identifier": script.Identifier}, nil)
		alice.to("bob")
		alice.shows("bob", "hello")
		alice.noProblems()
	}
}

// chat.js, in somebody's page: a listener that throws is told of, and keeps
// nothing from the other listeners, nor does it lose a message or their order.
func TestPageListenerThatThrows(t *testing.T) {
	s := start(t, "-rate", "0")
	p := startChromium(t).open(s, "en-GB")
	bob := s.login("bob")
	p.eval(`(async () => {
		const {Chat} = await import("/chat.js");
		window.heard = [];
		window.chat = new Chat({user: "alice"});
		for (const type of ["state", "welcome", "message", "gap", "online"]) {
			chat.addEventListener(type, () => { throw new Error("a listener's own fault") });
			chat.addEventListener(type, ({detail}) => heard.push(type === "message" ? detail.seq : type));
		}
		chat.connect();
	})()`, nil)
	p.until("the connection", `heard.includes("welcome")`)
	for i := range 5 {
		bob.say(fmt.Sprint("all,", i))
	}
	var heard []any
	p.until("all of it", `heard.includes(5)`)
	p.eval(`chat.sendBytes("all", new Uint8Array([1])).then(({seq}) => heard.push("sent " + seq)).then(() => heard)`, &heard)
	if got := fmt.Sprint(heard); got != "[state state welcome 1 2 3 4 5 6 sent 6]" {
		t.Errorf("heard %s", got)
	}
	if told := p.browser.takeProblems(p.session); len(told) != 9 || !strings.Contains(told[0], "a listener's own fault") {
		t.Errorf("the console says %q", told)
	}
	p.eval(`chat.disconnect()`, nil)
	p.browser.takeProblems(p.session)
}
