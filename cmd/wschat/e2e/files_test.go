//go:build e2e

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"wschat/handshake"
)

// endless is so many bytes as one asks for.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// PROTOCOL 10: an upload is never held in memory, nor is what somebody does not read.
func TestFilesTakeNoMemory(t *testing.T) {
	const size, most = 25 << 20, 12 << 20
	s := start(t, "-data", t.TempDir(), "-admin", "127.0.0.1:0")
	s.Usage()
	before, _ := s.Memory()
	s.ResetPeak()
	var id string
	for i := range 3 {
		var status int
		if id, status, _ = s.Upload("A", "large", size, io.LimitReader(endless{}, size)); status != http.StatusCreated {
			t.Fatalf("upload %d: %d", i, status)
		}
	}
	if _, peak := s.Memory(); peak > before+most {
		t.Errorf("uploads took %d KiB", (peak-before)>>10)
	}
	s.ResetPeak()
	for range 50 {
		conn, err := s.Raw()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, request("GET /files/"+id+" HTTP/1.1", host))
	}
	until(t, "all are answered", func() bool { return s.Metric("wschat_files_served_total") == 50 })
	if _, peak := s.Memory(); peak > before+most {
		t.Errorf("readers who do not read took %d KiB", (peak-before)>>10)
	}
	if status, n := s.File(id); status != http.StatusOK || n != size {
		t.Errorf("meanwhile somebody gets %d, %d bytes", status, n)
	}
	a := s.login("A")
	a.say("A,hi")
	a.hears("用户(A=>A):hi")
}

// "A line client reads 用户(A=>R):TEXT [NAME /files/ID]", and the address is that of the file.
func TestFilesAndLines(t *testing.T) {
	s := start(t, "-files", t.TempDir())
	reader := s.login("R")
	id, status, _ := s.Upload("A", "猫.txt", 5, strings.NewReader("hello"))
	if status != http.StatusCreated {
		t.Fatal(status)
	}
	a, err := s.dial(handshake.Dialer{Protocols: []string{"wschat.v1.json"}}, socket("A"))
	if err != nil {
		t.Fatal(err)
	}
	reader.hears("用户(A)登录了")
	a.say(fmt.Sprintf(`{"op":"send","to":"R","text":"look","file":%q}`, id))
	reader.hears("用户(A=>R):look [猫.txt /files/" + id + "]")
	response, body := s.ask(request("GET /files/"+id+" HTTP/1.1", host))
	if response.StatusCode != 200 || body != "hello" || !strings.HasPrefix(response.Header.Get("Content-Disposition"), "attachment;") {
		t.Errorf("got %s %q, %v", response.Status, body, response.Header)
	}
	if response, _ := s.ask(request("GET /files/"+strings.Repeat("a", 26)+" HTTP/1.1", host)); response.StatusCode != 404 {
		t.Errorf("another is %s", response.Status)
	}
}
