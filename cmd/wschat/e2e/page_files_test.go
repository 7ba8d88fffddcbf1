//go:build e2e && linux

package e2e

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wschat/frame"
)

// picture is a PNG of this size.
func picture(t *testing.T, width, height int) []byte {
	t.Helper()
	made := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			wave := math.Sin(float64(x)/40) + math.Cos(float64(y)/30)
			made.Set(x, y, color.RGBA{uint8(90 + 40*wave), uint8(120 + 50*wave), uint8(150 + y*100/height), 255})
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, made); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// choose puts files into the field for them.
func (p *page) choose(paths ...string) {
	p.t.Helper()
	var object struct{ Result struct{ ObjectID string } }
	p.call("Runtime.evaluate", params{"expression": `document.querySelector("#chosen")`}, &object)
	p.call("DOM.setFileInputFiles", params{"files": paths, "objectId": object.Result.ObjectID}, nil)
}

// Pictures and files: chosen, pasted and dropped; shown or offered for download.
func TestPageFiles(t *testing.T) {
	t.Parallel()
	s := start(t)
	browser := startChromium(t)
	alice, bob := browser.open(s, "en-GB"), browser.open(s, "zh-CN")
	alice.connectAs("alice")
	bob.connectAs("bob")
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	hostile := []byte("<!doctype html><script>window.injected = 1</script>")
	shot := picture(t, 480, 200)
	alice.choose(write("waves 波.png", shot), write("page.html", hostile), write("large.bin", make([]byte, 1<<20)))
	alice.says("#complaint", "large.bin has 1 MiB; at most 1023 KiB can be sent.")
	alice.until("two files", `document.querySelectorAll("#files li").length === 2`)
	alice.screenshot("files-chosen")
	alice.audit("files chosen")
	alice.send("Look at this")
	bob.shows("alice", "Look at this")
	for _, each := range []*page{alice, bob} {
		each.until("the picture", `[...document.querySelectorAll("#messages img")].some((img) => img.naturalWidth === 480 && img.src.startsWith("blob:"))`)
		each.until("the file", `document.querySelector("#messages a[download='page.html'] small")?.textContent === "51 B"`)
		each.until("all sent", `document.querySelectorAll("#messages [data-state=sent]").length === 3 && !document.querySelector("#messages [data-state=sending]")`)
	}
	bob.screenshot("files-zh")

	bob.call("Page.setDownloadBehavior", params{"behavior": "allow", "downloadPath": dir}, nil)
	os.Remove(filepath.Join(dir, "page.html"))
	bob.click("#messages a[download]")
	until(t, "the download", func() bool {
		got, err := os.ReadFile(filepath.Join(dir, "page.html"))
		return err == nil && bytes.Equal(got, hostile)
	})
	var injected bool
	bob.eval(`"injected" in window`, &injected)
	if injected {
		t.Error("a file was shown as a page")
	}
	bob.click("#messages .picture")
	bob.until("the picture alone", `document.querySelector("#viewer").open`)
	bob.screenshot("picture-enlarged")
	bob.audit("picture enlarged")
	bob.press("Escape", "", 27)
	bob.until("closed", `!document.querySelector("#viewer").open`)

	transfer := `const d = new DataTransfer(); d.items.add(new File(["%s"], "%s"));`
	alice.eval(fmt.Sprintf(`{`+transfer+`document.querySelector("#text").dispatchEvent(new ClipboardEvent("paste", {clipboardData: d, bubbles: true, cancelable: true})) }`, "pasted", "pasted.txt"), nil)
	alice.eval(fmt.Sprintf(`{`+transfer+`for (const type of ["dragover", "drop"]) document.querySelector("#log").dispatchEvent(new DragEvent(type, {dataTransfer: d, bubbles: true, cancelable: true})) }`, "dropped", "dropped.txt"), nil)
	alice.until("both", `document.querySelectorAll("#files li").length === 2`)
	alice.click("#files li:first-child button")
	alice.click("#send")
	bob.until("the one that was not removed", `document.querySelector("#messages a[download='dropped.txt']")`)
	alice.eval(fmt.Sprintf(`{`+transfer+`document.querySelector("#log").dispatchEvent(new DragEvent("dragover", {dataTransfer: d, bubbles: true, cancelable: true})) }`, "x", "x"), nil)
	alice.screenshot("files-dropping")

	// A spreadsheet or word processor has a picture of its text beside it, which is none; a
	// screenshot is one.
	alice.call("Browser.grantPermissions", params{"permissions": []string{"clipboardReadWrite", "clipboardSanitizedWrite"}, "browserContextId": alice.context}, nil)
	paste := func(types string) {
		t.Helper()
		alice.eval(`(async () => {
			const png = new Blob([Uint8Array.from(atob("`+base64.StdEncoding.EncodeToString(picture(t, 200, 90))+`"), (c) => c.charCodeAt(0))], {type: "image/png"});
			const text = new Blob(["one\ttwo"], {type: "text/plain"}), html = new Blob(["<table><tr><td>one<td>two</table>"], {type: "text/html"});
			await navigator.clipboard.write([new ClipboardItem(`+types+`)]);
		})()`, nil)
		alice.click("#text")
		alice.call("Input.dispatchKeyEvent", params{"type": "keyDown", "key": "v", "code": "KeyV", "windowsVirtualKeyCode": 86, "modifiers": ctrl, "commands": []string{"paste"}}, nil)
	}
	paste(`{"text/plain": text, "text/html": html, "image/png": png}`)
	alice.until("the text, and no picture", `document.querySelector("#text").value === "one\ttwo" && !document.querySelector("#files li")`)
	alice.fill("#text", "")
	paste(`{"image/png": png}`)
	alice.until("the picture", `document.querySelector("#files .name")?.textContent === "image.png" && document.querySelector("#text").value === ""`)
	alice.sees("button", "Remove image.png")
	alice.click("#files li button")

	// What other programs send: the same bytes, or what only says that it is a picture.
	carol := s.login("carol")
	for _, content := range [][]byte{shot, []byte("plain bytes"), []byte("<svg xmlns='http://www.w3.org/2000/svg' onload='window.injected=1'/>"),
		append([]byte("\x89PNG\r\n\x1a\n"), strings.Repeat("no picture", 9)...)} {
		if err := carol.Send(frame.Binary, append([]byte("all,"), content...)); err != nil {
			t.Fatal(err)
		}
	}
	for _, each := range []*page{alice, bob} {
		each.until("one more picture, and three files", `document.querySelectorAll("#messages [data-from=carol] img").length === 1 &&
			document.querySelectorAll("#messages [data-from=carol] a[download]").length === 3`)
		each.noProblems()
	}
	bob.fitsTheWindow()
	bob.screenshot("files-of-others-zh")

}
