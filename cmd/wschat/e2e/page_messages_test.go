//go:build e2e && linux

package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Texts as people write them.
func TestPageMessages(t *testing.T) {
	t.Parallel()
	s := start(t)
	alice := startChromium(t).open(s, "en-GB")
	alice.connectAs("alice")
	bob := s.login("bob")
	say := func(lines ...string) {
		for _, line := range lines {
			bob.say("alice," + line)
		}
	}
	alice.people("alice", "bob")
	alice.find("bob")
	alice.isOpen("bob")
	say("Morning! The numbers are at https://example.com/report(2)/q3?a=1&b=2#top, have a look.",
		"The loop is `for i := range n`, or longer:",
		"```go\nfunc main() {\n\tfmt.Println(\"<b>hello</b>\", \"http://not.a.link\")\n}\n```",
		"看https://例子.测试/路径，很好。",
		"🎉🎉", "👩‍👩‍👧", "1 2 3", "@alice, and not @alicex: lunch?",
		"مرحبا بالعالم، هذا نص من اليمين إلى اليسار 123.")
	alice.send("Looks good to me")
	alice.send("and `inline` it is")
	alice.shows("alice", "and inline it is")
	alice.call("Input.dispatchMouseEvent", params{"type": "mouseMoved", "x": 700, "y": 350}, nil)
	alice.screenshot("messages")

	var got struct {
		Links, Rel, Codes, Blocks, Marks, Emoji []string
		Heads                                   int
		Markup                                  int
		RTL                                     string
	}
	alice.eval(`(() => {
		const all = (selector, of) => [...document.querySelectorAll("#messages " + selector)].map(of);
		return {
			links: all("a", (a) => a.href), rel: all("a", (a) => a.rel + " " + a.target),
			codes: all(".body > code", (code) => code.textContent), blocks: all("pre code", (code) => code.textContent),
			marks: all("mark", (mark) => mark.textContent), emoji: all(".emoji", (each) => each.textContent),
			heads: all(".head", () => 1).length, markup: all(".body :is(b, i, script)", () => 1).length,
			rtl: all(".body", (each) => each).filter((each) => each.textContent.startsWith("مر")).map((each) => getComputedStyle(each).direction)[0],
		};
	})()`, &got)
	wanted := fmt.Sprint(
		[]string{"https://example.com/report(2)/q3?a=1&b=2#top", "https://xn--fsqu00a.xn--0zwm56d/%E8%B7%AF%E5%BE%84"},
		[]string{"noopener noreferrer _blank", "noopener noreferrer _blank"},
		[]string{"for i := range n", "inline"}, []string{"func main() {\n\tfmt.Println(\"<b>hello</b>\", \"http://not.a.link\")\n}"},
		[]string{"@alice"}, []string{"🎉🎉", "👩‍👩‍👧"}, 2, 0, "rtl")
	if have := fmt.Sprint(got.Links, got.Rel, got.Codes, got.Blocks, got.Marks, got.Emoji, got.Heads, got.Markup, got.RTL); have != wanted {
		t.Errorf("got  %s\nwant %s", have, wanted)
	}
	alice.noProblems()
}

// A link is the whole address, as RFC 3986 lets it end, and none of the sentence
// or the brackets around it.
func TestPageLinks(t *testing.T) {
	t.Parallel()
	s := start(t)
	alice := startChromium(t).open(s, "en-GB")
	alice.connectAs("alice")
	bob := s.login("bob")
	for _, row := range []struct{ text, link string }{
		{"https://x.example/snake_", "https://x.example/snake_"},
		{"see https://x.example/~ and", "https://x.example/~"},
		{"https://x.example/all/*", "https://x.example/all/*"},
		{"https://x.example/a_*~_.", "https://x.example/a_*~_"},
		{"_https://x.example/a_", "https://x.example/a"},
		{"**https://x.example/a_**", "https://x.example/a_"},
		{"HTTPS://X.EXAMPLE/Path", "HTTPS://X.EXAMPLE/Path"},
		{"Http://x.example/", "Http://x.example/"},
		{"https://x.example/wiki/A_(b)", "https://x.example/wiki/A_(b)"},
		{"(https://x.example/wiki/A_(b))", "https://x.example/wiki/A_(b)"},
		{"(see https://x.example/f(g(h))).", "https://x.example/f(g(h))"},
		{"[https://x.example/a[1]]", "https://x.example/a[1]"},
		{"{https://x.example/{a}}", "https://x.example/{a}"},
		{"(https://x.example/)", "https://x.example/"},
		{"(https://x.example/a)b)", "https://x.example/a)b"},
		{"https://x.example/?a=1&b=$+-=@#!/", "https://x.example/?a=1&b=$+-=@#!/"},
		{"https://x.example/100%", "https://x.example/100%"},
		{"https://x.example/a&", "https://x.example/a&"},
		{"https://x.example/a/-", "https://x.example/a/-"},
		{"Is it https://x.example/?!", "https://x.example/"},
		{"'https://x.example/it's'", "https://x.example/it's"},
		{"«https://x.example/a», https", "https://x.example/a"},
		{"انظر https://x.example/a، ثم", "https://x.example/a"},
		{"看https://x.example/a。", "https://x.example/a"},
		{"देखो https://x.example/a।", "https://x.example/a"},
		{"https://[::1]:8080/a", "https://[::1]:8080/a"},
		{"https://[::1]", "https://[::1]"},
		{"https://", ""}, {"HTTP://)", ""}, {"xhttp:/x", ""},
	} {
		bob.say("all," + row.text)
		alice.shows("bob", row.text)
		var link string
		alice.eval(`document.querySelector("#messages li:last-child a")?.textContent ?? ""`, &link)
		if link != row.link {
			t.Errorf("%q: the link is %q, want %q", row.text, link, row.link)
		}
	}
	// Of a text that is shown in part, what is cut is no link; a long one is whole.
	last := func(links ...string) {
		t.Helper()
		want, _ := json.Marshal(links)
		alice.until("the links "+cut(string(want)), `JSON.stringify([...document.querySelectorAll("#messages li:last-child a[rel]")].map((a) => a.textContent)) === `+quoted(string(want)))
	}
	bob.say("all," + strings.Repeat("a ", 990) + "https://x.example/cut")
	alice.until("a part", `document.querySelector("#messages li:last-child [data-more]")`)
	last([]string{}...)
	alice.eval(`document.querySelector("#messages li:last-child [data-more]").click()`, nil)
	last("https://x.example/cut")
	long := "https://x.example/" + strings.Repeat("a", 2500)
	bob.say("all,see " + long + " for more")
	alice.until("a part", `document.querySelector("#messages li:last-child .body").textContent.startsWith("see") && document.querySelector("#messages li:last-child [data-more]")`)
	last([]string{}...)
	alice.eval(`document.querySelector("#messages li:last-child [data-more]").click()`, nil)
	last(long)
	alice.noProblems()
}

