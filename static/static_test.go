package static

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// get sends one request as it stands: no compression of the client's own, no
// redirect followed. headers are pairs of name and value.
func get(t *testing.T, server *httptest.Server, method, path string, headers ...string) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequest(method, server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	answer, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, body
}

// serve mounts the page as the server does: as the rest of a mux.
func serve(t *testing.T) *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok") })
	mux.Handle("/", Handler())
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

func TestPathsAndMethods(t *testing.T) {
	server := serve(t)
	const html, css, js, svg = "text/html; charset=utf-8", "text/css; charset=utf-8", "text/javascript; charset=utf-8", "image/svg+xml"
	for _, row := range []struct {
		method, path string
		status       int
		contentType  string
		allow        string
	}{
		{"GET", "/", 200, html, ""},
		{"HEAD", "/", 200, html, ""},
		{"GET", "/?userId=A#x", 200, html, ""},
		{"GET", "/style.css", 200, css, ""},
		{"GET", "/favicon.svg", 200, svg, ""},
		{"GET", "/main.js", 200, js, ""},
		{"HEAD", "/state/names.js", 200, js, ""},
		{"GET", "/chat.js", 200, js, ""},
		{"GET", "/chat/link.js", 200, js, ""},
		{"GET", "/state/people.js", 200, js, ""},
		{"GET", "/words/text.js", 200, js, ""},
		{"GET", "/words/zh.js", 200, js, ""},
		{"GET", "/view/windowed.js", 200, js, ""},
		{"GET", "/manifest.webmanifest", 200, "application/manifest+json", ""},
		{"POST", "/", 405, "", "GET, HEAD"},
		{"OPTIONS", "/main.js", 405, "", "GET, HEAD"},
		{"DELETE", "/style.css", 405, "", "GET, HEAD"},
		{"GET", "/index.html", 404, "", ""},
		{"GET", "/static.go", 404, "", ""},
		{"GET", "/style/base.css", 404, "", ""},
		{"GET", "/chat_test.mjs", 404, "", ""},
		{"GET", "/page_test.mjs", 404, "", ""},
		{"GET", "/package.json", 404, "", ""},
		{"GET", "/testdata/chat_before_amendments.js", 404, "", ""},
		{"GET", "/favicon.ico", 404, "", ""},
		{"GET", "/chat", 404, "", ""},
		{"GET", "/chat/", 404, "", ""},
		{"GET", "/main.js/", 404, "", ""},
		{"GET", "/Main.js", 404, "", ""},
		{"POST", "/nothing", 404, "", ""},
		{"GET", "/%2fmain.js", 404, "", ""},
		{"GET", "/healthz", 200, "", ""}, // the mux's own
	} {
		t.Run(row.method+" "+row.path, func(t *testing.T) {
			answer, body := get(t, server, row.method, row.path)
			if answer.StatusCode != row.status {
				t.Fatalf("status %d, want %d", answer.StatusCode, row.status)
			}
			if got := answer.Header.Get("Allow"); got != row.allow {
				t.Errorf("Allow %q, want %q", got, row.allow)
			}
			if row.contentType == "" {
				return
			}
			if got := answer.Header.Get("Content-Type"); got != row.contentType {
				t.Errorf("Content-Type %q, want %q", got, row.contentType)
			}
			if (len(body) == 0) != (row.method == "HEAD") {
				t.Errorf("%d bytes of body to %s", len(body), row.method)
			}
			if row.method == "GET" && answer.Header.Get("Content-Length") != strconv.Itoa(len(body)) {
				t.Errorf("Content-Length %s, body %d", answer.Header.Get("Content-Length"), len(body))
			}
		})
	}
}

