//go:build e2e && linux

package nodes

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wschat/cmd/wschat/e2e/target"
	"wschat/hub/redis/redistest"
)

// Redis goes out of reach while a line client is sent what has waited for it: at once, or
// when it has read some. A message that comes later does not count for those that were not
// sent: over both connections, it reads all of them, once and in order.
func TestNodesWaitingInterrupted(t *testing.T) {
	stalls := []int{0, 100}
	if whole {
		stalls = append(stalls, 1, 300, 600, 900)
	}
	for _, after := range stalls {
		t.Run(fmt.Sprintf("after %d messages", after), func(t *testing.T) {
			t.Parallel()
			testWaitingInterrupted(t, after)
		})
	}
}

func testWaitingInterrupted(t *testing.T, after int) {
	const each = 250 // of 3,000 bytes: of one author 1 MiB may wait
	redis := redistest.Start(t)
	proxy := redistest.NewProxy(t, redis.Addr())
	near := startNode(t, redis.URL(), "-queue", "1048576")
	far := startNode(t, redis.URLAt(proxy.Addr()), "-queue", "1048576")
	first := lineClient(t, near, "A0")
	b := lineClient(t, far, "B")
	first.until(t, "用户(B)登录了")
	b.Conn.Close()
	first.until(t, "用户(B)退出了")
	for i, a := range []*reader{first, lineClient(t, near, "A1"), lineClient(t, near, "A2"), lineClient(t, near, "A3")} {
		for n := range each {
			a.say(fmt.Sprintf("B,%d %03d %s", i, n, strings.Repeat("x", 3000)))
		}
		for range each {
			a.until(t, "系统:用户(B)不在线,上线后送达")
		}
	}

	b = lineClient(t, far, "B")
	got := b.private(after, target.Patience)
	proxy.Stall()
	got = append(got, b.private(4*each, 6*time.Second)...) // longer than Redis may take for an answer
	first.say("B,0 250 live")
	proxy.Pass()
	if !target.Until(func() bool { return health(t, far) == 200 }) {
		t.Fatal("the node never finds Redis again")
	}
	got = append(got, b.private(4*each, time.Second)...)
	b.Conn.Close()
	b = lineClient(t, far, "B")
	first.say("B,0 251 the last")
	for !slices.Contains(got, "0 251") {
		more := b.private(1, target.Patience)
		if len(more) == 0 {
			t.Fatalf("after %d messages there is nothing more", len(got))
		}
		got = append(got, more...)
	}
	slices.SortStableFunc(got, func(a, b string) int { return strings.Compare(a[:1], b[:1]) }) // by author
	var want []string
	for i := range 4 {
		for n := range each + 2*(1-min(i, 1)) {
			want = append(want, fmt.Sprintf("%d %03d", i, n))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %d, want %d: %q", len(got), len(want), got)
	}
}

// private reads private messages, so many at most, and returns how they begin. It takes
// no longer than that, whether the connection ends or not.
func (r *reader) private(most int, patience time.Duration) (heads []string) {
	r.Conn.SetReadDeadline(time.Now().Add(patience))
	for len(heads) < most {
		text, err := r.NextText()
		if err != nil {
			break
		}
		if _, text, ok := strings.Cut(text, "=>B):"); ok {
			heads = append(heads, text[:len("0 000")])
		}
	}
	return heads
}
