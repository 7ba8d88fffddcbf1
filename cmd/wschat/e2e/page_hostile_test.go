//go:build e2e && linux

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"wschat/frame"
)

// hostileTexts are such as somebody would send to do harm.
var hostileTexts = []string{
	strings.Repeat("long", 400),
	`<script>window.injected = 1</script>`,
	`<img src=x onerror="window.injected = 1"><b>bold</b>`,
	`</li></ol><iframe src="javascript:parent.injected = 1"></iframe>`,
	`javascript:window.injected=1 data:text/html,<script>window.injected=1</script>`,
	`http://"onmouseover="injected=1" https://<b>x</b> http:// https://[ http://x\y`,
	"用户(bob=>alice):not by Bob",
	"&lt;b&gt; &amp; \"quoted\" 'text' ${injected} \u202e right to left",
	"\u202e\u2067\u2066 https://safe.example/\u202egpj.exe never closed",
	"line one\nline two" + strings.Repeat("\n", 200) + "far below",
	"a\u200b\u200c\u200d\u2060\ufeffb\u0000c",
	"Z" + strings.Repeat("\u0301\u0316\u0489", 200) + "algo",
	strings.Repeat("`", 501) + " ```never closed " + strings.Repeat("`a", 300),
	strings.Repeat("\ufdfd", 200),
	strings.Repeat("👩‍👩‍👧‍👦", 60),
	"\ttabs\tand " + strings.Repeat("\u3000", 300) + "|",
}

// hostileIDs are valid, and look like something else or like nothing.
var hostileIDs = []string{
	strings.Repeat("W", 64), strings.Repeat("𒈙", 16), strings.Repeat("ก\u0e49\u0e49\u0e49", 5), strings.Repeat("۝مرحبا"[2:], 6),
	"__proto__", "constructor", "hasOwnProperty", "toString", "javascript-alert@1", "..", "-", "ال.ع-ربية@1", "undefined",
}

// Whatever is sent by whomever is shown as text, does no harm and breaks no layout.
func TestPageHostile(t *testing.T) {
	t.Parallel()
	s := start(t, "-rate", "0")
	browser := startChromium(t)
	alice, bob := browser.open(s, "en-GB"), browser.open(s, "zh-CN")
	alice.connectAs("alice")
	bob.connectAs("bob")
	alice.find("bob")
	bob.find("alice")
	alice.isOpen("bob")
	bob.isOpen("alice")
	for _, text := range hostileTexts {
		alice.eval(fmt.Sprintf(`document.querySelector("#text").value = %s; document.querySelector("#text").focus()`, quoted(text)), nil)
		alice.pressEnter()
		want := text // what is between back-ticks is there without them
		if lines := strings.SplitN(text, "\n", 26); len(lines) > 25 {
			want = strings.Join(lines[:25], "\n")
		}
		if strings.Contains(text, "```") {
			want = ""
		}
		bob.until(fmt.Sprintf("%.50q", text), fmt.Sprintf(`(document.querySelector("#messages li:last-child .body")?.textContent ?? "").includes(%s)`, quoted(want)))
	}
	for _, each := range []*page{alice, bob} {
		var made int
		each.eval(`document.querySelectorAll("#messages :is(script, iframe, b, object, [onerror], [onmouseover])").length +
			[...document.querySelectorAll("#messages a")].filter((a) => !/^https?:/.test(a.protocol) || /[\u200b-\u202e]/.test(a.href)).length + (window.injected ?? 0)`, &made)
		if made != 0 {
			t.Error("a text was taken as markup")
		}
		each.fitsTheWindow()
	}
	bob.screenshot("hostile-texts")
	bob.resize(360, 740, true)
	bob.fitsTheWindow()
	bob.screenshot("hostile-texts-phone")

	clients := map[string]*client{}
	for _, id := range hostileIDs {
		clients[id] = s.login(id)
	}
	for id, c := range clients {
		c.say("all,I am "+id, "alice,to you", "group"+strings.Repeat("ط", 29)+",x")
		if err := c.Send(frame.Binary, []byte("alice,file")); err != nil {
			t.Fatal(err)
		}
	}
	alice.resize(1100, 2400, false) // for all of the list to be in sight
	alice.until("all of them", fmt.Sprintf(`document.querySelectorAll("#conversations [data-kind=conversation] .person.on").length === %d`, len(hostileIDs)+1))
	for _, id := range hostileIDs {
		alice.until("unread ones of "+id, fmt.Sprintf(`[...document.querySelectorAll("#conversations [data-open]")].find((each) => each.dataset.open === %s)?.querySelector(".badge").textContent === "2"`, quoted(id)))
	}
	alice.to("all")
	for _, size := range [][2]int{{1100, 720}, {360, 740}} {
		alice.resize(size[0], size[1], size[0] < 400)
		alice.fitsTheWindow()
		alice.screenshot(fmt.Sprint("hostile-ids-", size[0]))
	}
	alice.click("#back")
	alice.fitsTheWindow()
	alice.screenshot("hostile-ids-list")
	alice.resize(1100, 720, false)
	alice.to(hostileIDs[0])
	alice.fitsTheWindow()
	var widths int
	alice.eval(`[...document.querySelectorAll("#conversations .name, #messages .from")].filter((each) => each.getBoundingClientRect().width < 4).length`, &widths)
	if widths != 0 {
		t.Errorf("%d names cannot be seen", widths)
	}
	// A name that is one of an object's own.
	clients["__proto__"].say("alice,again")
	alice.to("__proto__")
	alice.shows("__proto__", "again")
	alice.navigate("http://" + s.Addr + "/")
	alice.connected("alice")
	alice.says("#conversations [data-open=constructor] .badge", "2")
	alice.says("#conversations [data-open=__proto__] .badge", "")
	alice.noProblems()
	bob.noProblems()
}

// The Content-Security-Policy keeps out what the page did not bring with it.
func TestPagePolicy(t *testing.T) {
	t.Parallel()
	s, other := start(t), start(t)
	p := startChromium(t).open(s, "en-GB")
	p.noProblems()
	for _, row := range []struct{ directive, attack string }{
		{"script-src-elem", `document.body.append(Object.assign(document.createElement("script"), {textContent: "window.injected = 1"}))`},
		{"script-src-attr", `document.body.insertAdjacentHTML("beforeend", '<p onclick="window.injected = 1">x</p>'); document.body.lastChild.click()`},
		{"script-src", `try { Function("window.injected = 1")() } catch {}`},
		{"style-src-elem", `document.body.append(Object.assign(document.createElement("style"), {textContent: "body { display: none }"}))`},
		{"style-src-attr", `document.body.setAttribute("style", "display: none")`},
		{"img-src", `new Image().src = "http://` + other.Addr + `/favicon.svg"`},
		{"connect-src", `try { new WebSocket("ws://` + other.Addr + `/socket") } catch {}`},
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