// The time of every message is there when one points at it, and days are apart.
func TestPageTimesAndDays(t *testing.T) {
	t.Parallel()
	s := start(t)
	alice := startChromium(t).open(s, "en-GB")
	alice.connectAs("alice")
	for i := range 3 {
		alice.send(fmt.Sprint("message ", i))
	}
	alice.shows("alice", "message 2")
	visible := func() (count int) {
		alice.eval(`[...document.querySelectorAll("#messages .head time, #messages .line")].filter((each) => each.matches("time") || /\d/.test(getComputedStyle(each, "::before").content)).length`, &count)
		return count
	}
	if got := visible(); got != 1 {
		t.Errorf("%d times are visible, want the first", got)
	}
	var y float64
	alice.eval(`document.querySelector("#messages li:last-child .body").getBoundingClientRect().y + 5`, &y)
	alice.call("Input.dispatchMouseEvent", params{"type": "mouseMoved", "x": 700, "y": y}, nil)
	until(t, "the time of the message under the mouse", func() bool { return visible() == 2 })
	var days []string
	alice.eval(`(async () => {
		const {row} = await import("/view/row.js");
		const item = (days, from) => ({kind: "message", at: new Date(2026, 0, 31 - days, 12), from, text: "x", state: "sent"});
		const [older, newer] = [item(1, "a"), item(0, "a")];
		const now = item(0, "a"); now.at = Date.now();
		const yesterday = item(0, "a"); yesterday.at = new Date().setDate(new Date().getDate() - 1);
		return [[older, undefined], [newer, older], [{...newer, at: +newer.at + 1000}, newer], [{...newer, at: +newer.at + 3600000}, newer], [yesterday, newer], [now, yesterday]].map(([item, before]) => {
			const li = row(item, before, {});
			return (li.querySelector(".day")?.textContent ?? "-") + (li.querySelector(".head") ? " head" : "");
		});
	})()`, &days)
	want := []string{"Friday, January 30, 2026 head", "Saturday, January 31, 2026 head", "-", "- head", "Yesterday head", "Today head"}
	if !slices.Equal(days, want) {
		t.Errorf("got %q, want %q", days, want)
	}
	alice.noProblems()
}

