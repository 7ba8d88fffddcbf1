// Package static is the browser client: a page without a framework or a build
// step, embedded in the binary, and the http.Handler that serves it.
//
// The page's rooms, each of which knows only those before it:
//
//	chat.js, chat/   the client of the JSON protocol, for other people's pages, too
//	state/           what the page shows, of whom: app.js is the one place of it
//	words/           every sentence, by language; the page loads one of them
//	view/            one file for each thing that a person sees; style/ likewise
//	main.js          begins it all
//
// A view reads state/app.js, changes it by its functions or the session's, and hears of changes
// by on. What comes from the network is set as text, never as markup, and the
// Content-Security-Policy forbids whatever does not come from the server; only
// pictures may be blobs. All addresses are relative, so the page may be below a path.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed index.html favicon.svg manifest.webmanifest *.js chat/*.js state/*.js words/*.js view/*.js style/*.css
var files embed.FS

// contentTypes is our own, since the one of package mime depends on the machine.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",

	".webmanifest": "application/manifest+json",
}

// security goes with every answer. connect-src 'self' covers ws and wss to the
// page's own host and port: Content Security Policy Level 3 says so, and
// Chromium and Firefox do so.
var security = map[string]string{
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self'; " +
		"connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	"X-Content-Type-Options":     "nosniff",
	"Referrer-Policy":            "no-referrer",
	"Cross-Origin-Opener-Policy": "same-origin",
	"Permissions-Policy":         "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}

// isShared tells of what pages of other origins may import: the client of the protocol.
func isShared(url string) bool { return url == "/chat.js" || strings.HasPrefix(url, "/chat/") }

// later has what the page does not load at its start: what is done with messages, what is looked
// up, what only some messages, pictures or names need, menus and settings, who is beside a
// conversation, how it begins, and why one is not let in.
var later = map[string]bool{
	"/state/inquiry.js":   true,
	"/state/names.js":     true,
	"/state/naming.js":    true,
	"/state/password.js":  true,
	"/state/tabs.js":      true,
	"/style/dialogs.css":  true,
	"/style/written.css":  true,
	"/view/actions.js":    true,
	"/view/amending.js":   true,
	"/view/card.js":       true,
	"/view/completion.js": true,
	"/view/emoji.js":      true,
	"/view/entering.js":   true,
	"/view/find.js":       true,
	"/view/later.js":      true,
	"/view/lookup.js":     true,
	"/view/marked.js":     true,
	"/view/markup.js":     true,
	"/view/members.js":    true,
	"/view/menus.js":      true,
	"/view/picker.js":     true,
	"/view/scaled.js":     true,
	"/view/settings.js":   true,
	"/view/sheet.js":      true,
	"/view/written.js":    true,
	"/words/later.js":     true,
}

// variant is one encoding of a file. Each has an entity tag of its own, for a
// strong tag names the very bytes (RFC 9110 §8.8.3.3).
type variant struct {
	body []byte
	etag string
}

// file is what one path is answered with. zipped has no body where gzip would
// not make the file smaller; the first who takes gzip has it made.
type file struct {
	contentType string
	links       string // Link fields: what the browser may fetch before it has read of it
	plain       variant
	zipped      func() variant
}

// handler maps exact paths to files and is never changed once made.
type handler map[string]file

// Handler returns the handler of the page's files: GET and HEAD on exactly
// their paths, `/` being index.html; 405 with Allow for another method, 404 for
// any other path. It is meant to be the rest of a mux: mux.Handle("/",
// static.Handler()). /style.css is the files of style/ but what is for later, one behind the other, which is one
// request and compresses better. Everything is read and hashed here, once; each file is
// compressed once, when it is first asked for: all of them would make a start take twice as long.
// The handler is safe for concurrent use.
func Handler() http.Handler {
	h := make(handler)
	var style []byte // the files of style/, in the order of their names
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		switch {
		case name == "index.html":
			h["/"] = newFile(name, body)
		case path.Ext(name) == ".css" && !later["/"+name]:
			style = append(style, body...)
		default:
			h["/"+name] = newFile(name, body)
		}
		return nil
	})
	if err != nil {
		panic(fmt.Errorf("embedded files: %w", err)) // decided at build time
	}
	h["/style.css"] = newFile("style.css", style)
	h.announce()
	return h
}

