package loop

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"testing"
	"time"
)

// deadline is how long a test waits for something that has to happen.
const deadline = 20 * time.Second

func TestMain(m *testing.M) {
	// The first socket makes the runtime open descriptors that it keeps.
	if ln, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		ln.Close()
	}
	before := usage()
	code := m.Run()
	if err := before.leftOver(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// resources is what must not grow by a test.
type resources struct{ goroutines, descriptors int }

func usage() resources {
	r := resources{goroutines: runtime.NumGoroutine()}
	if dir, err := os.ReadDir("/proc/self/fd"); err == nil { // Linux
		r.descriptors = len(dir)
	}
	return r
}

// leftOver waits until no more is in use than before.
func (before resources) leftOver() error {
	var now resources
	if poll(func() bool {
		now = usage()
		return now.goroutines <= before.goroutines && now.descriptors <= before.descriptors
	}) {
		return nil
	}
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return fmt.Errorf("left over: %+v, before %+v\n%s", now, before, stacks)
}

// poll waits for cond, and reports whether it came true.
func poll(cond func() bool) bool {
	ticker := time.NewTicker(200 * time.Microsecond)
	defer ticker.Stop()
	for end := time.Now().Add(deadline); !cond(); <-ticker.C {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// eventually fails the test if cond does not come true.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	if !poll(cond) {
		t.Fatalf("in vain waited until %s", what)
	}
}
