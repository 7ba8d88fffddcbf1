//go:build e2e && linux

package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"testing"
)

// What is marked up is drawn, what only looks like it is not, and all of it can be copied.
func TestPageFormatting(t *testing.T) {
	t.Parallel()
	s := start(t)
	alice := startChromium(t).open(s, "en-GB")
	alice.connectAs("alice")
	bob, _ := s.program("bob")
	bob.say(`{"op":"send","to":"all","text":"**Release** is *today*, ~~Friday~~, see [the plan](https://example.com/plan) @alice"}`,
		`{"op":"send","to":"all","text":"To do:\n- test **all** of it\n- write\n  1. notes\n  2. mail"}`,
		`{"op":"send","to":"all","text":"> who does it?\n\nI do."}`,
		"{\"op\":\"send\",\"to\":\"all\",\"text\":\"```sh\\nmake *test*\\n```\"}",
		`{"op":"send","to":"all","text":"snake_case_name, 2*3*4, https://example.com/a_b_c and __init__"}`)
	alice.shows("bob", "Release is today, Friday, see the plan @alice", "snake_case_name, 2*3*4, https://example.com/a_b_c and __init__")
	alice.sees("link", "the plan")
	alice.sees("blockquote", "")
	var looks string
	alice.eval(`(() => {
		const words = (text) => {
			const all = document.createTreeWalker(document.querySelector("#messages"), NodeFilter.SHOW_TEXT);
			while (all.nextNode()) if (all.currentNode.data.trim() === text) return getComputedStyle(all.currentNode.parentElement);
		};
		const li = words("write");
		return [words("Release").fontWeight >= 600, words("today").fontStyle, words("Friday").textDecorationLine, li.display, li.listStyleType, words("notes").listStyleType, words("@alice").fontWeight].join(" ");
	})()`, &looks)
	if want := "true italic line-through list-item disc decimal 600"; looks != want {
		t.Errorf("it looks %q, want %q", looks, want)
	}
	alice.until("the address of the link", `[...document.querySelectorAll("#messages a")].find((a) => a.textContent === "the plan").title === "https://example.com/plan"`)
	alice.screenshot("formatting")
	alice.audit("formatting")

	alice.eval(`addEventListener("copy", ({clipboardData}) => { window.copied_ = clipboardData.getData("text/plain") })`, nil)
	alice.sees("button", "Copy code")
	alice.click(".code button")
	alice.until("the code to be copied", `window.copied_ === "make *test*"`)
	alice.says("#said", "Copied")
	alice.chooses("To do:\ntest all of itwritenotesmail", "Copy text") // over an item of the list
	alice.until("the text as it was sent", `window.copied_ === "To do:\n- test **all** of it\n- write\n  1. notes\n  2. mail"`)
	alice.resize(360, 740, true)
	alice.fitsTheWindow()
	alice.screenshot("formatting-phone")
	alice.noProblems()
}

// Names behind @, also of who is away, and emoji behind : are offered; the keys are those of a
// list, and what is typed out needs none of them.
func TestPageCompletion(t *testing.T) {
	t.Parallel()
	s := start(t)
	carol := s.login("carol")
	carol.say("groupA,I was here")
	alice, bob := two(t, s)
	carol.Conn.Close()
	alice.until("who is away", `document.querySelector("#about").textContent.includes("2 online")`)
	value := func(want string) {
		t.Helper()
		alice.until("the field to have "+want, `document.querySelector("#text").value === `+quoted(want))
	}
	chosen := func(name string) {
		t.Helper()
		alice.until(name+" to be chosen", `document.getElementById(document.querySelector("#text").getAttribute("aria-activedescendant"))?.textContent.includes(`+quoted(name)+`)`)
	}
	alice.click("#text")
	alice.types("thanks @")
	alice.sees("listbox", "Suggestions")
	alice.sees("option", "bob")
	alice.sees("option", "carol away")
	for _, look := range []params{{"name": "prefers-color-scheme", "value": "dark"}, {"name": "forced-colors", "value": "active"}, {"name": "prefers-color-scheme", "value": "light"}} {
		alice.call("Emulation.setEmulatedMedia", params{"features": []params{look}}, nil)
		alice.screenshot("completion-" + look["value"].(string))
	}
	alice.audit("completion")
	alice.types("O")
	alice.sees("option", "bob")
	alice.press("ArrowDown", "", 40)
	alice.press("ArrowUp", "", 38)
	alice.press("ArrowUp", "", 38)
	chosen("bob")
	alice.press("Tab", "\t", 9)
	value("thanks @bob ")
	alice.seesNo("listbox", "Suggestions")
	alice.types("@caro")
	chosen("carol")
	alice.pressEnter()
	value("thanks @bob @carol ")
	alice.types(":tad")
	alice.sees("option", "tada")
	alice.screenshot("completion-emoji")
	alice.press("Escape", "", 27)
	alice.seesNo("listbox", "Suggestions")
	alice.types("a:")
	value("thanks @bob @carol 🎉 ")
	alice.types("at 10:30 :D")
	alice.seesNo("listbox", "Suggestions")
	alice.pressEnter()
	bob.shows("alice", "thanks @bob @carol 🎉 at 10:30 :D")
	alice.send("is it @carol")
	bob.shows("alice", "is it @carol")

	// The same emoji are there to react with.
	bob.chooses("is it @carol", "More reactions")
	bob.sees("dialog", "More reactions")
	bob.screenshot("reaction-picker")
	bob.audit("the picker")
	bob.types("rock")
	bob.sees("button", "rocket")
	bob.click(`#picker [aria-label=rocket]`)
	alice.sees("button", "🚀 1: bob")
	bob.seesNo("dialog", "More reactions")
	alice.noProblems()
	bob.noProblems()
}