// isLanguage tells of the words of one language, of which the page loads one only.
func isLanguage(url string) bool { return strings.HasPrefix(url, "/words/") && url != "/words/text.js" }

// announce has the page name its style, without which nothing is painted, and its modules, of
// which it would otherwise hear one import after the other. The language is the browser's to
// choose.
func (h handler) announce() {
	var links []string
	for url := range h {
		if path.Ext(url) == ".js" && !isLanguage(url) && !later[url] {
			links = append(links, "<"+url[1:]+">; rel=modulepreload") // relative, for the page may be below a path
		}
	}
	slices.Sort(links)
	page := h["/"]
	page.links = strings.Join(append([]string{"<style.css>; rel=preload; as=style"}, links...), ", ")
	h["/"] = page
}

func newFile(name string, body []byte) file {
	sum := sha256.Sum256(body)
	tag := hex.EncodeToString(sum[:16])
	return file{
		contentType: contentTypes[path.Ext(name)],
		plain:       variant{body, `"` + tag + `"`},
		zipped: sync.OnceValue(func() variant {
			zipped := compressed(body)
			if len(zipped) >= len(body) {
				return variant{}
			}
			return variant{zipped, `"` + tag + `-gzip"`}
		}),
	}
}

func compressed(body []byte) []byte {
	var buf bytes.Buffer
	// Neither call can fail: the level is valid, and a buffer takes everything.
	w, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	w.Write(body)
	w.Close()
	return buf.Bytes()
}

// ServeHTTP answers from memory.
func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	for name, value := range security {
		header.Set(name, value)
	}
	header.Set("Cache-Control", "no-cache")
	f, ok := h[r.URL.Path]
	if !ok {
		http.Error(w, "404 not found", http.StatusNotFound)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "405 method not allowed: expected GET or HEAD", http.StatusMethodNotAllowed)
		return
	}
	if isShared(r.URL.Path) {
		header.Set("Access-Control-Allow-Origin", "*")
		header.Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
	header.Set("Vary", "Accept-Encoding")
	chosen, zipped := f.plain, false
	if acceptsGzip(r.Header) {
		if small := f.zipped(); small.body != nil {
			chosen, zipped = small, true
		}
	}
	header.Set("Etag", chosen.etag)
	if matches(r.Header, chosen.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if zipped {
		header.Set("Content-Encoding", "gzip")
	}
	header.Set("Content-Type", f.contentType)
	if f.links != "" {
		header.Set("Link", f.links)
	}
	header.Set("Content-Length", strconv.Itoa(len(chosen.body)))
	w.Write(chosen.body) // to HEAD, net/http sends the head alone; a client that left is no error of ours
}

// acceptsGzip reads Accept-Encoding (RFC 9110 §12.5.3): gzip by name or by `*`,
// unless its weight is zero.
func acceptsGzip(header http.Header) bool {
	accepted := false
	for _, item := range list(header, "Accept-Encoding") {
		coding, parameters, _ := strings.Cut(item, ";")
		coding = strings.ToLower(strings.TrimSpace(coding))
		if coding != "gzip" && coding != "*" {
			continue
		}
		accepted = !zeroWeight(parameters)
		if coding == "gzip" {
			return accepted
		}
	}
	return accepted
}

func zeroWeight(parameters string) bool {
	name, value, found := strings.Cut(parameters, "=")
	if !found || !strings.EqualFold(strings.TrimSpace(name), "q") {
		return false
	}
	weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	return err != nil || weight == 0
}

// matches reads If-None-Match (RFC 9110 §13.1.2), which compares weakly. Our
// tags hold no comma, so one that is split apart could not have been ours.
func matches(header http.Header, etag string) bool {
	for _, item := range list(header, "If-None-Match") {
		if item == "*" || strings.TrimPrefix(item, "W/") == etag {
			return true
		}
	}
	return false
}

// list is the comma-separated items of all lines of a header field.
func list(header http.Header, name string) []string {
	items := strings.Split(strings.Join(header.Values(name), ","), ",")
	for i, item := range items {
		items[i] = strings.TrimSpace(item)
	}
	return items
}
