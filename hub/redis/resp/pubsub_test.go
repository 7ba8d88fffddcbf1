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

// counts returns how often each channel has been told.
func (l *listener) counts() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.subscribed)
}

// waitSubscribed waits until each channel has been told more often than before.
func (l *listener) waitSubscribed(t testing.TB, before map[string]int, channels ...string) {
	t.Helper()
	for _, channel := range channels {
		redistest.Eventually(t, channel+" is subscribed", func() bool {
			l.mu.Lock()
			defer l.mu.Unlock()
			return l.subscribed[channel] > before[channel]
		})
	}
}

// waitLost waits until all subscriptions are lost, and returns the counts then.
func (l *listener) waitLost(t testing.TB, c *Client) map[string]int {
	t.Helper()
	redistest.Eventually(t, "the loss is noticed", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, n := range c.nodes {
			if n.subscriber.link != nil {
				return false
			}
		}
		return true
	})
	return l.counts()
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
	l.waitSubscribed(t, nil, "a", "b")
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
	l.waitSubscribed(t, nil, "a", "b")
	waitUp(t, c, true)
	c.Unsubscribe("a")
	c.Unsubscribe("never")
	redistest.Eventually(t, "the server knows", func() bool {
		return call(t, c, "a", "SPUBLISH", "a", "x") == "0"
	})
	before := l.counts()
	c.Subscribe("a")
	l.waitSubscribed(t, before, "a")
	server.Kill()
	before = l.waitLost(t, c)
	c.Unsubscribe("b")
	server.Restart(true)
	l.waitSubscribed(t, before, "a")
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
	var before map[string]int
	for round := range 3 {
		l.waitSubscribed(t, before, channels...)
		waitUp(t, c, true)
		end := fmt.Sprint("end ", round)
		if got := call(t, c, "", "SPUBLISH", channels[0], end); got != "1" {
			t.Errorf("%s got it", got)
		}
		l.waitMessage(t, channels[0], end)
		server.Kill()
		before = l.waitLost(t, c)
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
	l.waitSubscribed(t, nil, "a")
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
	l.waitSubscribed(t, nil, "a")
	proxy.Stall()
	before := l.waitLost(t, c)
	server.CLI("spublish", "a", "missed")
	proxy.Pass()
	l.waitSubscribed(t, before, "a")
	server.CLI("spublish", "a", "end")
	l.waitMessage(t, "a", "end")
	server.Kill()
	before = l.waitLost(t, c)
	server.Restart(true)
	l.waitSubscribed(t, before, "a")
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