// composes types a text with an input method, and presses Enter, which is for that.
func (p *page) composes(text string) {
	p.t.Helper()
	p.call("Input.imeSetComposition", params{"text": text, "selectionStart": len([]rune(text)), "selectionEnd": len([]rune(text))}, nil)
	p.press("Enter", "", 229)
	p.press("Enter", "", 13)
}

// Enter ends what an input method composes, and does nothing else, in whatever field.
func TestPageInputMethod(t *testing.T) {
	t.Parallel()
	s := start(t)
	alice := startChromium(t).open(s, "zh-CN")
	has := func(field, want string) {
		t.Helper()
		alice.until("what is composed", fmt.Sprintf(`document.querySelector(%s).value === %s`, quoted(field), quoted(want)))
	}
	alice.fill("#name", "")
	alice.composes("林")
	has("#name", "林")
	alice.types("林")
	alice.state("idle")
	alice.pressEnter()
	alice.connected("林")
	s.login("小明")
	alice.people("林", "小明")

	alice.click("#text")
	alice.composes("你好")
	has("#text", "你好")
	alice.types("你好")
	alice.pressEnter()
	alice.shows("林", "你好")
	alice.press("ArrowUp", "", 38)
	has("#text", "你好")
	alice.composes("吗")
	has("#text", "你好吗")
	alice.types("吗")
	alice.pressEnter()
	alice.showsExactly("你好吗")
	alice.isOpen("all")

	alice.fill("#find", "")
	alice.composes("小")
	has("#find", "小")
	alice.says("#title", "所有人")
	alice.types("小")
	alice.press("Escape", "", 27) // which clears it
	has("#find", "")
	alice.hasFocus("find")

	alice.joins("groupA")
	alice.click("#marking")
	alice.fill("#topic", "")
	alice.composes("话题")
	has("#topic", "话题")
	alice.types("话题")
	alice.pressEnter()
	alice.until("the topic", `document.querySelector("#about").textContent.startsWith("话题")`)
	alice.strike("f", "", 70, ctrl)
	alice.until("the search", `document.activeElement.id === "sought"`)
	alice.composes("好")
	alice.types("好")
	alice.until("the dialog to be there still", `document.querySelector("#lookup").open && document.querySelector("#sought").value === "好"`)
	alice.noProblems()
}

// photograph is a picture that compresses badly.
func photograph(t *testing.T, width, height int) []byte {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	made := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range made.Pix {
		made.Pix[i] = uint8(random.Uint32())
	}
	for y := range height {
		for x := range width {
			c := made.RGBAAt(x, y)
			made.SetRGBA(x, y, color.RGBA{c.R/2 + 60, c.G/2 + 60, c.B/2 + 60, 255})
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, made); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A photograph that is too large is scaled down, which is said; where it may be sent as it is, one
// can have that.
func TestPagePhotographs(t *testing.T) {
	t.Parallel()
	browser := startChromium(t)
	large, small := photograph(t, 1000, 800), photograph(t, 500, 400)
	for _, row := range []struct {
		name     string
		flags    []string
		large    string
		original bool // of the small one, which is scaled, too
	}{
		{"uploaded", []string{"-files", t.TempDir(), "-max-file", "600000"}, "scaled down from 2.", false},
		{"in messages", nil, "scaled down from 2.", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := start(t, row.flags...)
			alice, bob := browser.open(s, "en-GB"), browser.open(s, "en-GB")
			alice.connectAs("alice")
			bob.connectAs("bob")
			alice.choose(written(t, "sea.png", large), written(t, "note.txt", []byte("note")), written(t, "hut.png", small))
			alice.fill("#text", "our holiday")
			alice.pressEnter() // waits for them
			bob.shows("alice", "our holiday")
			bob.until("the photographs", `[...document.querySelectorAll("#messages img")].filter((img) => img.complete && img.naturalWidth).length === 2`)
			bob.until("the file", `document.querySelector("#messages a[download='note.txt']")`)
			var width int
			bob.eval(`document.querySelector("#messages img[alt='sea.jpg']").naturalWidth`, &width)
			if width < 300 || width > 1000 {
				t.Errorf("it is %d px wide", width)
			}

			alice.choose(written(t, "sea.png", large))
			alice.until("what is said of it", `document.querySelector("#files small")?.textContent.includes(`+quoted(row.large)+`) && document.querySelector("#said").textContent.includes("scaled down")`)
			alice.until("no original that is too large", `document.querySelectorAll("#files button").length === 1`)
			alice.click("#files button")
			alice.choose(written(t, "hut.png", small))
			if row.original {
				alice.sees("button", "Send the original")
				alice.screenshot("photograph")
				alice.audit("photograph")
				alice.click("#files button")
			}
			alice.until("it as it is", fmt.Sprintf(`document.querySelector("#files .name").textContent === "hut.png" && document.querySelectorAll("#files button").length === 1 && document.querySelector("#files small").textContent === "%v KiB"`, math.Round(float64(len(small))/102.4)/10))
			alice.noProblems()
			bob.noProblems()
		})
	}
}
