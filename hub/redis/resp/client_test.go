//go:build redis

package resp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"wschat/hub/redis/redistest"
)

// open opens a client that the test closes.
func open(t testing.TB, config Config) *Client {
	t.Helper()
	c, err := Open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// call returns the reply as text.
func call(t testing.TB, c *Client, key string, args ...any) string {
	t.Helper()
	r, err := ask(t, c, key, args...)
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	text, err := r.Text()
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return text
}

func ask(t testing.TB, c *Client, key string, args ...any) (Reply, error) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return c.Ask(key, args...)(ctx)
}

func waitUp(t testing.TB, c *Client, up bool) {
	t.Helper()
	redistest.Eventually(t, fmt.Sprintf("up is %v", up), func() bool { return c.Up() == up })
}

// answers collects what done is called with. Its do is for one goroutine.
type answers struct {
	room    chan struct{} // bounds how many wait, if there is one
	running sync.WaitGroup
	asked   int
	mu      sync.Mutex
	replies []string // in the order of the calls of done
	numbers []int    // whose they are: the first do is 0
	errs    []error
}

func (a *answers) do(t testing.TB, c *Client, key string, args ...any) {
	t.Helper()
	if err := a.try(c, key, args...); err != nil {
		t.Errorf("%v: %v", args, err)
	}
}

func (a *answers) try(c *Client, key string, args ...any) error {
	number := a.asked
	if a.room != nil {
		a.room <- struct{}{}
	}
	a.running.Add(1)
	err := c.Do(key, func(r Reply, err error) {
		a.mu.Lock()
		defer a.mu.Unlock()
		text, _ := r.Text()
		a.replies, a.numbers, a.errs = append(a.replies, text), append(a.numbers, number), append(a.errs, err)
		a.running.Done()
		if a.room != nil {
			<-a.room
		}
	}, args...)
	if err != nil {
		a.running.Done()
		return err
	}
	a.asked++
	return nil
}

// inOrder checks that all were answered, in order, by 1, 2, 3 and so on.
func (a *answers) inOrder(t testing.TB) {
	t.Helper()
	a.running.Wait()
	if err := errors.Join(a.errs...); err != nil {
		t.Fatal(err)
	}
	if len(a.replies) != a.asked || a.asked == 0 {
		t.Fatalf("%d replies to %d", len(a.replies), a.asked)
	}
	for i, reply := range a.replies {
		if reply != fmt.Sprint(i+1) || a.numbers[i] != i {
			t.Fatalf("reply %d is %s to %d; before it %v", i+1, reply, a.numbers[i], a.replies[max(0, i-3):i])
		}
	}
}

func TestRepliesComeInOrder(t *testing.T) {
	c := open(t, Config{URL: redistest.Start(t).URL()})
	var a answers
	const n = 20000
	for range n {
		a.do(t, c, "k", "INCR", "k")
	}
	a.inOrder(t)
	s := c.Stats()
	if s.Commands < n || s.Replies < n || s.Writes > n/10 {
		t.Errorf("not pipelined: %+v", s)
	}
}

func TestArgumentsAndReplies(t *testing.T) {
	c := open(t, Config{URL: redistest.Start(t).URL() + "/3"})
	if got := call(t, c, "", "CLIENT", "GETNAME"); got != "wschat" {
		t.Errorf("its name is %q", got)
	}
	if got := call(t, c, "", "CLIENT", "INFO"); !strings.Contains(got, " db=3 ") {
		t.Error(got)
	}
	r, err := ask(t, c, "", "EVAL", "return {ARGV[1], ARGV[2], ARGV[3], false, 7, {}, redis.error_reply('ODD x')}", 0,
		[]byte("\r\n\x00"), int64(-1)<<63, ^uint64(0))
	list, _ := r.Array()
	if err != nil || len(list) != 7 {
		t.Fatal(r, err)
	}
	if b, _ := list[0].Bytes(); string(b) != "\r\n\x00" {
		t.Errorf("bytes: %q", b)
	}
	if n, err := list[1].Int(); n != -1<<63 || err != nil {
		t.Error("int64:", n, err)
	}
	if text, _ := list[2].Text(); text != "18446744073709551615" {
		t.Error("uint64:", text)
	}
	if !list[3].IsNil() || list[4].IsNil() {
		t.Error("null:", list[3], list[4])
	}
	var wrong *ServerError
	if !errors.As(list[6].Err(), &wrong) || wrong.Code() != "ODD" {
		t.Error("error:", list[6].Err())
	}
	if _, err := ask(t, c, "", "NOSUCH"); !errors.As(err, &wrong) || wrong.Code() != "ERR" {
		t.Error("unknown command:", err)
	}
	big := strings.Repeat("x", 3<<20)
	call(t, c, "b", "SET", "b", big)
	if got := call(t, c, "b", "GET", "b"); got != big {
		t.Errorf("%d bytes came back of %d", len(got), len(big))
	}
	call(t, c, "l", "RPUSH", "l", "a", "b")
	r, _ = ask(t, c, "l", "LRANGE", "l", 0, -1)
	if got, err := r.Strings(); !slices.Equal(got, []string{"a", "b"}) || err != nil {
		t.Error(got, err)
	}
}