// Two pages of one user, what was said before they came, and jumping to the newest.
func TestPageHistory(t *testing.T) {
	t.Parallel()
	s := start(t, "-rate", "0")
	browser := startChromium(t)
	bob := s.login("bob")
	for i := range 300 {
		bob.say(fmt.Sprint("all,message ", i))
	}
	bob.hears("用户(bob=>bob):message 0")
	first, second := browser.open(s, "en-GB"), browser.open(s, "en-GB")
	first.connectAs("alice")
	second.connectAs("alice")
	first.shows("bob", "message 299")
	until(t, "the beginning", func() bool {
		first.eval(`document.querySelector("#log").scrollTop = 0`, nil)
		messages := first.shown()
		return len(messages) > 0 && messages[0].Body == "message 0"
	})
	first.says("#earlier", "This is the beginning.")
	for i, m := range first.shown() {
		if m.Body != fmt.Sprint("message ", i) {
			t.Fatalf("%d: %q", i, m.Body)
		}
	}
	for i := range 7 {
		bob.say(fmt.Sprint("all,new ", i))
	}
	first.says("#newest", "7 new")
	first.screenshot("history-jump")
	first.audit("history")
	first.click("#newest")
	first.shows("bob", "new 6")
	first.until("at the end", `document.querySelector("#newest").hidden`)

	// Who is a little above the end stays there, and follows what comes.
	const above = `new Promise(requestAnimationFrame).then(() => new Promise(requestAnimationFrame)).then(() => (({scrollHeight, clientHeight, scrollTop}) => Math.round(scrollHeight - clientHeight - scrollTop))(document.querySelector("#log")))`
	var px int
	first.eval(`document.querySelector("#log").scrollTop -= 30`, nil)
	if first.eval(above, &px); px != 30 {
		t.Errorf("%d px above the end, want 30", px)
	}
	bob.say("all,new 7")
	first.shows("bob", "new 7")
	if first.eval(above, &px); px > 1 {
		t.Errorf("%d px above what has come", px)
	}
	first.click("#text")
	first.press("PageUp", "", 33)
	first.until("to be a page above", `!document.querySelector("#newest").hidden && document.activeElement.id === "text"`)
	first.press("PageDown", "", 34)
	first.until("the end again", `document.querySelector("#newest").hidden`)
	second.send("from the second")
	first.shows("alice", "from the second")
	second.shows("alice", "from the second")

	first.to("bob")
	bob.Conn.Close()
	first.people("alice")
	first.send("for later")
	first.says("#messages .quiet", "bob is away and gets this on return")
	first.begins("nobody", "groupnobody")
	first.click("#join")
	first.send("to nobody")
	first.to("groupnobody")
	first.shows("alice", "to nobody")
	first.begins("nobody", "nobody")
	first.send("hello?")
	first.until("that it is not sent", `document.querySelector("#messages .why")?.textContent.startsWith("Not sent: nobody of this name is or was here lately.")`)
	first.noProblems()
	second.noProblems()
}

// Who comes and goes is told once, quietly.
func TestPageNotices(t *testing.T) {
	t.Parallel()
	s := start(t)
	alice := startChromium(t).open(s, "en-GB")
	alice.connectAs("alice")
	bob := s.login("bob")
	alice.says("#messages li:last-child .quiet", "bob came")
	s.login("carol")
	alice.says("#messages li:last-child .quiet", "bob and carol came")
	s.login("dave")
	alice.says("#messages li:last-child .quiet", "3 people came")
	bob.Conn.Close()
	alice.says("#messages li:last-child .quiet", "carol and dave came")
	s.login("eve").say("all,hello")
	alice.shows("eve", "hello")
	s.login("frank").leave()
	s.login("grace")
	alice.says("#messages li:last-child .quiet", "grace came")
	alice.screenshot("notices")
	alice.audit("notices")
	var notices int
	alice.eval(`document.querySelectorAll("#messages [data-kind=notice]").length`, &notices)
	if notices != 2 {
		t.Errorf("%d notices, want 2", notices)
	}
	alice.noProblems()
}

// A text of 1 MiB in one line is shown in part, more when asked for.
func TestPageLongTexts(t *testing.T) {
	t.Parallel()
	s := start(t)
	alice := startChromium(t).open(s, "en-GB")
	alice.connectAs("alice")
	bob := s.login("bob")
	bob.say("all,"+strings.Repeat("x", 1<<20-100), "all,"+strings.Repeat("line\n", 100), "all,after")
	for line := ""; !strings.HasSuffix(line, ":after"); { // who does not read is not listened to
		var err error
		if line, err = bob.NextText(); err != nil {
			t.Fatal(err)
		}
	}
	alice.shows("bob", "after")
	alice.fitsTheWindow()
	length := func() (n int) {
		alice.eval(`document.querySelector("#messages .body .body").textContent.length`, &n)
		return n
	}
	if got := length(); got != 2000 {
		t.Errorf("%d characters are shown at first", got)
	}
	alice.screenshot("long-texts")
	alice.click("#messages [data-more]")
	until(t, "more of it", func() bool { return length() == 20000 })
	alice.fitsTheWindow()
	alice.eval(`document.querySelector("#messages [data-more]").click()`, nil)
	until(t, "all that is ever shown", func() bool { return length() == 200000 })
	alice.until("the file", `document.querySelector("#messages .more a[download]") && !document.querySelector("#messages li:nth-last-child(3) [data-more]")`)
	alice.fitsTheWindow()

	// What is too long to be typed becomes a file, if it can be sent at all.
	paste := func(length string) {
		alice.eval(`{const d = new DataTransfer(); d.setData("text", "y".repeat(`+length+`));
			document.querySelector("#text").dispatchEvent(new ClipboardEvent("paste", {clipboardData: d, bubbles: true, cancelable: true})) }`, nil)
	}
	paste("1 << 20")
	alice.says("#complaint", "text.txt has 1 MiB; at most 1023 KiB can be sent.")
	paste("1e6")
	alice.says("#files li .name", "text.txt")
	alice.click("#send")
	alice.until("the file to be sent", `document.querySelector("#messages a[download='text.txt']") && !document.querySelector("#messages [data-state=sending]")`)
	alice.fitsTheWindow()
	alice.noProblems()
}
