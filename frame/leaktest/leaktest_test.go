package leaktest

import (
	"net/http/httptest"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) { os.Exit(Run(m)) }

// What has begun is left, and is waited for until it ends.
func TestLeft(t *testing.T) {
	type row struct {
		name  string
		begin func(t *testing.T) (end func())
		told  string
	}
	rows := []row{
		{"a goroutine of this module", goroutine, "leaktest.goroutine"},
		{"one of net/http", server, "net/http"},
	}
	if runtime.GOOS == "linux" {
		rows = append(rows, row{"a descriptor", descriptor, " -> " + os.DevNull})
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			before := InUse()
			end := row.begin(t)
			if left := before.Left(0); !strings.Contains(left, row.told) {
				t.Errorf("%q is not in what is left:\n%s", row.told, left)
			}
			time.AfterFunc(10*time.Millisecond, end)
			if left := before.Left(20 * time.Second); left != "" {
				t.Errorf("left after its end:\n%s", left)
			}
		})
	}
}

func goroutine(*testing.T) (end func()) {
	ended := make(chan struct{})
	go func() { <-ended }()
	return func() { close(ended) }
}

func server(*testing.T) (end func()) { return httptest.NewServer(nil).Close }

func descriptor(t *testing.T) (end func()) {
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	return func() { f.Close() }
}

// The goroutine of package os/signal cannot be ended.
func TestSignalDoesNotCount(t *testing.T) {
	before := InUse()
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	signal.Stop(c)
	if !strings.Contains(strings.Join(Stacks(), "\n\n"), "os/signal.loop") {
		t.Error("there is none")
	}
	if left := before.Left(0); left != "" {
		t.Error(left)
	}
}