func TestBounds(t *testing.T) {
	server := redistest.Start(t)
	proxy := redistest.NewProxy(t, server.Addr())
	c := open(t, Config{URL: server.URLAt(proxy.Addr()), Timeout: patience})
	waitUp(t, c, true)
	proxy.Stall()
	var a answers
	var err error
	for err == nil && a.asked <= maxPending {
		err = a.try(c, "k", "INCR", "k")
	}
	if err != ErrBusy || a.asked < maxPending-1 { // a PING may be the last
		t.Errorf("number %d: %v", a.asked, err)
	}
	proxy.Pass()
	a.inOrder(t)
	call(t, c, "", "PING")
}

func TestTimeout(t *testing.T) {
	server := redistest.Start(t)
	proxy := redistest.NewProxy(t, server.Addr())
	c := open(t, Config{URL: server.URLAt(proxy.Addr()), Timeout: 500 * time.Millisecond})
	waitUp(t, c, true)
	proxy.Stall()
	begun := time.Now()
	if _, err := ask(t, c, "", "PING"); !errors.Is(err, ErrTimeout) {
		t.Error("in flight:", err)
	}
	if took := time.Since(begun); took < 400*time.Millisecond {
		t.Error("too early:", took)
	}
	waitUp(t, c, false)
	if _, err := ask(t, c, "", "PING"); !errors.Is(err, ErrUnavailable) {
		t.Error("known to be away:", err)
	}
	proxy.Pass()
	waitUp(t, c, true)
	call(t, c, "", "PING")
}

func TestSilenceIsNoticed(t *testing.T) {
	var log lines
	server := redistest.Start(t)
	proxy := redistest.NewProxy(t, server.Addr())
	c := open(t, Config{URL: server.URLAt(proxy.Addr()), Timeout: 500 * time.Millisecond,
		Log: slog.New(slog.NewTextHandler(&log, nil))})
	waitUp(t, c, true)
	proxy.Stall()
	redistest.Eventually(t, "both connections are given up", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		n := c.nodes[proxy.Addr()]
		return n.state == down && n.subscriber.link == nil
	})
	for _, purpose := range []string{"commands", "subscriptions"} {
		redistest.Eventually(t, "the log says it of "+purpose, func() bool {
			return log.has("for=" + purpose + ` err="resp: timeout"`)
		})
	}
	proxy.Pass()
	waitUp(t, c, true)
}

func TestCallEndsWithItsContext(t *testing.T) {
	server := redistest.Start(t)
	c := open(t, Config{URL: server.URL()})
	if _, err := ask(t, c, "", "BLPOP", "never", "0.5"); err != nil {
		t.Error(err)
	}
	begun := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Ask("", "BLPOP", "never", "1")(ctx); err != context.DeadlineExceeded || time.Since(begun) > time.Second {
		t.Error(err, time.Since(begun))
	}
	call(t, c, "", "PING")
}

func TestServerComesLater(t *testing.T) {
	server := redistest.Start(t)
	server.Kill()
	var mu sync.Mutex
	var states []bool
	c := open(t, Config{URL: server.URL(), State: func(up bool) {
		mu.Lock()
		defer mu.Unlock()
		states = append(states, up)
	}})
	if _, err := ask(t, c, "", "PING"); !errors.Is(err, ErrUnavailable) {
		t.Error("away:", err)
	}
	server.Restart(true)
	waitUp(t, c, true)
	call(t, c, "", "PING")
	server.Kill()
	waitUp(t, c, false)
	redistest.Eventually(t, "it was told", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return slices.Equal(states, []bool{true, false})
	})
}

func TestKillUnderLoad(t *testing.T) {
	server := redistest.Start(t, "appendonly yes", "appendfsync always")
	c := open(t, Config{URL: server.URL()})
	waitUp(t, c, true)
	var mu sync.Mutex
	acknowledged := 0
	var called, accepted int
	send := func() {
		err := c.Do("k", func(r Reply, err error) {
			mu.Lock()
			defer mu.Unlock()
			called++
			if err == nil {
				n, _ := r.Int()
				acknowledged = int(n)
			} else if !errors.Is(err, ErrUnavailable) {
				t.Error(err)
			}
		}, "INCR", "k")
		if err == nil {
			accepted++
		} else if err != ErrUnavailable && err != ErrBusy {
			t.Error(err)
		}
	}
	for range 3 {
		for c.Up() {
			send()
			mu.Lock()
			enough := acknowledged > 1000
			mu.Unlock()
			if enough {
				server.Kill()
			}
		}
		server.Restart(true)
		waitUp(t, c, true)
		got := call(t, c, "k", "GET", "k")
		var n int
		fmt.Sscan(got, &n)
		mu.Lock()
		if n < acknowledged || called != accepted {
			t.Errorf("acknowledged %d, kept %d; of %d calls %d answered", acknowledged, n, accepted, called)
		}
		acknowledged = 0
		mu.Unlock()
	}
}

func TestClose(t *testing.T) {
	server := redistest.Start(t)
	proxy := redistest.NewProxy(t, server.Addr())
	c := open(t, Config{URL: server.URLAt(proxy.Addr())})
	waitUp(t, c, true)
	proxy.Stall()
	var a answers
	for range 100 {
		a.do(t, c, "", "PING")
	}
	c.Close()
	a.running.Wait()
	for _, err := range a.errs {
		if !errors.Is(err, ErrClosed) {
			t.Fatal(err)
		}
	}
	if err := c.Do("", nil, "PING"); err != ErrClosed {
		t.Error("afterwards:", err)
	}
	c.Close()
}