func TestSecurityHeadersOnEveryAnswer(t *testing.T) {
	server := serve(t)
	etag := tag(t, server, "/")
	for _, row := range []struct {
		name, method, path string
		headers            []string
		status             int
	}{
		{"page", "GET", "/", nil, 200},
		{"not modified", "GET", "/", []string{"If-None-Match", etag}, 304},
		{"not found", "GET", "/nothing", nil, 404},
		{"bad method", "POST", "/", nil, 405},
	} {
		t.Run(row.name, func(t *testing.T) {
			answer, _ := get(t, server, row.method, row.path, row.headers...)
			if answer.StatusCode != row.status {
				t.Fatalf("status %d, want %d", answer.StatusCode, row.status)
			}
			for name, want := range map[string]string{
				"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self'; " +
					"connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
				"X-Content-Type-Options":     "nosniff",
				"Referrer-Policy":            "no-referrer",
				"Cross-Origin-Opener-Policy": "same-origin",
				"Permissions-Policy":         "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
				"Cache-Control":              "no-cache",
			} {
				if got := answer.Header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		})
	}
}

// chat.js and what it imports are for pages of other origins, and nothing else is.
func TestSharedWithOtherOrigins(t *testing.T) {
	server := serve(t)
	for path, origin := range map[string]string{"/chat.js": "*", "/chat/link.js": "*", "/chat/present.js": "*", "/": "", "/main.js": "", "/state/people.js": "", "/nothing": "", "/chat/": "", "/chat/nothing.js": ""} {
		answer, _ := get(t, server, "GET", path, "Origin", "https://other.example")
		if got := answer.Header.Get("Access-Control-Allow-Origin"); got != origin {
			t.Errorf("%s: Access-Control-Allow-Origin %q, want %q", path, got, origin)
		}
		policy := ""
		if origin != "" {
			policy = "cross-origin"
		}
		if got := answer.Header.Get("Cross-Origin-Resource-Policy"); got != policy {
			t.Errorf("%s: Cross-Origin-Resource-Policy %q, want %q", path, got, policy)
		}
	}
}

func tag(t *testing.T, server *httptest.Server, path string, headers ...string) string {
	t.Helper()
	answer, _ := get(t, server, "GET", path, headers...)
	return answer.Header.Get("Etag")
}

func TestCompression(t *testing.T) {
	server := serve(t)
	_, plain := get(t, server, "GET", "/main.js")
	for _, row := range []struct {
		accept []string // one a header line
		zipped bool
	}{
		{nil, false},
		{[]string{""}, false},
		{[]string{"gzip"}, true},
		{[]string{"GZIP"}, true},
		{[]string{"br, gzip;q=0.5"}, true},
		{[]string{"br", "gzip"}, true},
		{[]string{"*"}, true},
		{[]string{"identity"}, false},
		{[]string{"gzip;q=0"}, false},
		{[]string{"gzip; q=0.000, br"}, false},
		{[]string{"gzip;q=0, *"}, false},
		{[]string{"*, gzip;q=0"}, false},
		{[]string{"*;q=0"}, false},
		{[]string{"*;q=0, gzip"}, true},
		{[]string{"gzip;q=x"}, false},
		{[]string{"notgzip"}, false},
	} {
		t.Run(strings.Join(row.accept, "|"), func(t *testing.T) {
			var headers []string
			for _, line := range row.accept {
				headers = append(headers, "Accept-Encoding", line)
			}
			answer, body := get(t, server, "GET", "/main.js", headers...)
			if zipped := answer.Header.Get("Content-Encoding") == "gzip"; zipped != row.zipped {
				t.Fatalf("compressed: %v, want %v", zipped, row.zipped)
			}
			if got := answer.Header.Get("Vary"); got != "Accept-Encoding" {
				t.Errorf("Vary %q", got)
			}
			if row.zipped {
				r, err := gzip.NewReader(bytes.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				if body, err = io.ReadAll(r); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(body, plain) {
				t.Error("another content")
			}
		})
	}
}

// A file that gzip does not make smaller is sent as it is.
func TestIncompressible(t *testing.T) {
	h := handler{"/x.js": newFile("x.js", []byte("x"))}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	answer, body := get(t, server, "GET", "/x.js", "Accept-Encoding", "gzip")
	if answer.Header.Get("Content-Encoding") != "" || string(body) != "x" {
		t.Errorf("%q as %q", body, answer.Header.Get("Content-Encoding"))
	}
}

func TestNotModified(t *testing.T) {
	server := serve(t)
	plain, zipped := tag(t, server, "/view/log.js"), tag(t, server, "/view/log.js", "Accept-Encoding", "gzip")
	if !regexp.MustCompile(`^"[0-9a-f]{32}"$`).MatchString(plain) || zipped == plain {
		t.Fatalf("tags %s and %s, want two strong ones", plain, zipped)
	}
	if other := tag(t, serve(t), "/view/log.js"); other != plain {
		t.Errorf("the same bytes have the tags %s and %s", plain, other)
	}
	for _, row := range []struct {
		name, method, ifNoneMatch, accept string
		status                            int
	}{
		{"same", "GET", plain, "", 304},
		{"same, HEAD", "HEAD", plain, "", 304},
		{"same, compressed", "GET", zipped, "gzip", 304},
		{"of the other encoding", "GET", zipped, "", 200},
		{"weak", "GET", "W/" + plain, "", 304},
		{"in a list", "GET", `"a", ` + plain + `,"b"`, "", 304},
		{"any", "GET", "*", "", 304},
		{"another", "GET", `"a"`, "", 200},
		{"without quotes", "GET", strings.Trim(plain, `"`), "", 200},
		{"with another method", "POST", plain, "", 405},
	} {
		t.Run(row.name, func(t *testing.T) {
			answer, body := get(t, server, row.method, "/view/log.js", "If-None-Match", row.ifNoneMatch, "Accept-Encoding", row.accept)
			if answer.StatusCode != row.status {
				t.Fatalf("status %d, want %d", answer.StatusCode, row.status)
			}
			if row.status != 304 {
				return
			}
			if len(body) != 0 || answer.Header.Get("Content-Encoding") != "" {
				t.Error("304 with a body or its encoding")
			}
			if answer.Header.Get("Etag") == "" || answer.Header.Get("Vary") != "Accept-Encoding" {
				t.Error("304 without Etag or Vary (RFC 9110 §15.4.5)")
			}
		})
	}
}

// written are the embedded files by name.
func written(t *testing.T) map[string][]byte {
	t.Helper()
	all := make(map[string][]byte)
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			all[name], err = files.ReadFile(name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// What the policy would block, and what must never be done with data, is not in
// the files; what they name is served.
func TestFilesKeepToThePolicy(t *testing.T) {
	server := serve(t)
	forbidden := regexp.MustCompile(`(?i)<script>|<style|\sstyle=|\son[a-z]+="|javascript:|innerHTML|outerHTML|` +
		`insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\('style|@import`)
	named := regexp.MustCompile(`(?:href|src)="([^"]*)"|from '(\.[^']*)'`)
	references := 0
	for name, body := range written(t) {
		if found := forbidden.Find(body); found != nil {
			t.Errorf("%s has %q", name, found)
		}
		for _, found := range named.FindAllSubmatch(body, -1) {
			references++
			relative := string(found[1]) + string(found[2])
			if strings.HasPrefix(relative, "/") {
				t.Errorf("%s names %s, which is elsewhere if the page is below a path", name, relative)
			}
			if answer, _ := get(t, server, "GET", path.Join("/", path.Dir(name), relative)); answer.StatusCode != 200 {
				t.Errorf("%s names %s: status %d", name, relative, answer.StatusCode)
			}
		}
	}
	if references < 30 {
		t.Errorf("only %d references found", references)
	}
}

// What is read in the browser's tools is what is in the repository.
func TestServedAsWritten(t *testing.T) {
	server := serve(t)
	for name, body := range written(t) {
		path := "/" + strings.TrimSuffix(name, "index.html")
		if strings.HasPrefix(name, "style/") && !later[path] {
			if _, served := get(t, server, "GET", "/style.css"); !bytes.Contains(served, body) {
				t.Errorf("/style.css lacks %s", name)
			}
			continue
		}
		if _, served := get(t, server, "GET", path); !bytes.Equal(served, body) {
			t.Errorf("%s: %d bytes are served, and others than the %d written", path, len(served), len(body))
		}
	}
}

// The page loads everything but the other language, and what is for later.
func TestWeight(t *testing.T) {
	heaviest := func(size func(file) int) int {
		total, language := 0, 0
		for url, f := range Handler().(handler) {
			if later[url] {
				continue
			}
			if isLanguage(url) {
				language = max(language, size(f))
			} else {
				total += size(f)
			}
		}
		return total + language
	}
	zipped := heaviest(func(f file) int {
		if zipped := f.zipped(); zipped.body != nil {
			return len(zipped.body)
		}
		return len(f.plain.body)
	})
	t.Logf("%d bytes compressed", zipped)
	if zipped > 60<<10 {
		t.Errorf("%d bytes compressed, want at most %d", zipped, 60<<10)
	}
}

// What the page will import is announced with it, and before that what it is painted with.
func TestModulesAreAnnounced(t *testing.T) {
	server := serve(t)
	answer, _ := get(t, server, "GET", "/")
	links := strings.Split(answer.Header.Get("Link"), ", ")
	if links[0] != "<style.css>; rel=preload; as=style" {
		t.Errorf("the first link is %s", links[0])
	}
	links = links[1:]
	for _, link := range links {
		path, ok := strings.CutSuffix(strings.TrimPrefix(link, "<"), ">; rel=modulepreload")
		if answer, _ := get(t, server, "GET", "/"+path); !ok || strings.HasPrefix(path, "/") || answer.StatusCode != 200 {
			t.Errorf("Link %s: status %d", link, answer.StatusCode)
		}
	}
	if len(links) < 15 {
		t.Errorf("only %q", links)
	}
	if answer, _ := get(t, server, "GET", "/chat.js"); answer.Header.Get("Link") != "" {
		t.Error("a module has links, too")
	}
}
