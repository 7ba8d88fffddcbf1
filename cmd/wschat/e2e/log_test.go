//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"wschat/cmd/wschat/e2e/target"
	"wschat/frame"
)

// Whatever becomes of the reader of the log, the chat goes on, and ends as ever.
func TestLogReader(t *testing.T) {
	for _, row := range []struct {
		name    string
		log     func(t *testing.T) *os.File
		dropped bool // lines are, before the end
	}{
		{"a reader that has gone", goneReader, true},
		{"a reader that does not read", deafReader, false}, // the lines wait
		{"a full disk", fullDisk, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			admin := freeAddr(t)
			s := &server{target.StartLoggingTo(t, row.log(t), freeAddr(t), "-admin", admin, "-presence", "none"), t}
			a := s.login("A")
			a.say("A,hi")
			a.hears("用户(A=>A):hi")
			if dropped := metric(t, admin, "wschat_log_lines_dropped_total"); (dropped != "0") != row.dropped {
				t.Errorf("%s log lines dropped", dropped)
			}
			s.Terminate() // which is logged as well
			a.closedWith(frame.GoingAway)
			s.Stop() // checks the status
		})
	}
}

// goneReader is a pipe whose reader has closed it.
func goneReader(t *testing.T) *os.File {
	read, write := pipe(t)
	read.Close()
	return write
}

// deafReader is a pipe that is full, and nobody reads.
func deafReader(t *testing.T) *os.File {
	_, write := pipe(t)
	fd := int(write.Fd())
	if err := syscall.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	for size := 4 << 10; size > 0; { // a pipe takes less than a page byte by byte
		if _, err := syscall.Write(fd, make([]byte, size)); errors.Is(err, syscall.EAGAIN) {
			size /= 2
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
	return write
}

func pipe(t *testing.T) (read, write *os.File) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		read.Close()
		write.Close()
	})
	return read, write
}

func fullDisk(t *testing.T) *os.File {
	file, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

// metric is the value of a metric without labels.
func metric(t *testing.T, admin, name string) string {
	t.Helper()
	response, err := http.Get("http://" + admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(body)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	t.Fatalf("there is no %s", name)
	return ""
}

// What only prints ends at once where nobody reads, without a word of its own, and
// a wrong flag has its status even then.
func TestPrintingToNobody(t *testing.T) {
	for _, row := range []struct {
		args   string
		status []int
	}{
		{"version", []int{0, -1}}, // -1: by SIGPIPE, as any program
		{"-help", []int{0}},
		{"-nope", []int{2}},
		{"-addr 192.0.2.1:1", []int{1}},
	} {
		status := target.RunInto(t, goneReader(t), strings.Fields(row.args)...)
		if !strings.Contains(fmt.Sprint(row.status), fmt.Sprint(status)) {
			t.Errorf("%s: ended with %d, want one of %v", row.args, status, row.status)
		}
	}
}
