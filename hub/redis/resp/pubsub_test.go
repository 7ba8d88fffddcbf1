//go:build redis

package resp

import (
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"wschat/hub/redis/redistest"
)

// listener is the functions of a Config, and remembers what they were told.
type listener struct {
	mu         sync.Mutex
	subscribed map[string]int
	messages   map[string][]string
}

func listen(t testing.TB, config Config) (*Client, *listener) {
	l := &listener{subscribed: map[string]int{}, messages: map[string][]string{}}
	config.Subscribed = func(channel string) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.subscribed[channel]++
	}
	config.Message = func(channel string, payload []byte) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.messages[channel] = append(l.messages[channel], string(payload))
	}
	return open(t, config), l
}

// waitSubscribed waits until each channel has been told so often.
func (l *listener) waitSubscribed(t testing.TB, times int, channels ...string) {
	t.Helper()
	for _, channel := range channels {
		redistest.Eventually(t, fmt.Sprintf("%s is subscribed, time %d", channel, times), func() bool {
			l.mu.Lock()
			defer l.mu.Unlock()
			return l.subscribed[channel] >= times
		})
	}
}

// waitMessage waits for a message, and returns all before it.
func (l *listener) waitMessage(t testing.TB, channel, last string) []string {
	t.Helper()
	var got []string
	redistest.Eventually(t, fmt.Sprintf("%s has %s", channel, last), func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		for i, text := range l.messages[channel] {
			if text == last {
				got = l.messages[channel][:i]
				return true
			}
		}
		return false
	})
	return got
}

func TestMessagesComeInOrder(t *testing.T) {
	server := redistest.Start(t)
	c, l := listen(t, Config{URL: server.URL()})
	c.Subscribe("a")
	c.Subscribe("b")
	c.Subscribe("a")
	l.waitSubscribed(t, 1, "a", "b")
	waitUp(t, c, true)
	const n = 10000
	for i := range n {
		if err := c.Do("a", nil, "SPUBLISH", "a", i); err != nil {
			t.Fatal(err)
		}
	}
	call(t, c, "b", "SPUBLISH", "b", "end")
	call(t, c, "a", "SPUBLISH", "a", "end")
	got := l.waitMessage(t, "a", "end")
	if len(got) != n {
		t.Fatalf("%d messages, not %d", len(got), n)
	}
	for i, text := range got {
		if text != fmt.Sprint(i) {
			t.Fatalf("message %d is %s", i, text)
		}
	}
	if before := l.waitMessage(t, "b", "end"); len(before) != 0 {
		t.Error("b got", before)
	}
}

func TestUnsubscribe(t *testing.T) {
	server := redistest.Start(t)
	c, l := listen(t, Config{URL: server.URL()})
	c.Subscribe("a")
	c.Subscribe("b")
	l.waitSubscribed(t, 1, "a", "b")
	waitUp(t, c, true)
	c.Unsubscribe("a")
	c.Unsubscribe("never")
	redistest.Eventually(t, "the server knows", func() bool {
		return call(t, c, "a", "SPUBLISH", "a", "x") == "0"
	})
	c.Subscribe("a")
	l.waitSubscribed(t, 2, "a")
	server.Restart(true)
	c.Unsubscribe("b")
	l.waitSubscribed(t, 3, "a")
	waitUp(t, c, true)
	if got := call(t, c, "b", "SPUBLISH", "b", "x"); got != "0" {
		t.Errorf("b is subscribed again by %s", got)
	}
}

func TestSubscribeAgainAfterKill(t *testing.T) {
	server := redistest.Start(t)
	c, l := listen(t, Config{URL: server.URL()})
	channels := make([]string, 3*window)
	for i := range channels {
		channels[i] = fmt.Sprint("channel ", i)
		c.Subscribe(channels[i])
	}
	for time := 1; time <= 3; time++ {
		l.waitSubscribed(t, time, channels...)
		waitUp(t, c, true)
		end := fmt.Sprint("end ", time)
		if got := call(t, c, "", "SPUBLISH", channels[0], end); got != "1" {
			t.Errorf("%s got it", got)
		}
		l.waitMessage(t, channels[0], end)
		server.Restart(true)
	}
}

func TestSubscribeWhileAway(t *testing.T) {
	server := redistest.Start(t)
	server.Kill()
	c, l := listen(t, Config{URL: server.URL()})
	c.Subscribe("a")
	c.Subscribe("b")
	c.Unsubscribe("b")
	server.Restart(true)
	l.waitSubscribed(t, 1, "a")
	waitUp(t, c, true)
	call(t, c, "a", "SPUBLISH", "a", "x")
	l.waitMessage(t, "a", "x")
	if got := call(t, c, "b", "SPUBLISH", "b", "x"); got != "0" {
		t.Error("b is subscribed")
	}
}

// A subscription whose server is silent is given up and made again.
func TestSubscribeAgainAfterPartition(t *testing.T) {
	server := redistest.Start(t)
	proxy := redistest.NewProxy(t, server.Addr())
	c, l := listen(t, Config{URL: server.URLAt(proxy.Addr()), Timeout: time.Second})
	c.Subscribe("a")
	l.waitSubscribed(t, 1, "a")
	proxy.Stall()
	redistest.Eventually(t, "the silence is noticed", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return !c.nodes[proxy.Addr()].subscribed
	})
	server.CLI("spublish", "a", "missed")
	proxy.Pass()
	l.waitSubscribed(t, 2, "a")
	server.CLI("spublish", "a", "end")
	l.waitMessage(t, "a", "end")
	proxy.Cut()
	waitUp(t, c, false)
	proxy.Pass()
	l.waitSubscribed(t, 3, "a")
}

// Whatever the order of calls was, the last one counts.
func TestSubscribeAndUnsubscribeByTurns(t *testing.T) {
	server := redistest.Start(t)
	c, _ := listen(t, Config{URL: server.URL()})
	waitUp(t, c, true)
	want := map[string]string{}
	for i := range 5000 {
		channel := fmt.Sprint(i % 7)
		if i/7%2 == 0 {
			c.Subscribe(channel)
			want[channel] = "1"
		} else {
			c.Unsubscribe(channel)
			want[channel] = "0"
		}
	}
	redistest.Eventually(t, fmt.Sprint(want), func() bool {
		got := map[string]string{}
		for channel := range want {
			got[channel] = call(t, c, channel, "SPUBLISH", channel, "x")
		}
		return maps.Equal(got, want)
	})
}
