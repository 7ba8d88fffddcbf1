//go:build e2e && linux

package e2e

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tone is a WAV file of silence, a tenth of a second long.
func tone() []byte {
	const rate, bytesOfData = 8000, 800
	head := []any{[]byte("RIFF"), uint32(36 + bytesOfData), []byte("WAVEfmt "), uint32(16), uint16(1), uint16(1),
		uint32(rate), uint32(rate), uint16(1), uint16(8), []byte("data"), uint32(bytesOfData)}
	var out bytes.Buffer
	for _, each := range head {
		binary.Write(&out, binary.LittleEndian, each) // to a buffer, of fixed sizes
	}
	return append(out.Bytes(), bytes.Repeat([]byte{128}, bytesOfData)...)
}

// written writes a file to be chosen.
func written(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// PROTOCOL 10: where files are on, they are uploaded, however large for a message; pictures and
// sounds are in the log, and all pictures can be gone through.
func TestPageUploads(t *testing.T) {
	t.Parallel()
	s := start(t, "-data", t.TempDir())
	browser := startChromium(t)
	alice, bob := browser.open(s, "en-GB"), browser.open(s, "zh-CN")
	alice.connectAs("alice")
	bob.connectAs("bob")
	alice.sees("button", "Attach files, up to 25 MiB each")
	hostile := []byte("<!doctype html><script>window.injected = 1</script>" + strings.Repeat(" ", 2<<20))
	alice.choose(written(t, "waves 波.png", picture(t, 960, 400)), written(t, "hills.png", picture(t, 300, 500)),
		written(t, "tone.wav", tone()), written(t, "page.html", hostile))
	alice.until("pictures of the pictures", `document.querySelectorAll("#files img").length === 2`)
	alice.screenshot("uploads-chosen")
	alice.audit("uploads chosen")
	alice.click("#send")
	for _, each := range []*page{alice, bob} {
		each.until("the pictures, from the server", `[...document.querySelectorAll("#messages img")].map((img) => img.naturalWidth).join() === "960,300" &&
			[...document.querySelectorAll("#messages img")].every((img) => img.getAttribute("src").startsWith("files/"))`)
		each.until("a place that was reserved", `document.querySelector("#messages img").getAttribute("width") === "384" && document.querySelector("#messages img").height === 160`)
		each.until("the sound", `document.querySelector("#messages audio")?.duration > 0.05`)
		each.until("the file", `document.querySelector("#messages a[download='page.html'] small")?.textContent === "2 MiB"`)
		each.until("all sent", `document.querySelectorAll("#messages [data-state=sent]").length === 4`)
	}
	bob.until("nothing that moved", `document.querySelectorAll("#messages progress").length === 0`)
	bob.sees("button", "放大 hills.png")
	bob.screenshot("uploads-zh")
	bob.audit("uploads")
	dir := t.TempDir()
	bob.call("Page.setDownloadBehavior", params{"behavior": "allow", "downloadPath": dir}, nil)
	bob.click("#messages a[download='page.html']")
	until(t, "the download", func() bool {
		got, err := os.ReadFile(filepath.Join(dir, "page.html"))
		return err == nil && bytes.Equal(got, hostile)
	})

	// The viewer.
	alice.click("#messages .picture")
	alice.sees("image", "waves 波.png")
	alice.screenshot("viewer")
	alice.audit("viewer")
	alice.press("ArrowRight", "", 39)
	alice.says("#viewer .name", "hills.png")
	alice.press("ArrowRight", "", 39)
	alice.says("#viewer .name", "hills.png")
	alice.click("#viewer [aria-label='Previous picture']")
	alice.says("#viewer .name", "waves 波.png")
	alice.until("a link to save it", `document.querySelector("#viewer a").download === "waves 波.png"`)
	alice.press("Escape", "", 27)
	alice.seesNo("button", "Next picture")

	// What a program sends with a text; another conversation's pictures are not among these.
	id, _, _ := s.Upload("carol", "a note.txt", 4, strings.NewReader("note"))
	carol, _ := s.program("carol")
	carol.say(`{"op":"send","to":"all","text":"read this","file":"` + id + `"}`)
	for _, each := range []*page{alice, bob} {
		each.until("the text and the file", `document.querySelector("#messages [data-from=carol] .body")?.textContent.includes("read this") &&
			document.querySelector("#messages [data-from=carol] a[download='a note.txt']")`)
	}
	var injected bool
	bob.eval(`"injected" in window`, &injected)
	if injected {
		t.Error("a file was shown as a page")
	}
	alice.fitsTheWindow()
	alice.noProblems()
	bob.noProblems()
}

// An upload tells how far it is, and can be cancelled; what the server has no room for says so,
// and can be tried again.
func TestPageUploadsThatFail(t *testing.T) {
	t.Parallel()
	s := start(t, "-files", t.TempDir(), "-files-bytes", "3000000", "-max-file", "10000000")
	alice := startChromium(t).open(s, "en-GB")
	alice.connectAs("alice")
	alice.choose(written(t, "huge.bin", make([]byte, 11000000)))
	alice.says("#complaint", "huge.bin has 10.5 MiB; at most 9.5 MiB can be sent.")
	alice.choose(written(t, "large.bin", make([]byte, 5000000)))
	alice.click("#send")
	alice.says("#messages .why", "Not sent: the server has no room for files at present. Try again Discard")
	alice.screenshot("upload-no-room")
	alice.audit("no room")
	alice.click("#messages [data-discard]")
	alice.showsExactly()

	alice.call("Network.enable", nil, nil)
	slow := params{"offline": false, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 100000}
	alice.call("Network.emulateNetworkConditions", slow, nil)
	alice.choose(written(t, "one.bin", make([]byte, 2000000)), written(t, "two.bin", make([]byte, 2000)))
	alice.click("#send")
	alice.until("progress", `document.querySelector("#messages progress")?.value > 0`)
	alice.sees("progressbar", "Uploading")
	alice.screenshot("uploading")
	alice.audit("uploading")
	alice.click("#messages li:last-child .file button") // it waits for the other
	alice.until("one to be left", `document.querySelectorAll("#messages progress").length === 1`)
	alice.click("#messages .file button")
	alice.showsExactly()
	slow["uploadThroughput"] = -1
	alice.call("Network.emulateNetworkConditions", slow, nil)
	alice.choose(written(t, "three.bin", make([]byte, 2000)))
	alice.click("#send")
	alice.until("the next to be sent", `document.querySelectorAll("#messages [data-state=sent] a[download='three.bin']").length === 1`)
	alice.showsExactly("three.bin2 KiBDownload")
}
