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
	t.Parallel()
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

// What the browser refuses to do for one message costs nothing but that, and is told
// of once: a sound, a notification, storage, a file's address, the reading of a file.
func TestPageRefusedByTheBrowser(t *testing.T) {
	t.Parallel()
	const refused = `const refused = (what) => { throw new Error("refused by the browser: " + what); };`
	s := start(t)
	browser := startChromium(t)
	alice := browser.open(s, "en-GB")
	alice.eval(`localStorage.wschat = '{"sound":true,"notify":true}'`, nil)
	bob := s.login("bob")
	for i, row := range []struct {
		script string
		login  bool     // storage does not know who one is
		told   []string // by the console; nothing is lost without storage that it would have to tell
	}{
		{`AudioContext = function () { refused("sound"); };
			Notification = function () { refused("a notification"); };
			Notification.permission = "granted";
			Notification.requestPermission = () => refused("permission");
			URL.createObjectURL = () => refused("the address of a file");`, true,
			[]string{"sound", "a notification", "permission", "the address of a file"}},
		{`OscillatorNode.prototype.start = () => refused("a tone");
			Uint8Array.fromBase64 = atob = () => refused("reading of a file");`, false,
			[]string{"a tone", "reading of a file"}},
		{`Storage.prototype.setItem = () => refused("writing to storage");`, false, nil},
		{`Object.defineProperty(window, "localStorage", {get: () => refused("storage")});`, true, nil},
	} {
		var script struct{ Identifier string }
		alice.call("Page.addScriptToEvaluateOnNewDocument", params{"source": refused + row.script}, &script)
		alice.navigate("http://" + s.Addr + "/")
		alice.call("Page.removeScriptToEvaluateOnNewDocument", params{"identifier": script.Identifier}, nil)
		if row.login {
			alice.connectAs("alice")
		}
		alice.connected("alice")
		if slices.Contains(row.told, "permission") {
			alice.chooseIn("#account", "#settings")
			alice.click("#notify") // was ticked
			alice.click("#notify")
			alice.says("#denied", "The browser does not allow notifications.")
			alice.until("the box to be unticked", `!document.querySelector("#notify").checked`)
			alice.eval(`localStorage.wschat = localStorage.wschat.replace('"notify":false', '"notify":true')`, nil)
			alice.click("#options .main")
		}
		alice.to("bob")
		alice.call("Emulation.setFocusEmulationEnabled", params{"enabled": false}, nil)
		alice.eval(`Object.defineProperty(document, "hidden", {value: true, configurable: true}); document.hasFocus = () => false`, nil)
		first, last := fmt.Sprint("first ", i), fmt.Sprint("last ", i)
		bob.say("alice," + first)
		if err := bob.Send(frame.Binary, []byte("alice,a file")); err != nil {
			t.Fatal(err)
		}
		bob.say("alice," + last)
		alice.shows("bob", first, last)
		alice.until("the file's row", fmt.Sprintf(`document.querySelectorAll("#messages > li").length === %d`, 3*i+3))
		var problems []string
		tells := func(what string) (n int) {
			for _, problem := range problems {
				if strings.Contains(problem, "refused by the browser: "+what) {
					n++
				}
			}
			return n
		}
		for _, what := range row.told {
			until(t, "the console to tell of "+what, func() bool {
				problems = append(problems, browser.takeProblems(alice.session)...)
				return tells(what) > 0
			})
		}
		for _, what := range row.told {
			if n := tells(what); n != 1 {
				t.Errorf("the console tells %d times of %s: %q", n, what, problems)
			}
		}
		if len(problems) != len(row.told) {
			t.Errorf("the console says %q", problems)
		}
		alice.call("Emulation.setFocusEmulationEnabled", params{"enabled": true}, nil)
	}
}

// What storage holds may be of anybody who had this address before.
func TestPageForeignStorage(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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
