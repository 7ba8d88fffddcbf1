package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wschat/cmd/wschat/token"
)

const gif = "GIF89a\x02\x00\x01\x00\x00\x00\x00;"

// upload uploads a file, and returns the status and the body of the answer.
func (r *running) upload(query, body string, header ...string) (status int, answer string) {
	r.t.Helper()
	request, err := http.NewRequest("POST", "http://"+r.addr+"/files?"+query, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, answer := r.whole(request)
	return response.StatusCode, answer
}

// whole returns an answer, with its body as text.
func (r *running) whole(request *http.Request) (*http.Response, string) {
	r.t.Helper()
	response, err := r.http.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return response, string(text)
}

// stored uploads a file, and returns its id.
func (r *running) stored(query, body string) (id string) {
	r.t.Helper()
	status, answer := r.upload(query, body)
	var f uploaded
	if err := json.Unmarshal([]byte(answer), &f); status != http.StatusCreated || err != nil {
		r.t.Fatalf("upload: %d %s", status, answer)
	}
	return f.File
}

// get asks for a file.
func (r *running) file(method, id string, header ...string) (*http.Response, string) {
	r.t.Helper()
	request, err := http.NewRequest(method, "http://"+r.addr+"/files/"+id, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	return r.whole(request)
}

// "POST /files?name=NAME … 201 {"file":"ID",…}"; "GET /files/ID (HEAD, ranges, ETag,
// Cache-Control …)", always nosniff and sandboxed.
func TestFiles(t *testing.T) {
	r := runServer(t, "-files", t.TempDir())
	status, answer := r.upload("userId=A&name=cat%20%22%E7%8C%AB%22.gif", gif)
	var f uploaded
	if err := json.Unmarshal([]byte(answer), &f); err != nil || status != 201 {
		t.Fatalf("%d %s", status, answer)
	}
	if want := (uploaded{f.File, `cat "猫".gif`, int64(len(gif)), "image/gif", 2, 1}); f != want || len(f.File) != 26 {
		t.Errorf("got %+v", f)
	}
	for _, test := range []struct {
		method string
		header []string
		status int
		body   string
	}{
		{"GET", nil, 200, gif},
		{"HEAD", nil, 200, ""},
		{"GET", []string{"Range", "bytes=3-5"}, 206, gif[3:6]},
		{"GET", []string{"Range", "bytes=-1"}, 206, ";"},
		{"GET", []string{"Range", "bytes=99-"}, 416, "invalid range: failed to overlap\n"},
		{"GET", []string{"Range", "bytes=3-5", "If-Range", `"` + f.File + `"`}, 206, gif[3:6]},
		{"GET", []string{"Range", "bytes=3-5", "If-Range", `"another"`}, 200, gif},
		{"GET", []string{"If-None-Match", `"` + f.File + `"`}, 304, ""},
		{"GET", []string{"Accept-Encoding", "gzip"}, 200, gif},
		{"DELETE", nil, 405, "405 method not allowed: expected GET or HEAD\n"},
	} {
		response, body := r.file(test.method, f.File, test.header...)
		h := response.Header
		if response.StatusCode != test.status || body != test.body {
			t.Errorf("%s %v: got %d %q", test.method, test.header, response.StatusCode, body)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Security-Policy") != "sandbox; default-src 'none'" ||
			h.Get("Referrer-Policy") != "no-referrer" || h.Get("Content-Encoding") != "" {
			t.Errorf("%s %v: the header is %v", test.method, test.header, h)
		}
		if test.status < 400 && (h.Get("Etag") != `"`+f.File+`"` || h.Get("Cache-Control") != "private, max-age=31536000, immutable") {
			t.Errorf("%s %v: the header is %v", test.method, test.header, h)
		}
		const name = `inline; filename="cat _____.gif"; filename*=UTF-8''cat%20%22%E7%8C%AB%22.gif`
		if test.status == 200 && (h.Get("Content-Type") != "image/gif" || strings.ReplaceAll(h.Get("Content-Disposition"), "_", "") != strings.ReplaceAll(name, "_", "")) {
			t.Errorf("%s %v: the header is %v", test.method, test.header, h)
		}
	}
	for _, path := range []string{"", strings.Repeat("a", 26), f.File + "/", f.File + "/x", "../files/" + f.File, "..%2fnew%2f" + f.File, strings.ToUpper(f.File), "new", "part/"} {
		if response, _ := r.file("GET", path); response.StatusCode != 404 {
			t.Errorf("GET /files/%s: %d", path, response.StatusCode)
		}
	}
}

// What is refused, in the order in which it is checked, and by which status.
func TestUploadRefused(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	key := bytes.Repeat([]byte("k"), 32)
	if err := os.WriteFile(secret, key, 0o600); err != nil {
		t.Fatal(err)
	}
	open := runServer(t, "-files", t.TempDir(), "-max-file", "100", "-files-bytes", "1000")
	closed := runServer(t, "-files", t.TempDir(), "-auth-secret-file", secret)
	none := runServer(t)
	named := runServer(t, "-files", t.TempDir(), "-users", usersFile(t, "A secret"), "-guests")
	valid, err := token.Sign(key, token.Claims{User: "A", Expires: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		server      *running
		query, body string
		header      []string
		want        int
	}{
		{open, "userId=A&name=x", "x", []string{"Origin", "http://evil.example"}, 403},
		{open, "userId=A&name=x", "x", []string{"Origin", "null"}, 403},
		{open, "name=x", "x", nil, 400},
		{open, "userId=group&name=x", "x", nil, 400},
		{open, "userId=A&name=%ff", "x", nil, 400},
		{open, "userId=A&name=" + strings.Repeat("x", 256), "x", nil, 400},
		{open, "userId=A&name=x", strings.Repeat("x", 101), nil, 413},
		{open, "userId=A&name=x", strings.Repeat("x", 100), nil, 507}, // a block has more bytes than all may have
		{closed, "userId=A&name=x", "x", nil, 401},
		{closed, "userId=B&name=x", "x", []string{"Authorization", "Bearer " + valid}, 401},
		{closed, "name=x&token=" + valid + "x", "x", nil, 401},
		{closed, "name=x&token=" + valid, "x", nil, 201},
		{closed, "name=x", "x", []string{"Authorization", "Bearer " + valid}, 201},
		{closed, "", "x", []string{"Authorization", "Bearer " + valid}, 201},
		{named, "name=x", "x", []string{"Authorization", strings.TrimPrefix(basic("A", "secret"), "Authorization: ")}, 201},
		{named, "name=x&userId=A", "x", []string{"Authorization", strings.TrimPrefix(basic("A", "wrong"), "Authorization: ")}, 401},
		{named, "name=x&userId=A", "x", nil, 401},
		{named, "name=x&userId=guest", "x", nil, 201},
		{none, "userId=A&name=x", "x", nil, 404},
	} {
		if status, answer := test.server.upload(test.query, test.body, test.header...); status != test.want {
			t.Errorf("%s %v: got %d %s, want %d", test.query, test.header, status, answer, test.want)
		}
	}
	for _, test := range []struct{ head, want string }{
		{"POST /files?userId=A HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", "411"},
		{"POST /files?userId=A HTTP/1.1\r\nHost: localhost\r\n\r\n", "411"},
		{"POST /files?userId=A HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 1\r\n\r\n", "421"},
		{"POST /files?userId=A HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9223372036854775807\r\n\r\n", "413"},
		{"GET /files HTTP/1.1\r\nHost: localhost\r\n\r\n", "405"},
		{"PUT /files HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", "405"},
		{"POST /files/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", "405"},
	} {
		if got := open.raw(test.head); !strings.HasPrefix(got, "HTTP/1.1 "+test.want+" ") {
			t.Errorf("%s: got %q, want %s", test.head, got, test.want)
		}
	}
}

// "With what /socket asks for": whoever is banned stores nothing.
func TestUploadOfTheBanned(t *testing.T) {
	r := runServer(t, "-files", t.TempDir())
	r.asks("POST", "/api/kick", `{"user":"A","for":"1h"}`, `{"connections":0}`)
	if status, answer := r.upload("userId=A", "x"); status != 403 || answer != "user A is banned for now\n" {
		t.Errorf("got %d %q", status, answer)
	}
	if status, answer := r.upload("userId=B", "x"); status != 201 {
		t.Errorf("another: got %d %q", status, answer)
	}
}

// raw sends bytes, and returns the first line of the answer.
func (r *running) raw(request string) string {
	r.t.Helper()
	conn, err := net.Dial("tcp", r.addr)
	if err != nil {
		r.t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	io.WriteString(conn, request)
	answer := make([]byte, 64)
	n, _ := io.ReadAtLeast(conn, answer, len("HTTP/1.1 200 OK"))
	line, _, _ := strings.Cut(string(answer[:n]), "\r\n")
	return line
}

// "At most 4 uploads of a user at a time (429)"; others, and a fifth after one has ended, go on.
// With -max-conns-per-ip, they count as connections.
func TestUploadsAtATime(t *testing.T) {
	r := runServer(t, "-files", t.TempDir(), "-max-conns-per-ip", "6")
	var begun []net.Conn
	begin := func(user string) net.Conn {
		conn, err := net.Dial("tcp", r.addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		fmt.Fprintf(conn, "POST /files?userId=%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nx", user)
		begun = append(begun, conn)
		r.until("an upload is under way", func() bool { return r.metric("wschat_uploads") == fmt.Sprint(len(begun)) })
		return conn
	}
	for range 4 {
		begin("A")
	}
	if status, answer := r.upload("userId=A", "x"); status != 429 {
		t.Errorf("a fifth: %d %s", status, answer)
	}
	begin("B")
	begin("C")
	if status, answer := r.upload("userId=D", "x"); status != 503 {
		t.Errorf("a seventh of one address: %d %s", status, answer)
	}
	io.WriteString(begun[0], "y")
	r.until("it has ended", func() bool { return r.metric("wschat_uploads") == "5" })
	if status, answer := r.upload("userId=A", "x"); status != 201 {
		t.Errorf("after one has ended: %d %s", status, answer)
	}
}

// metric reads one from /metrics.
func (r *running) metric(name string) string {
	r.t.Helper()
	response, err := r.http.Get("http://" + r.admin + "/metrics")
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// An upload that stands still ends after two -ping, one that breaks off at once; nothing is left.
func TestBrokenUploads(t *testing.T) {
	dir := t.TempDir()
	r := runServer(t, "-files", dir, "-ping", "100ms")
	for _, broken := range []bool{false, true} {
		conn, err := net.Dial("tcp", r.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, "POST /files?userId=A HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"+strings.Repeat("x", 50000))
		r.until("it is under way", func() bool { return r.metric("wschat_uploads") == "1" })
		if broken {
			conn.Close()
		} else {
			conn.SetDeadline(time.Now().Add(patience))
			answer, _ := io.ReadAll(conn)
			if !strings.HasPrefix(string(answer), "HTTP/1.1 408 ") {
				t.Errorf("got %q", answer)
			}
		}
		r.until("it has ended", func() bool { return r.metric("wschat_uploads") == "0" })
		left, _ := filepath.Glob(filepath.Join(dir, "*", "*"))
		if len(left) > 0 {
			t.Errorf("there is left %v", left)
		}
	}
}

// While the server drains, uploads get 503, and those under way come to their end.
func TestUploadsDrain(t *testing.T) {
	r := runServer(t, "-files", t.TempDir(), "-drain", "10s")
	conn, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	io.WriteString(conn, "POST /files?userId=A HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nx")
	r.until("it is under way", func() bool { return r.metric("wschat_uploads") == "1" })
	r.stop()
	r.until("it drains", func() bool { return strings.Contains(r.log.String(), "draining") })
	r.until("another is refused", func() bool {
		return strings.HasPrefix(r.raw("POST /files?userId=B HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx"), "HTTP/1.1 503")
	})
	io.WriteString(conn, "y")
	answer, _ := io.ReadAll(conn)
	if !strings.HasPrefix(string(answer), "HTTP/1.1 201 ") {
		t.Errorf("got %q", answer)
	}
}

// A download that stands still ends after two -ping. Until then it counts among the files on
// their way.
func TestSlowDownload(t *testing.T) {
	r := runServer(t, "-files", t.TempDir(), "-ping", "100ms")
	id := r.stored("userId=A&name=x", strings.Repeat("x", 20<<20)) // no socket's buffers have room for it
	conn, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /files/%s HTTP/1.1\r\nHost: localhost\r\n\r\n", id)
	r.until("it is under way", func() bool { return r.metric("wschat_transfers") == "1" })
	r.until("it has ended", func() bool { return r.metric("wschat_transfers") == "0" })
	conn.SetDeadline(time.Now().Add(patience))
	if n, err := io.Copy(io.Discard, conn); n >= 20<<20 {
		t.Errorf("got all of it, %v", err)
	}
}
