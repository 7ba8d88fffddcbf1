//go:build e2e && linux

package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// hostileFiles run a script where a browser takes them for documents. SCRIPT stands for it.
var hostileFiles = map[string]string{
	"page.html":     `<!DOCTYPE html><title>x</title><script>SCRIPT</script>`,
	"page.png":      `<html><body onload="SCRIPT">`,
	"picture.svg":   `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="SCRIPT"><script>SCRIPT</script></svg>`,
	"page.xhtml":    `<html xmlns="http://www.w3.org/1999/xhtml"><script>SCRIPT</script></html>`,
	"page.mht":      "MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<script>SCRIPT</script>",
	"script.js":     `SCRIPT`,
	"gif.html":      "GIF89a/*<script>SCRIPT</script>*/=1;SCRIPT",
	"png.html":      "\x89PNG\r\n\x1a\n<script>SCRIPT</script>",
	"jpeg.html":     "\xff\xd8\xff\xe0<html><script>SCRIPT</script>",
	"webp.svg":      "RIFF\x00\x00\x00\x00WEBPVP8 <svg xmlns='http://www.w3.org/2000/svg' onload='SCRIPT'/>",
	"wav.html":      "RIFF/*\x00\x00WAVE<script>SCRIPT</script>*/=1;SCRIPT",
	"mp3.html":      "ID3=1;/*<script>SCRIPT</script>*/SCRIPT",
	"ogg.html":      "OggS=1;/*<script>SCRIPT</script>*/SCRIPT",
	"mp4.html":      "\x00\x00\x00\x14ftypmp42\x00\x00\x00\x00isom<script>SCRIPT</script>",
	"webm.html":     "\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm<script>SCRIPT</script>",
	"pdf.html":      "%PDF-1.4\n<script>SCRIPT</script>",
	"script.pdf":    "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.launchURL\\('BEACON'\\);this.submitForm\\('BEACON'\\))>>>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/AA<</O<</S/URI/URI(BEACON)>>>>>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF",
	"\u202elmth.js": `<script>SCRIPT</script>`,
}

// Nothing that is uploaded runs in a browser: neither opened by itself, nor in a frame of another
// site, nor as a script, a style or a worker of our page (PROTOCOL 10).
func TestHostileFilesRunNothing(t *testing.T) {
	t.Parallel()
	s := start(t, "-files", t.TempDir())
	var ran atomic.Int32
	beacon := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ran" {
			ran.Add(1)
		}
	}))
	defer beacon.Close()
	script := "fetch(`" + beacon.URL + "/ran`,{mode:`no-cors`});localStorage.ran=1"
	text := func(file string) string {
		return strings.NewReplacer("SCRIPT", script, "BEACON", beacon.URL+"/ran").Replace(file)
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if url := r.FormValue("of"); url != "" {
			fmt.Fprintf(w, `<body><iframe src=%q></iframe><object data=%[1]q></object><embed src=%[1]q><img src=%[1]q>`, url)
			return
		}
		fmt.Fprint(w, text(hostileFiles["page.html"]))
	}))
	defer site.Close()
	p := startChromium(t).open(s, "en-GB")
	open := func(url string) {
		p.call("Page.navigate", params{"url": url}, nil) // of what is saved, nothing is shown
		p.until("the document", `document.readyState === "complete"`)
	}
	open(site.URL + "/")
	until(t, "the script runs where it may", func() bool { return ran.Load() == 1 })
	ids := make(map[string]string)
	for name, file := range hostileFiles {
		file = text(file)
		id, status, answer := s.Upload("A", name, int64(len(file)), strings.NewReader(file))
		if status != http.StatusCreated {
			t.Fatalf("%s: %d %s", name, status, answer)
		}
		url := "http://" + s.Addr + "/files/" + id
		open(url)
		open(site.URL + "/?of=" + url)
		if ran.Load() != 1 {
			t.Fatalf("%s ran when it was opened", name)
		}
		ids[name] = id
	}
	p.navigate("http://" + s.Addr + "/")
	for name, id := range ids {
		var tried int
		p.eval(fmt.Sprintf(`Promise.all([
			["script", {src: %[1]q}], ["script", {src: %[1]q, type: "module"}], ["link", {href: %[1]q, rel: "stylesheet"}],
		].map(([name, members]) => new Promise((done) => {
			const element = Object.assign(document.createElement(name), members);
			element.onload = element.onerror = () => done();
			document.head.append(element);
		})).concat(
			new Promise((done) => { try { new Worker(%[1]q).onerror = done } catch { done() } }),
			navigator.serviceWorker.register(%[1]q).catch(() => 0),
			import(%[1]q).catch(() => 0),
		)).then((all) => all.length)`, "/files/"+id), &tried)
		var stored bool
		p.eval(`"ran" in localStorage`, &stored)
		if tried != 6 || stored || ran.Load() != 1 {
			t.Errorf("%s ran: %d times, stored: %v, tried in %d ways", name, ran.Load()-1, stored, tried)
		}
	}
	p.browser.takeProblems(p.session) // of what was refused
}
